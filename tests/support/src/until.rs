//! Waiting for a condition, bounded.

use std::time::Duration;

/// Asks again and again until the answer is `Some`; fails, saying what it waited for and what it
/// saw last, when `deadline` has passed.
pub async fn until<T, F>(what: &str, deadline: Duration, mut condition: F) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> anyhow::Result<Option<T>>,
{
    let mut last = String::new();
    let asking = async {
        loop {
            match condition().await {
                Ok(Some(found)) => return found,
                Ok(None) => "not yet".clone_into(&mut last),
                Err(error) => last = format!("{error:#}"),
            }
            pause(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(deadline, asking).await {
        Ok(found) => Ok(found),
        Err(_) => anyhow::bail!("waited {deadline:?} in vain until {what}; last: {last}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where tests wait, for a condition")]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}

/// Says something beside a test's own result.
#[expect(clippy::print_stderr, reason = "tests speak to whoever runs them")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
