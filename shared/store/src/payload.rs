//! Bodies as they were received: compressed, and encrypted where keys are configured.

use counterfoil_domain::EventKey;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::absorb::Received;
use crate::error::StoreError;
use crate::seal::{PayloadKeys, Unsealed};

/// A body in the form in which it is stored.
pub(crate) struct Packed<'k> {
    pub(crate) codec: &'static str,
    /// The key it is encrypted with.
    pub(crate) key_id: Option<&'k str>,
    pub(crate) body: Vec<u8>,
}

/// Packs a body; what does not shrink stays as it is.
pub(crate) fn pack<'k>(
    keys: &'k PayloadKeys,
    event: &EventKey,
    body: &[u8],
) -> Result<Packed<'k>, StoreError> {
    let squeezed = lz4_flex::compress_prepend_size(body);
    let (codec, plain) =
        if squeezed.len() < body.len() { ("lz4", squeezed) } else { ("plain", body.to_vec()) };
    let (key_id, body) = keys.seal(event, plain)?;
    Ok(Packed { codec, key_id, body })
}

/// Why a stored body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is encrypted with a key that is not configured.
    #[error("it is encrypted with key {0}, which is not among COUNTERFOIL_PAYLOAD_KEYS")]
    UnknownKey(String),
    /// It is not what was once stored.
    #[error("it is damaged")]
    Damaged,
}

/// Unpacks a body that [`pack`] packed.
pub(crate) fn unpack(
    keys: &PayloadKeys,
    event: &EventKey,
    codec: &str,
    key_id: Option<&str>,
    body: Vec<u8>,
) -> Result<Vec<u8>, Unreadable> {
    let plain = match key_id {
        None => body,
        Some(key) => keys.unseal(event, key, &body).map_err(|error| match error {
            Unsealed::UnknownKey => Unreadable::UnknownKey(key.to_owned()),
            Unsealed::Refused => Unreadable::Damaged,
        })?,
    };
    match codec {
        "plain" => Ok(plain),
        "lz4" => lz4_flex::decompress_size_prepended(&plain).map_err(|_| Unreadable::Damaged),
        _ => Err(Unreadable::Damaged),
    }
}

/// Keeps the bodies of new events.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    events: &[&Received],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let event_id: Vec<&str> = events.iter().map(|it| it.key.id.as_str()).collect();
    let account: Vec<&str> = events.iter().map(|it| it.key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = events.iter().map(|it| it.key.scope.livemode).collect();
    let created: Vec<OffsetDateTime> = events.iter().map(|it| it.created.into()).collect();
    let mut codec = Vec::with_capacity(events.len());
    let mut key_id = Vec::with_capacity(events.len());
    let mut body = Vec::with_capacity(events.len());
    for event in events {
        let packed = pack(keys, &event.key, &event.body)?;
        codec.push(packed.codec);
        key_id.push(packed.key_id);
        body.push(packed.body);
    }
    sqlx::query!(
        r#"
        insert into counterfoil.payloads (event_id, account, livemode, created, codec, key_id, body)
        select * from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::timestamptz[], $5::text[], $6::text[],
            $7::bytea[]
        )
        on conflict do nothing
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &created,
        &codec as &[&str],
        &key_id as &[Option<&str>],
        &body,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::Scope;

    use super::*;

    fn event() -> EventKey {
        let scope = Scope { account: "self".to_owned(), livemode: false };
        EventKey { id: "evt_1".to_owned(), scope }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for keys in [PayloadKeys::none(), PayloadKeys::for_test(&["a"])] {
            for body in [&b""[..], b"{}", &b"{\"a\":1}".repeat(900), &[0, 255, 7]] {
                let packed = pack(&keys, &event(), body).unwrap();
                let (key, codec) = (packed.key_id.map(str::to_owned), packed.codec);
                let found = unpack(&keys, &event(), codec, key.as_deref(), packed.body);
                assert_eq!(found.as_deref(), Ok(body));
            }
        }
        let none = PayloadKeys::none();
        let packed = pack(&none, &event(), &b"{\"a\":1}".repeat(900)).unwrap();
        assert_eq!((packed.codec, packed.key_id), ("lz4", None));
        assert_eq!(unpack(&none, &event(), "lz4", None, vec![1, 2, 3]), Err(Unreadable::Damaged));
        assert_eq!(unpack(&none, &event(), "zstd", None, Vec::new()), Err(Unreadable::Damaged));
    }

    #[test]
    fn an_encrypted_body_is_read_with_its_key_alone_and_under_its_event_alone() {
        let keys = PayloadKeys::for_test(&["b", "a"]);
        let secret = b"{\"email\":\"ann@example.com\"}";
        let packed = pack(&keys, &event(), secret).unwrap();
        assert_eq!(packed.key_id, Some("b"), "the first key is the one in use");
        assert!(!packed.body.windows(3).any(|it| it == b"ann"));
        let read = |keys: &PayloadKeys, event: &EventKey| {
            unpack(keys, event, packed.codec, Some("b"), packed.body.clone())
        };
        assert_eq!(read(&keys, &event()).as_deref(), Ok(&secret[..]));
        let gone = PayloadKeys::for_test(&["a"]);
        assert_eq!(read(&gone, &event()), Err(Unreadable::UnknownKey("b".to_owned())));
        let mut other = event();
        other.id = "evt_2".to_owned();
        assert_eq!(read(&keys, &other), Err(Unreadable::Damaged));
    }
}
