//! Reading an answer of HTTP/1.1 from the bytes that have come so far.

/// An answer that has come whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// How many bytes it has, head and body.
    pub length: usize,
}

/// The longest answer that is read, in bytes; ours have less than two hundred.
pub const ANSWER_BYTES_MAX: usize = 2_048;

/// The answer at the start of `bytes`; `None` while some of it is missing. What is no answer has
/// the status 0.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<Answer> {
    let head = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
    let (head, rest) = bytes.split_at(head + 4);
    let mut lines = head.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
    let status = lines.next().and_then(|it| it.get(9..12)).and_then(number).unwrap_or(0);
    let length = lines.find_map(content_length).unwrap_or(0);
    if rest.len() < length {
        return None;
    }
    Some(Answer { status: u16::try_from(status).unwrap_or(0), length: head.len() + length })
}

fn content_length(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|it| *it == b':')?;
    let (name, value) = line.split_at(colon);
    if name.eq_ignore_ascii_case(b"content-length") {
        number(value.get(1..)?.trim_ascii())
    } else {
        None
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_once_they_are_whole() {
        for (bytes, expected) in [
            ("", None),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", None),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Some((200, 38))),
            ("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\na", None),
            ("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nab", Some((503, 40))),
            ("HTTP/1.1 200 OK\r\n\r\n", Some((200, 19))),
            ("what?\r\n\r\n", Some((0, 9))),
        ] {
            let expected = expected.map(|(status, length)| Answer { status, length });
            assert_eq!(answer(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }
}
