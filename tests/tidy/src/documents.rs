//! Documents that must be there, and links between them that must lead somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use crate::tree::File;

const REQUIRED: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "deny.toml",
    "docs/ARCHITECTURE.md",
    // What it says is held by the tests of shared/service.
    "docs/SETTINGS.md",
    DECISIONS,
];

/// The list of all decisions.
const DECISIONS: &str = "docs/decisions/README.md";

fn missing(files: &[File]) -> Vec<String> {
    REQUIRED
        .iter()
        .filter(|path| !files.iter().any(|it| it.path == **path && !it.text.trim().is_empty()))
        .map(|path| format!("{path}: missing or empty"))
        .collect()
}

fn is_document(file: &File) -> bool {
    Path::new(&file.path).extension().is_some_and(|it| it == "md")
}

/// The targets of a document's links into the tree, each with its line.
fn links(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines().flat_map(|(number, line)| {
        line.match_indices("](").filter_map(move |(at, mark)| {
            let target = line[at + mark.len()..].split([')', ' ', '#']).next()?;
            let outside = target.contains("://") || target.starts_with("mailto:");
            (!target.is_empty() && !outside).then_some((number, target))
        })
    })
}

fn dead_links(files: &[File]) -> Vec<String> {
    let mut places: BTreeSet<&str> = BTreeSet::new();
    for file in files {
        let mut place = file.path.as_str();
        places.insert(place);
        while let Some((folder, _)) = place.rsplit_once('/') {
            places.insert(folder);
            place = folder;
        }
    }
    let mut faults = Vec::new();
    for file in files.iter().filter(|it| is_document(it)) {
        for (number, target) in links(file) {
            if !places.contains(resolve(&file.path, target).as_str()) {
                faults.push(format!("{}:{number}: the link to {target} leads nowhere", file.path));
            }
        }
    }
    faults
}

fn resolve(from: &str, target: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn unlisted_decisions(files: &[File]) -> Vec<String> {
    let index = files.iter().find(|it| it.path == DECISIONS).map_or("", |it| it.text.as_str());
    files
        .iter()
        .filter_map(|it| it.path.strip_prefix("docs/decisions/"))
        .filter(|name| *name != "README.md" && !index.contains(&format!("({name})")))
        .map(|name| format!("docs/decisions/{name}: not listed in {DECISIONS}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    #[test]
    fn the_documents_are_there_and_lead_somewhere() {
        hold(&missing(files()));
        hold(&dead_links(files()));
        hold(&unlisted_decisions(files()));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            missing(&[File::new("README.md", "x"), File::new("CHANGELOG.md", " ")]).len(),
            REQUIRED.len() - 1
        );
    }

    #[test]
    fn links_that_lead_nowhere_are_named() {
        let tree = |text: &str| [File::new("docs/a.md", text), File::new("worker/src/b.rs", "")];
        for (text, dead) in [
            ("[b](../worker/src/b.rs)", 0),
            ("[b](../worker/src/b.rs#L1) and [worker](../worker)", 0),
            ("[b](../worker/src/c.rs) and [x](c.md)", 2),
            ("[s](https://example.com/x) [h](#head)", 0),
            ("[self](./a.md)", 0),
        ] {
            assert_eq!(dead_links(&tree(text)).len(), dead, "{text}");
        }
    }

    #[test]
    fn a_decision_that_is_not_listed_is_named() {
        let files = [
            File::new(DECISIONS, "- [one](0001-one.md)"),
            File::new("docs/decisions/0001-one.md", ""),
            File::new("docs/decisions/0002-two.md", ""),
        ];
        let found = unlisted_decisions(&files);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("0002-two.md"), "{found:?}");
    }
}
