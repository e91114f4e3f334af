//! Values from their text: what a setting may look like in any source.

use std::time::Duration;

use ipnet::IpNet;

use super::typed::ClientAddress;

/// A span of time: a whole number with `ms`, `s`, `m`, `h` or `d`; without a unit it is seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let unit_ms = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

/// An address or a range of addresses in CIDR form.
pub(super) fn address_range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

/// `peer`, `none` or `header:NAME`.
pub(super) fn client_address(text: &str) -> Option<ClientAddress> {
    match text {
        "peer" => Some(ClientAddress::Peer),
        "none" => Some(ClientAddress::Unknown),
        _ => {
            let name = text.strip_prefix("header:")?;
            hyper::header::HeaderName::from_bytes(name.as_bytes())
                .ok()
                .map(|it| ClientAddress::Header(it.as_str().to_owned()))
        }
    }
}

/// Six fields as cron has them, or `off`. Whether they name a time is for the reconciler to say.
pub(super) fn is_schedule(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "*/,-#?".contains(it);
    let fields: Vec<&str> = text.split_whitespace().collect();
    text.trim() == "off" || (fields.len() == 6 && fields.iter().all(|it| it.chars().all(plain)))
}

/// The beginning of names on the broker.
pub(super) fn is_bus_prefix(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
    // The broker keeps names that start with `amq.` to itself.
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with("amq.")
}

/// The name of an endpoint, as it stands in a path.
pub(super) fn is_endpoint_name(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// A Stripe account's id.
pub(super) fn is_account(text: &str) -> bool {
    text.strip_prefix("acct_").is_some_and(|it| {
        (1..=250).contains(&it.len())
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    })
}

/// A version of Stripe's API: `2022-11-15` or `2026-10-28.endive`.
pub(super) fn is_api_version(text: &str) -> bool {
    let (date, train) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let date_fits = date.len() == 10
        && date.bytes().enumerate().all(|(at, it)| match at {
            4 | 7 => it == b'-',
            _ => it.is_ascii_digit(),
        });
    let word = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric());
    date_fits && train.is_none_or(word)
}

/// An address of another program: one of these schemes, then a host.
pub(super) fn is_url(text: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    schemes.contains(&scheme)
        && !host.is_empty()
        && !host.starts_with(':')
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("250ms", Some(250)),
            ("10s", Some(10_000)),
            ("10", Some(10_000)),
            ("5m", Some(300_000)),
            ("1h", Some(3_600_000)),
            ("2d", Some(172_800_000)),
            ("0s", Some(0)),
            ("", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("10 s", None),
            ("10w", None),
            ("18446744073709551615s", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(duration(text), ms.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn address_ranges() {
        for (text, written) in [
            ("3.18.12.63", Some("3.18.12.63/32")),
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("::1", Some("::1/128")),
            ("10.0.0.0/33", None),
            ("stripe.com", None),
            ("", None),
        ] {
            assert_eq!(address_range(text).map(|it| it.to_string()).as_deref(), written, "{text}");
        }
    }

    #[test]
    fn client_addresses() {
        let header = |name: &str| Some(ClientAddress::Header(name.to_owned()));
        for (text, value) in [
            ("peer", Some(ClientAddress::Peer)),
            ("none", Some(ClientAddress::Unknown)),
            ("header:X-Forwarded-For", header("x-forwarded-for")),
            ("header:", None),
            ("header:a b", None),
            ("Peer", None),
        ] {
            assert_eq!(client_address(text), value, "{text}");
        }
    }

    #[test]
    fn names_ids_versions_and_addresses() {
        let check = |rule: &dyn Fn(&str) -> bool, text: &str, fits: bool| {
            assert_eq!(rule(text), fits, "{text}");
        };
        check(&is_bus_prefix, "counterfoil", true);
        check(&is_bus_prefix, "", false);
        check(&is_bus_prefix, "a b", false);
        check(&is_bus_prefix, "amq.counterfoil", false);
        check(&is_bus_prefix, &"a".repeat(65), false);
        check(&is_endpoint_name, "thin-2", true);
        check(&is_endpoint_name, "Thin", false);
        check(&is_endpoint_name, "a/b", false);
        check(&is_account, "acct_1AbC", true);
        check(&is_account, "acct_", false);
        check(&is_account, "cus_1", false);
        check(&is_api_version, "2022-11-15", true);
        check(&is_api_version, "2026-10-28.endive", true);
        check(&is_api_version, "2026-10-28.", false);
        check(&is_api_version, "endive", false);
        let amqp = |it: &str| is_url(it, &["amqp", "amqps"]);
        check(&amqp, "amqp://guest:guest@127.0.0.1:5672/%2f", true);
        check(&amqp, "amqps://host", true);
        check(&amqp, "http://host", false);
        check(&amqp, "amqp://", false);
        check(&amqp, "amqp://user@:5672", false);
        check(&amqp, "127.0.0.1:5672", false);
    }
}
