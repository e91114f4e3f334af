//! Whose request this is.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use counterfoil_service::config::ClientAddress;

/// The address a request counts for. `None` where nobody knows: behind a proxy that names nobody.
///
/// A proxy appends the address it saw, so only the last entry of the header is its own word; what
/// stands before was sent by the client. Without a usable entry the request did not come through
/// the proxy, or the proxy is not set up: it counts for the other end of the connection.
pub(crate) fn client_address(
    source: &ClientAddress,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Option<IpAddr> {
    match source {
        ClientAddress::Peer => Some(peer.ip().to_canonical()),
        ClientAddress::Unknown => None,
        ClientAddress::Header(name) => {
            let named = headers.get_all(name).iter().next_back();
            let named = named.and_then(|it| it.to_str().ok()).and_then(last_address);
            Some(named.unwrap_or(peer.ip()).to_canonical())
        }
    }
}

fn last_address(entries: &str) -> Option<IpAddr> {
    let last = entries.rsplit(',').next()?.trim();
    let bare = last.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(last);
    bare.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn check(source: &ClientAddress, lines: &[&str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        let peer = "[::ffff:10.0.0.1]:4711".parse().unwrap();
        let seen = client_address(source, peer, &headers).map(|it| it.to_string());
        assert_eq!(seen.as_deref(), expected, "{lines:?}");
    }

    #[test]
    fn only_the_last_word_of_the_proxy_counts() {
        let header = ClientAddress::Header("x-forwarded-for".to_owned());
        check(&ClientAddress::Peer, &["1.2.3.4"], Some("10.0.0.1"));
        check(&ClientAddress::Unknown, &["1.2.3.4"], None);
        check(&header, &["1.2.3.4"], Some("1.2.3.4"));
        check(&header, &["6.6.6.6, 1.2.3.4"], Some("1.2.3.4"));
        check(&header, &["6.6.6.6", "1.2.3.4"], Some("1.2.3.4"));
        check(&header, &["1.2.3.4:5678"], Some("1.2.3.4"));
        check(&header, &["2001:db8::1"], Some("2001:db8::1"));
        check(&header, &["[2001:db8::1]"], Some("2001:db8::1"));
        check(&header, &["[2001:db8::1]:80"], Some("2001:db8::1"));
        check(&header, &["::ffff:1.2.3.4"], Some("1.2.3.4"));
        check(&header, &["1.2.3.4, somebody"], Some("10.0.0.1"));
        check(&header, &[""], Some("10.0.0.1"));
        check(&header, &[], Some("10.0.0.1"));
    }
}
