//! What a file may be called, how long it may be, and which files open with a head.

use crate::tree::File;

/// Names that say "I did not decide where this belongs", for files and folders.
const NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "misc", "type", "types", "models"];

/// The longest Rust file.
const LINES_MAX: usize = 800;

/// Folders with one file for each of Stripe's objects. The module above each folder says once what
/// holds for all of them.
const LEAVES: &[&str] = &["shared/domain/src/mirror/", "shared/projection/src/objects/"];

/// What makes a file one that others call, and so one that owes them a head.
const PUBLIC: &[&str] = &[
    "pub fn ",
    "pub async fn ",
    "pub const fn ",
    "pub struct ",
    "pub enum ",
    "pub trait ",
    "pub type ",
    "pub const ",
    "pub static ",
];

fn name_faults(path: &str) -> Vec<String> {
    path.split('/')
        .map(|part| part.split('.').next().unwrap_or(part))
        .filter(|stem| NAMES.contains(stem))
        .map(|stem| format!("{path}: `{stem}` says nothing; name it after its subject"))
        .collect()
}

fn length_fault(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (file.is_rust() && lines > LINES_MAX)
        .then(|| format!("{}: {lines} lines; {LINES_MAX} is the end, look for the seam", file.path))
}

fn head_fault(file: &File) -> Option<String> {
    let is_root = ["/src/lib.rs", "/src/main.rs"].iter().any(|it| file.path.ends_with(it));
    let is_leaf = LEAVES.iter().any(|it| file.path.starts_with(it));
    let is_public = file.text.lines().any(|line| PUBLIC.iter().any(|it| line.starts_with(it)));
    let owes = file.is_rust() && !is_leaf && (is_root || is_public);
    let has_head = file
        .text
        .lines()
        .find(|line| !line.starts_with("#!["))
        .and_then(|line| line.strip_prefix("//!"))
        .is_some_and(|rest| !rest.trim().is_empty());
    (owes && !has_head).then(|| {
        format!("{}: open with `//!`: what it guarantees, how it fails, who recovers it", file.path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    #[test]
    fn every_file_keeps_the_rules() {
        let faults: Vec<String> = files()
            .iter()
            .flat_map(|it| {
                name_faults(&it.path).into_iter().chain(length_fault(it)).chain(head_fault(it))
            })
            .collect();
        hold(&faults);
    }

    #[test]
    fn every_leaf_folder_is_spoken_for() {
        for folder in LEAVES {
            let parent = format!("{}.rs", folder.trim_end_matches('/'));
            let head = files().iter().find(|it| it.path == parent);
            assert!(head.is_some_and(|it| it.text.starts_with("//! ")), "{parent}");
        }
    }

    #[test]
    fn names() {
        for (path, faults) in [
            ("worker/src/retry.rs", 0),
            ("worker/src/utils.rs", 1),
            ("worker/src/models/invoice.rs", 1),
            ("api/src/common/mod.rs", 1),
            ("api/src/types.rs", 1),
            ("api/src/event_types.rs", 0),
            ("deploy/local/helpers.bash", 1),
        ] {
            assert_eq!(name_faults(path).len(), faults, "{path}");
        }
    }

    #[test]
    fn length() {
        let file = |path, lines| File::new(path, &"//! Long.\n".repeat(lines));
        assert!(length_fault(&file("a/src/b.rs", LINES_MAX)).is_none());
        assert!(length_fault(&file("a/src/b.rs", LINES_MAX + 1)).is_some());
        assert!(length_fault(&file("a/b.md", LINES_MAX + 1)).is_none());
    }

    #[test]
    fn heads() {
        for (path, text, owes) in [
            ("a/src/lib.rs", "mod b;\n", true),
            ("a/src/lib.rs", "//!\nmod b;\n", true),
            ("a/src/lib.rs", "//! The a.\nmod b;\n", false),
            ("a/src/lib.rs", "#![no_std]\n//! The a.\n", false),
            ("a/src/b.rs", "pub fn b() {}\n", true),
            ("a/src/b.rs", "//! B.\n\npub fn b() {}\n", false),
            ("a/src/b.rs", "fn b() {}\n", false),
            ("a/src/b.rs", "pub(crate) fn b() {}\n", false),
            ("shared/domain/src/mirror/b.rs", "pub struct B;\n", false),
        ] {
            assert_eq!(head_fault(&File::new(path, text)).is_some(), owes, "{path}: {text}");
        }
    }
}
