//! The files of the tree, as anybody's checkout has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One file that is text.
pub(crate) struct File {
    /// From the root, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|it| it == "rs")
    }

    pub(crate) fn is_migration(&self) -> bool {
        self.path.starts_with("shared/store/migrations/")
            && Path::new(&self.path).extension().is_some_and(|it| it == "sql")
    }

    /// The lines, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every text file, sorted by path. What builds and editors leave behind is passed over.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let root = root();
        let mut files = Vec::new();
        collect(&root, &root, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    })
}

/// The migrations in the order in which they run.
pub(crate) fn migrations() -> Vec<&'static File> {
    files().iter().filter(|it| it.is_migration()).collect()
}

/// Fails with all faults at once.
#[track_caller]
pub(crate) fn hold(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

const PASSED_OVER: &[&str] = &["target", ".git", ".idea", ".vscode", "node_modules"];

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let name = entry.file_name();
        if PASSED_OVER.iter().any(|it| name == *it) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &entry.path(), files);
        } else if kind.is_file() {
            // What is not text is no subject of these rules.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                let path = entry.path();
                let parts: Vec<String> = path
                    .strip_prefix(root)
                    .unwrap()
                    .components()
                    .map(|it| it.as_os_str().to_string_lossy().into_owned())
                    .collect();
                files.push(File { path: parts.join("/"), text });
            }
        }
    }
}

#[test]
fn the_tree_is_found() {
    for path in ["Cargo.toml", "Makefile", "tests/tidy/src/tree.rs", "shared/domain/src/lib.rs"] {
        assert!(files().iter().any(|it| it.path == path), "{path}");
    }
    assert!(!files().iter().any(|it| it.path.starts_with("target/")));
    assert!(!migrations().is_empty());
}

#[test]
#[should_panic(expected = "second fault")]
fn faults_fail() {
    hold(&["first fault".to_owned(), "second fault".to_owned()]);
}
