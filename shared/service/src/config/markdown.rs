//! The settings as a page for people, made from the table itself.

use std::fmt::Write as _;

use super::endpoints::ENTRY_KEYS;
use super::table;

const HEAD: &str = "\
# Settings

Made from the table of settings in `shared/service/src/config/table.rs`; a test holds the two together.

A value comes from the first of these that has one: the environment, the file that `NAME_FILE` names
(secrets only; one newline at its end is dropped), the TOML file that `--config` or `COUNTERFOIL_CONFIG`
names, the default. A name in the environment with an empty value counts as not set. All settings are
checked at the start, and everything that is wrong is reported at once. Secrets are never shown.

A key such as `ingest.listen` stands in the TOML file as `listen` below `[ingest]`. Durations take `ms`,
`s`, `m`, `h` or `d`; without a unit they are seconds.

| setting | environment | default | unit or form | what it does |
| --- | --- | --- | --- | --- |
";

const ENDPOINTS: &str = "
## More endpoints

`STRIPE_WEBHOOK_SECRET` makes the endpoint `stripe`, served at `/webhooks/stripe`. Further ones are entries
of `[[endpoints]]` in the TOML file, served at `/webhooks/stripe/{name}`:

| key | unit or form | what it is |
| --- | --- | --- |
";

/// The page `docs/SETTINGS.md`.
#[must_use]
pub fn settings_table_markdown() -> String {
    let mut page = HEAD.to_owned();
    for it in table::all() {
        let default = match it.default {
            _ if it.secret => "not set; secret".to_owned(),
            None => "not set".to_owned(),
            Some("") => "empty".to_owned(),
            Some(default) => format!("`{default}`"),
        };
        let _infallible = writeln!(
            page,
            "| `{}` | `{}` | {default} | {} | {} |",
            it.key,
            it.env,
            it.kind.unit(),
            it.doc
        );
    }
    page.push_str(ENDPOINTS);
    for (key, form, doc) in ENTRY_KEYS {
        let _infallible = writeln!(page, "| `{key}` | {form} | {doc} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Write the page anew with `COUNTERFOIL_WRITE_DOCS=1 cargo test -p counterfoil-service`.
    #[test]
    fn the_committed_page_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
        let page = settings_table_markdown();
        if std::env::vars_os().any(|(name, _)| name == "COUNTERFOIL_WRITE_DOCS") {
            std::fs::write(path, &page).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page, "docs/SETTINGS.md is out of date; see this test's comment");
    }
}
