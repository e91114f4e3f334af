//! The janitor of payloads: makes the coming partitions and drops what retention no longer keeps.
//! Until it has run, payloads go to the default partition, so nothing waits for it.

use crate::turn::{JobError, Running};

pub(crate) async fn run(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    if running.how.dry_run {
        return Ok(());
    }
    let done =
        context.store.keep_payloads(running.now(), context.settings.payload_keep_days).await?;
    let made = [
        ("partitions_made", done.made),
        ("partitions_dropped", done.dropped),
        ("payloads_deleted", done.deleted),
    ];
    context.store.tally(&running.handle, &made).await?;
    Ok(())
}
