//! Bodies as they were received, compressed.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::absorb::Received;

/// A body in the form in which it is stored.
pub(crate) struct Packed {
    pub(crate) codec: &'static str,
    pub(crate) body: Vec<u8>,
}

/// Packs a body; what does not shrink stays as it is.
pub(crate) fn pack(body: &[u8]) -> Packed {
    let packed = lz4_flex::compress_prepend_size(body);
    if packed.len() < body.len() {
        Packed { codec: "lz4", body: packed }
    } else {
        Packed { codec: "plain", body: body.to_vec() }
    }
}

/// Unpacks a body. `None` when it was not packed by [`pack`].
pub(crate) fn unpack(codec: &str, body: Vec<u8>) -> Option<Vec<u8>> {
    match codec {
        "plain" => Some(body),
        "lz4" => lz4_flex::decompress_size_prepended(&body).ok(),
        _ => None,
    }
}

/// Keeps the bodies of new events.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    events: &[&Received],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let event_id: Vec<&str> = events.iter().map(|it| it.key.id.as_str()).collect();
    let account: Vec<&str> = events.iter().map(|it| it.key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = events.iter().map(|it| it.key.scope.livemode).collect();
    let created: Vec<OffsetDateTime> = events.iter().map(|it| it.created.into()).collect();
    let (codec, body): (Vec<&str>, Vec<Vec<u8>>) =
        events.iter().map(|it| pack(&it.body)).map(|it| (it.codec, it.body)).unzip();
    sqlx::query!(
        r#"
        insert into counterfoil.payloads (event_id, account, livemode, created, codec, body)
        select * from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::timestamptz[], $5::text[], $6::bytea[]
        )
        on conflict do nothing
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &created,
        &codec as &[&str],
        &body,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for body in [&b""[..], b"{}", &b"{\"a\":1}".repeat(900), &[0, 255, 7]] {
            let packed = pack(body);
            assert!(packed.body.len() <= body.len());
            assert_eq!(unpack(packed.codec, packed.body).as_deref(), Some(body));
        }
        assert_eq!(pack(&b"{\"a\":1}".repeat(900)).codec, "lz4");
        assert_eq!(unpack("lz4", vec![1, 2, 3]), None);
        assert_eq!(unpack("zstd", Vec::new()), None);
    }
}
