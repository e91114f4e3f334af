//! The packages of the workspace and what they depend on, as cargo resolves it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::OnceLock;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::tree;

/// The platform whose dependencies are judged: the one that is deployed.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// One package, or one version of it.
pub(crate) struct Package {
    pub(crate) name: String,
    /// For members of the workspace, their folder from the root; empty for all others.
    pub(crate) folder: String,
    pub(crate) licence: Option<String>,
    pub(crate) needs: Vec<Edge>,
}

impl Package {
    pub(crate) fn is_member(&self) -> bool {
        !self.folder.is_empty()
    }
}

/// A dependency of one package on another.
pub(crate) struct Edge {
    /// Which package, as a place in the graph.
    pub(crate) to: usize,
    /// Whether it is linked; otherwise it serves tests or build scripts only.
    pub(crate) normal: bool,
}

/// All packages.
pub(crate) struct Graph(pub(crate) Vec<Package>);

impl Graph {
    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, &Package)> {
        self.0.iter().enumerate().filter(|(_, it)| it.is_member())
    }

    /// For each package that `from` links, the shortest path to it, `from` included.
    pub(crate) fn linked(&self, from: usize) -> BTreeMap<usize, Vec<usize>> {
        let mut paths = BTreeMap::from([(from, vec![from])]);
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for edge in self.0[at].needs.iter().filter(|it| it.normal) {
                if !paths.contains_key(&edge.to) {
                    let mut path = paths[&at].clone();
                    path.push(edge.to);
                    paths.insert(edge.to, path);
                    queue.push_back(edge.to);
                }
            }
        }
        paths.remove(&from);
        paths
    }

    /// A path in words: `a -> b -> c`.
    pub(crate) fn path(&self, places: &[usize]) -> String {
        let names: Vec<&str> = places.iter().map(|at| self.0[*at].name.as_str()).collect();
        names.join(" -> ")
    }

    /// A small graph for a test, of lines such as `a -> b` and `a -dev-> b`. Packages whose names
    /// begin with `counterfoil-` are members; those named in `tests` lie in tests/.
    pub(crate) fn sample(lines: &[&str], tests: &[&str]) -> Self {
        let edges: Vec<(&str, &str, bool)> = lines
            .iter()
            .map(|line| match line.split_once(" -dev-> ") {
                Some((from, to)) => (from, to, false),
                None => line.split_once(" -> ").map(|(from, to)| (from, to, true)).unwrap(),
            })
            .collect();
        let names: BTreeSet<&str> = edges.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let place = |name: &str| names.iter().position(|it| *it == name).unwrap();
        let package = |name: &&str| Package {
            name: (*name).to_owned(),
            folder: match name.strip_prefix("counterfoil-") {
                Some(short) if tests.contains(name) => format!("tests/{short}"),
                Some(short) => format!("shared/{short}"),
                None => String::new(),
            },
            licence: Some("MIT".to_owned()),
            needs: edges
                .iter()
                .filter(|(from, ..)| from == name)
                .map(|(_, to, normal)| Edge { to: place(to), normal: *normal })
                .collect(),
        };
        Self(names.iter().map(package).collect())
    }
}

/// The real graph.
pub(crate) fn graph() -> &'static Graph {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    GRAPH.get_or_init(resolve)
}

fn resolve() -> Graph {
    let root = tree::root();
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--filter-platform".to_owned(), PLATFORM.to_owned()])
        .exec()
        .unwrap();
    let resolved = metadata.resolve.unwrap();
    let places: BTreeMap<_, _> =
        resolved.nodes.iter().enumerate().map(|(at, node)| (&node.id, at)).collect();
    let packages: BTreeMap<_, _> = metadata.packages.iter().map(|it| (&it.id, it)).collect();
    let of_node = |node: &cargo_metadata::Node| {
        let package = packages[&node.id];
        let folder = package.manifest_path.parent().unwrap();
        Package {
            name: package.name.to_string(),
            folder: if metadata.workspace_members.contains(&node.id) {
                folder.strip_prefix(&root).unwrap().to_string()
            } else {
                String::new()
            },
            licence: package.license.clone(),
            needs: node
                .deps
                .iter()
                .map(|it| Edge {
                    to: places[&it.pkg],
                    normal: it.dep_kinds.iter().any(|it| it.kind == DependencyKind::Normal),
                })
                .collect(),
        }
    };
    Graph(resolved.nodes.iter().map(of_node).collect())
}

#[test]
fn paths_are_the_shortest_and_pass_over_what_serves_tests() {
    let graph = Graph::sample(&["a -> b", "b -> c", "a -> c", "c -dev-> d"], &[]);
    let linked = graph.linked(0);
    let paths: Vec<String> = linked.values().map(|it| graph.path(it)).collect();
    assert_eq!(paths, ["a -> b", "a -> c"]);
}

#[test]
fn the_workspace_is_found() {
    let domain = graph().members().find(|(_, it)| it.name == "counterfoil-domain").unwrap();
    assert_eq!(domain.1.folder, "shared/domain");
    assert!(graph().members().count() >= 18);
    assert!(!graph().linked(domain.0).is_empty());
}
