//! Test clocks.

use crate::walk::{DAY, START, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn test_clocks_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Clocks).await;
    let named =
        walk.make("/v1/test_helpers/test_clocks", &format!("frozen_time={START}&name=clock")).await;
    let bare = walk.make("/v1/test_helpers/test_clocks", &format!("frozen_time={START}")).await;
    let later = START + 40 * i64::try_from(DAY).unwrap();
    let one = format!("/v1/test_helpers/test_clocks/{named}");
    // Answered while it is under way.
    walk.post(&format!("{one}/advance"), &format!("frozen_time={later}")).await;
    walk.get(&one).await;
    walk.pass(60);
    walk.list_each("/v1/test_helpers/test_clocks").await;
    walk.delete(&format!("/v1/test_helpers/test_clocks/{bare}")).await;
    walk.refused("POST", &format!("{one}/advance"), "frozen_time=1", (400, None)).await;
    walk.finish().await;
}
