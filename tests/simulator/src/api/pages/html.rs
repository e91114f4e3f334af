//! HTML that cannot be written unescaped: text and the values of attributes are escaped here and
//! nowhere else, and nothing but this file makes markup of a string.

use std::fmt::Write as _;

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// Text as it is to be read.
pub(super) fn text(text: impl AsRef<str>) -> Html {
    Html(escaped(text.as_ref()))
}

/// An element around others.
pub(super) fn tag(
    name: &'static str,
    attributes: &[(&'static str, &str)],
    inner: impl IntoIterator<Item = Html>,
) -> Html {
    let Html(mut markup) = open(name, attributes);
    for Html(piece) in inner {
        markup.push_str(&piece);
    }
    // Writing to a string cannot fail.
    let _ = write!(markup, "</{name}>");
    Html(markup)
}

/// An element that has no end, such as `input`.
pub(super) fn open(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    let mut markup = format!("<{name}");
    for (attribute, value) in attributes {
        let _ = write!(markup, " {attribute}=\"{}\"", escaped(value));
    }
    markup.push('>');
    Html(markup)
}

/// An element around text alone.
pub(super) fn words(name: &'static str, inner: impl AsRef<str>) -> Html {
    tag(name, &[], [text(inner)])
}

/// Pieces one after the other.
pub(super) fn all(pieces: impl IntoIterator<Item = Html>) -> Html {
    Html(pieces.into_iter().map(|Html(piece)| piece).collect())
}

/// A whole page.
pub(super) fn page(title: &str, content: impl IntoIterator<Item = Html>) -> String {
    let banner = tag(
        "p",
        &[("class", "banner"), ("role", "note")],
        [text("This is a simulator: no money moves.")],
    );
    let head = tag(
        "head",
        &[],
        [
            open("meta", &[("charset", "utf-8")]),
            open(
                "meta",
                &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")],
            ),
            open("meta", &[("name", "robots"), ("content", "noindex")]),
            words("title", title),
            Html(format!("<style>{STYLE}</style>")),
        ],
    );
    let main = tag("main", &[], [words("h1", title), all(content)]);
    let Html(whole) = tag("html", &[("lang", "en")], [head, tag("body", &[], [banner, main])]);
    format!("<!doctype html>{whole}")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2430;--mute:#5b6776;--line:#d7dde5;--back:#f4f6f9;\
--card:#fff;--deed:#3b4fd8;--deed-ink:#fff;--warn:#a3260f}\
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--mute:#9ba8b8;--line:#39434f;\
--back:#12171d;--card:#1b222b;--deed:#8b9bff;--deed-ink:#10141a;--warn:#ff9d87}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
.banner{margin:0;padding:.5rem 1rem;background:#ffd54a;color:#332a00;text-align:center;\
font-weight:600}\
main{max-width:42rem;margin:0 auto;padding:1rem}\
h1{font-size:1.5rem;margin:1rem 0}h2{font-size:1.1rem;margin:0 0 .75rem}\
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;\
padding:1rem;margin:0 0 1rem}\
table{width:100%;border-collapse:collapse}\
th,td{text-align:left;padding:.4rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
tr:last-child>*{border-bottom:0}\
.sum{text-align:right;white-space:nowrap}\
.mute{color:var(--mute);font-size:.9rem;font-weight:400;margin:.25rem 0}\
.alert{border-color:var(--warn);color:var(--warn);font-weight:600}\
label{display:block;margin:.6rem 0 .2rem}\
input,select{width:100%;padding:.5rem;font:inherit;color:inherit;background:var(--back);\
border:1px solid var(--line);border-radius:.4rem}\
button,.button{display:inline-block;width:100%;margin:.5rem 0 0;padding:.6rem 1rem;font:inherit;\
text-align:center;text-decoration:none;color:var(--ink);background:var(--back);\
border:1px solid var(--line);border-radius:.4rem;cursor:pointer}\
button.main{background:var(--deed);border-color:var(--deed);color:var(--deed-ink);font-weight:600}\
button:focus-visible,.button:focus-visible,input:focus-visible,select:focus-visible,\
a:focus-visible{outline:3px solid var(--deed);outline-offset:2px}\
a{color:var(--deed)}a.button{color:var(--ink)}\
@media(min-width:34rem){.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 .6rem}}";

#[cfg(test)]
mod tests {
    use super::{Html, tag, text};

    #[test]
    fn nothing_of_a_text_is_markup() {
        let Html(markup) =
            tag("p", &[("title", "\"><script>alert('1')</script>")], [text("<b>R&D</b> \"it's\"")]);
        assert_eq!(
            markup,
            "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\">\
             &lt;b&gt;R&amp;D&lt;/b&gt; &quot;it&#39;s&quot;</p>"
        );
    }
}
