//! Products: `features` became `marketing_features` in 2024-04-10.

use super::{Heard, has};
use crate::caller::call;
use serde_json::json;

#[tokio::test]
async fn the_features_of_a_product_have_the_name_of_the_version() {
    let heard = Heard::start().await;
    let form = "name=New&marketing_features[0][name]=Fast";
    let made = call(&heard.stage, "POST", "/v1/products", form).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    let path = format!("/v1/products/{}", made.id());
    call(&heard.stage, "POST", &path, "marketing_features[0][name]=Faster").await;
    for (version, event) in heard.last("product.updated").await {
        let (now, before) = if has(version, "2024-04-10") {
            ("marketing_features", "features")
        } else {
            ("features", "marketing_features")
        };
        let data = &event["data"];
        assert_eq!(data["object"][now], json!([{ "name": "Faster" }]), "{version}");
        assert!(data["object"].get(before).is_none(), "{version}");
        let previous = &data["previous_attributes"];
        assert_eq!(previous[now], json!([{ "name": "Fast" }]), "{version}");
        assert!(previous.get(before).is_none(), "{version}");
    }
}
