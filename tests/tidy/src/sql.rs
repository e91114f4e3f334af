//! Migrations cut into statements: enough of SQL to judge them by, and no more.

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// In lower case, without comments, each run of white space one blank, bodies of functions
    /// left out.
    pub(crate) text: String,
    /// The line it begins on, counted from 1.
    pub(crate) line: usize,
    /// The comment lines directly above it, joined; empty where there are none.
    pub(crate) comment: String,
}

impl Statement {
    /// The name of the table it makes, if it makes one, schema included.
    pub(crate) fn created_table(&self) -> Option<&str> {
        let rest = self.text.strip_prefix("create table ")?;
        let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
        rest.split([' ', '(']).next()
    }

    /// The words after `prefix`, if it begins so.
    pub(crate) fn after(&self, prefix: &str) -> Option<&str> {
        self.text.strip_prefix(prefix).map(str::trim_start)
    }
}

/// Cuts a migration into its statements.
pub(crate) fn statements(sql: &str) -> Vec<Statement> {
    let lines: Vec<&str> = sql.lines().collect();
    let mut found = Vec::new();
    let mut text = String::new();
    let mut begins = None;
    let mut line = 1;
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |it| it + 2)
        } else if next == '\'' {
            let length = rest[1..].find('\'').map_or(rest.len(), |it| it + 2);
            text.push_str(&rest[..length]);
            length
        } else if let Some(tag) = dollar_tag(rest) {
            text.push_str(" $$ ");
            rest[tag.len()..].find(tag).map_or(rest.len(), |it| it + 2 * tag.len())
        } else {
            if next == ';' {
                let begun = begins.take();
                finish(&mut found, &mut text, begun, &lines);
            } else {
                if begins.is_none() && !next.is_whitespace() {
                    begins = Some(line);
                }
                text.push(next);
            }
            next.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    finish(&mut found, &mut text, begins, &lines);
    found
}

fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest.strip_prefix('$')?.find('$')? + 2;
    let tag = &rest[..end];
    tag[1..end - 1].chars().all(|it| it.is_alphanumeric() || it == '_').then_some(tag)
}

fn finish(found: &mut Vec<Statement>, text: &mut String, begins: Option<usize>, lines: &[&str]) {
    let whole = std::mem::take(text);
    let Some(line) = begins else { return };
    let mut comments: Vec<&str> = lines[..line - 1]
        .iter()
        .rev()
        .map_while(|it| it.trim().strip_prefix("--"))
        .map(str::trim)
        .collect();
    comments.reverse();
    found.push(Statement {
        text: whole.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
        line,
        comment: comments.join(" "),
    });
}

#[test]
fn statements_are_cut() {
    let found = statements(
        "-- Head.\n\n-- One; two.\n-- Three.\ncreate table A.b (\n  c text, -- why;\n  d text default ';'\n);\n\
         create function f() as $$ begin; drop table x; end $$;\n/* ; */ select\n1",
    );
    let texts: Vec<&str> = found.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "create table a.b ( c text, d text default ';' )",
            "create function f() as $$",
            "select 1"
        ]
    );
    assert_eq!(found[0].comment, "One; two. Three.");
    assert_eq!(found[0].created_table(), Some("a.b"));
    assert_eq!(found.iter().map(|it| it.line).collect::<Vec<_>>(), [5, 9, 10]);
    assert_eq!(found[1].comment, "");
}
