//! Partitions and retention.

use counterfoil_store::Retention;
use sqlx::PgPool;

use crate::events::{absorb, event, second, store, text};

const DAY: i64 = 86_400;

#[sqlx::test(migrations = false)]
async fn partitions_are_made_ahead_and_dropped_with_their_payloads(pool: PgPool) {
    let store = store(&pool).await;
    let now = 20_000 * DAY;
    let made = store.keep_payloads(second(now), 35).await.unwrap();
    assert!(made.made >= 10 && made.dropped == 0, "{made:?}");
    assert_eq!(store.keep_payloads(second(now), 35).await.unwrap(), Retention::default());
    let fresh = event("evt_1", "widget.made", now, "{}");
    let old = event("evt_2", "widget.made", now - 300 * DAY, "{}");
    absorb(&store, &[fresh.clone(), old.clone()]).await;
    let stray = text(&pool, "select event_id from counterfoil.payloads_other").await;
    assert_eq!(stray.as_deref(), Some("evt_2"));
    let later = second(now + 60 * DAY);
    let done = store.keep_payloads(later, 35).await.unwrap();
    assert!(done.made > 0 && done.dropped > 0 && done.deleted == 1, "{done:?}");
    assert_eq!(store.payloads(&[&fresh.key, &old.key]).await.unwrap(), []);
    let kept = text(&pool, "select count(*)::text from counterfoil.inbox").await;
    assert_eq!(kept.as_deref(), Some("2"), "what became of an event is kept for ever");
    assert!(absorb(&store, &[fresh]).await[0].repeat, "and a repeat still meets its first copy");
}
