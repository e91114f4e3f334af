//! Percent-encoding, of parameters and of the parts of a path.

/// Decodes a part of a path, in which `+` stands for itself. What is no valid escape stays as it
/// is; what is no valid UTF-8 becomes replacement characters.
pub(super) fn decode(text: &str) -> String {
    unescape(text, b'+')
}

/// Decodes a form's name or value, in which `+` stands for a blank.
pub(super) fn decode_form(text: &str) -> String {
    unescape(text, b' ')
}

/// Encodes a name or a value for a query.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

fn unescape(text: &str, plus: u8) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        let escaped = (*byte == b'%').then(|| bytes.get(place + 1..place + 3)).flatten();
        match (byte, escaped.and_then(byte_of)) {
            (_, Some(value)) => {
                decoded.push(value);
                place += 3;
                continue;
            }
            (b'+', None) => decoded.push(plus),
            (other, None) => decoded.push(*other),
        }
        place += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Two hexadecimal digits, and nothing else: a sign is none.
fn byte_of(digits: &[u8]) -> Option<u8> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes_are_undone_and_odd_ones_stay() {
        let check = |text: &str, path: &str, form: &str| {
            assert_eq!(super::decode(text), path, "{text}");
            assert_eq!(super::decode_form(text), form, "{text}");
        };
        check("in%5F1", "in_1", "in_1");
        check("100%", "100%", "100%");
        check("%zz", "%zz", "%zz");
        check("%+1", "%+1", "% 1");
        check("%e6%9d%b1", "東", "東");
        check("a+b%2Bc", "a+b+c", "a b+c");
        check("%ff", "\u{fffd}", "\u{fffd}");
    }
}
