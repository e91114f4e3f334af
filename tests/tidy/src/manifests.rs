//! What every manifest has in common, and where crates come from.

use toml::{Table, Value};

/// What each package takes from the workspace.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn member_faults(path: &str, manifest: &Table) -> Vec<String> {
    let inherits =
        |it: Option<&Value>| it.and_then(|it| it.get("workspace")) == Some(&Value::Boolean(true));
    let mut faults = Vec::new();
    for key in INHERITED {
        if !inherits(manifest.get("package").and_then(|it| it.get(key))) {
            faults.push(format!("{path}: package.{key}: say `{key}.workspace = true`"));
        }
    }
    if !inherits(manifest.get("lints")) {
        faults.push(format!("{path}: lints: say `workspace = true`"));
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|it| it.values()).filter_map(Value::as_table);
    for table in std::iter::once(manifest).chain(tables) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                if !inherits(Some(value)) {
                    faults.push(format!(
                        "{path}: {kind}.{name}: versions stand in the workspace's manifest only"
                    ));
                }
            }
        }
    }
    faults
}

fn root_faults(manifest: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    let dependencies = manifest.get("workspace").and_then(|it| it.get("dependencies"));
    for (name, value) in dependencies.and_then(Value::as_table).into_iter().flatten() {
        for key in ["git", "branch", "registry", "registry-index"] {
            if value.get(key).is_some() {
                faults.push(format!("Cargo.toml: {name}: `{key}`: crates come from crates.io"));
            }
        }
        if value.get("path").is_some() != name.starts_with("counterfoil-") {
            faults.push(format!("Cargo.toml: {name}: our own crates, and only those, have a path"));
        }
    }
    for key in ["patch", "replace"] {
        if manifest.get(key).is_some() {
            faults.push(format!("Cargo.toml: `{key}`: a patched crate is not what was reviewed"));
        }
    }
    faults
}

fn lock_faults(lock: &Table) -> Vec<String> {
    let packages = lock.get("package").and_then(Value::as_array).into_iter().flatten();
    packages
        .filter_map(|it| Some((it.get("name")?, it.get("source")?.as_str()?)))
        .filter(|(_, source)| *source != CRATES_IO)
        .map(|(name, source)| format!("Cargo.lock: {name}: {source}: crates come from crates.io"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    fn is_manifest(path: &str) -> bool {
        path.ends_with("/Cargo.toml")
    }

    #[test]
    fn members_inherit() {
        let manifests = files().iter().filter(|it| is_manifest(&it.path));
        let faults: Vec<String> =
            manifests.flat_map(|it| member_faults(&it.path, &it.text.parse().unwrap())).collect();
        hold(&faults);
        assert!(files().iter().filter(|it| is_manifest(&it.path)).count() >= 18);
    }

    #[test]
    fn crates_come_from_one_place() {
        let table = |path: &str| -> Table {
            files().iter().find(|it| it.path == path).unwrap().text.parse().unwrap()
        };
        hold(&root_faults(&table("Cargo.toml")));
        hold(&lock_faults(&table("Cargo.lock")));
        let settings: Vec<String> = files()
            .iter()
            .filter(|it| it.path.ends_with(".cargo/config.toml"))
            .flat_map(|it| {
                let table: Table = it.text.parse().unwrap();
                let path = &it.path;
                ["source", "registry", "registries"]
                    .into_iter()
                    .filter(|key| table.contains_key(*key))
                    .map(|key| format!("{path}: `{key}`: a machine's own setting"))
                    .collect::<Vec<_>>()
            })
            .collect();
        hold(&settings);
    }

    const GOOD: &str = "
        [package]
        name = 'x'
        version.workspace = true
        edition.workspace = true
        rust-version.workspace = true
        license.workspace = true
        publish.workspace = true
        [dependencies]
        tokio = { workspace = true, features = ['io-util'] }
        [lints]
        workspace = true
    ";

    #[track_caller]
    fn check_member(from: &str, to: &str, expected: &[&str]) {
        assert!(GOOD.contains(from));
        let found = member_faults("x/Cargo.toml", &GOOD.replace(from, to).parse().unwrap());
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn a_member_that_does_not_inherit_is_named() {
        check_member("tokio", "tokio", &[]);
        check_member("edition.workspace = true", "edition = '2021'", &["package.edition"]);
        check_member("version.workspace = true\n        edition", "edition", &["package.version"]);
        check_member("[lints]\n        workspace = true", "", &["lints"]);
        check_member("{ workspace = true, features = ['io-util'] }", "'1'", &["tokio"]);
        check_member(
            "[dependencies]",
            "[target.'cfg(unix)'.dev-dependencies]\na = '1'\n[dependencies]",
            &["a: versions"],
        );
    }

    #[test]
    fn another_source_is_named() {
        let root = |text: &str| root_faults(&text.parse().unwrap()).len();
        assert_eq!(root("[workspace.dependencies]\na = '1'\ncounterfoil-a = { path = 'a' }"), 0);
        assert_eq!(root("[workspace.dependencies]\na = { git = 'https://example.com/a' }"), 1);
        assert_eq!(root("[workspace.dependencies]\na = { path = 'a' }"), 1);
        assert_eq!(root("[patch.crates-io]\na = { path = 'a' }"), 1);
        let lock = |source: &str| {
            let text =
                format!("[[package]]\nname = 'a'\nsource = '{source}'\n[[package]]\nname = 'b'");
            lock_faults(&text.parse().unwrap()).len()
        };
        assert_eq!(lock(CRATES_IO), 0);
        assert_eq!(lock("git+https://example.com/a"), 1);
    }
}
