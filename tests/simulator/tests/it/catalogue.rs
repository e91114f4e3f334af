//! Products and prices over the API: exact amounts, tiers, packages, currencies, lookup keys.

use crate::caller::{KEY, call, call_with};
use crate::stage::{Stage, events};
use http::StatusCode;
use serde_json::{Value, json};

async fn made(stage: &Stage, path: &str, form: &str) -> Value {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status, StatusCode::OK, "{form}: {}", answer.body);
    answer.body
}

async fn refused(stage: &Stage, path: &str, form: &str) -> (String, String) {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}: {}", answer.body);
    let error = &answer.body["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("param"))
}

async fn product(stage: &Stage) -> String {
    made(stage, "/v1/products", "name=Fonts").await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_amount_is_exact_to_twelve_places() {
    let stage = Stage::start().await;
    let product = product(&stage).await;
    let cases = [
        ("unit_amount=500", json!(500), "500"),
        ("unit_amount_decimal=500", json!(500), "500"),
        ("unit_amount_decimal=0.5", json!(null), "0.5"),
        ("unit_amount_decimal=0.000000000001", json!(null), "0.000000000001"),
        ("unit_amount_decimal=12.500", json!(null), "12.5"),
    ];
    for (amount, whole, decimal) in cases {
        let form = format!("product={product}&currency=USD&{amount}");
        let price = made(&stage, "/v1/prices", &form).await;
        assert_eq!(
            (&price["unit_amount"], &price["unit_amount_decimal"]),
            (&whole, &json!(decimal))
        );
        assert_eq!(
            (&price["currency"], &price["billing_scheme"]),
            (&json!("usd"), &json!("per_unit"))
        );
        assert_eq!(price["type"], "one_time");
    }
    for wrong in ["0.0000000000001", "1e3", "ten", "-1"] {
        let form = format!("product={product}&currency=usd&unit_amount_decimal={wrong}");
        let (_, param) = refused(&stage, "/v1/prices", &form).await;
        assert!(param.starts_with("unit_amount"), "{wrong}: {param}");
    }
    let both = format!("product={product}&currency=usd&unit_amount=1&unit_amount_decimal=1");
    assert_eq!(refused(&stage, "/v1/prices", &both).await.1, "unit_amount_decimal");
    let neither = format!("product={product}&currency=usd");
    assert_eq!(refused(&stage, "/v1/prices", &neither).await.0, "parameter_missing");
}

#[tokio::test]
async fn tiers_show_only_where_they_are_expanded() {
    let stage = Stage::start().await;
    let product = product(&stage).await;
    let form = format!(
        "product={product}&currency=usd&billing_scheme=tiered&tiers_mode=graduated\
         &recurring[interval]=month&tiers[0][up_to]=5&tiers[0][unit_amount]=700\
         &tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=0.05&tiers[1][flat_amount]=100"
    );
    let price = made(&stage, "/v1/prices", &form).await;
    assert_eq!(price["billing_scheme"], "tiered");
    assert_eq!(price["tiers_mode"], "graduated");
    assert_eq!(
        (&price["unit_amount"], &price["unit_amount_decimal"]),
        (&json!(null), &json!(null))
    );
    assert!(price.get("tiers").is_none());
    let path = format!("/v1/prices/{}?expand[]=tiers", price["id"].as_str().unwrap());
    let shown = call(&stage, "GET", &path, "").await.body;
    assert_eq!(
        shown["tiers"],
        json!([
            { "flat_amount": null, "flat_amount_decimal": null, "unit_amount": 700,
              "unit_amount_decimal": "700", "up_to": 5 },
            { "flat_amount": 100, "flat_amount_decimal": "100", "unit_amount": null,
              "unit_amount_decimal": "0.05", "up_to": null },
        ])
    );
    let list = call(&stage, "GET", "/v1/prices?limit=1&expand[]=data.tiers", "").await.body;
    assert_eq!(list["data"][0]["tiers"][0]["up_to"], 5);
    let tiers = |tiers: &str| {
        format!("product={product}&currency=usd&billing_scheme=tiered&tiers_mode=volume&{tiers}")
    };
    for wrong in [
        "tiers[0][up_to]=5&tiers[0][unit_amount]=1",
        "tiers[0][up_to]=inf",
        "tiers[0][up_to]=5&tiers[0][unit_amount]=1&tiers[1][up_to]=5&tiers[1][unit_amount]=1\
         &tiers[2][up_to]=inf&tiers[2][unit_amount]=1",
        "tiers[0][up_to]=inf&tiers[0][unit_amount]=1&tiers[1][up_to]=inf&tiers[1][unit_amount]=1",
    ] {
        assert_eq!(refused(&stage, "/v1/prices", &tiers(wrong)).await.1, "tiers", "{wrong}");
    }
    assert_eq!(refused(&stage, "/v1/prices", &tiers("")).await.0, "parameter_missing");
}

#[tokio::test]
async fn packages_currencies_and_custom_amounts_are_kept() {
    let stage = Stage::start().await;
    let product = product(&stage).await;
    let form = format!(
        "product={product}&currency=usd&unit_amount=100&transform_quantity[divide_by]=10\
         &transform_quantity[round]=up&tax_behavior=exclusive\
         &currency_options[eur][unit_amount]=90&currency_options[eur][tax_behavior]=inclusive\
         &expand[]=currency_options"
    );
    let price = made(&stage, "/v1/prices", &form).await;
    assert_eq!(price["transform_quantity"], json!({ "divide_by": 10, "round": "up" }));
    assert_eq!(price["tax_behavior"], "exclusive");
    assert_eq!(price["currency_options"]["eur"]["unit_amount"], 90);
    assert_eq!(price["currency_options"]["eur"]["tax_behavior"], "inclusive");
    assert_eq!(price["currency_options"]["usd"]["unit_amount"], 100);
    let path = format!("/v1/prices/{}", price["id"].as_str().unwrap());
    assert_eq!(refused(&stage, &path, "tax_behavior=inclusive").await.1, "tax_behavior");
    let change = "currency_options[eur]=&currency_options[gbp][unit_amount]=80&active=false\
                  &nickname=old&expand[]=currency_options";
    let changed = made(&stage, &path, change).await;
    let currencies: Vec<&String> =
        changed["currency_options"].as_object().unwrap().keys().collect();
    assert_eq!(currencies, ["gbp", "usd"]);
    assert_eq!((&changed["active"], &changed["nickname"]), (&json!(false), &json!("old")));
    let custom = format!(
        "product={product}&currency=usd&custom_unit_amount[enabled]=true\
         &custom_unit_amount[minimum]=100&custom_unit_amount[preset]=500"
    );
    let price = made(&stage, "/v1/prices", &custom).await;
    let expected = json!({ "maximum": null, "minimum": 100, "preset": 500 });
    assert_eq!(price["custom_unit_amount"], expected);
    let recurring = format!("{custom}&recurring[interval]=month");
    assert_eq!(refused(&stage, "/v1/prices", &recurring).await.1, "custom_unit_amount");
}

#[tokio::test]
async fn a_lookup_key_names_one_price() {
    let stage = Stage::start().await;
    let product = product(&stage).await;
    let form = format!("product={product}&currency=usd&unit_amount=1&lookup_key=standard");
    let first = made(&stage, "/v1/prices", &form).await;
    assert_eq!(refused(&stage, "/v1/prices", &form).await.1, "lookup_key");
    let second = made(&stage, "/v1/prices", &format!("{form}&transfer_lookup_key=true")).await;
    assert_eq!(second["lookup_key"], "standard");
    let path = format!("/v1/prices/{}", first["id"].as_str().unwrap());
    assert_eq!(call(&stage, "GET", &path, "").await.body["lookup_key"], json!(null));
    let found = call(&stage, "GET", "/v1/prices?lookup_keys[]=standard", "").await.body;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    assert_eq!(found["data"][0]["id"], second["id"]);
    assert_eq!(refused(&stage, &path, "lookup_key=standard").await.1, "lookup_key");
    made(&stage, &path, "lookup_key=standard&transfer_lookup_key=true").await;
    let path = format!("/v1/prices/{}", second["id"].as_str().unwrap());
    assert_eq!(call(&stage, "GET", &path, "").await.body["lookup_key"], json!(null));
}

#[tokio::test]
async fn a_metered_price_needs_a_meter_since_basil() {
    let stage = Stage::start().await;
    let product = product(&stage).await;
    let form = format!(
        "product={product}&currency=usd&unit_amount=1&recurring[interval]=month\
         &recurring[usage_type]=metered"
    );
    assert_eq!(refused(&stage, "/v1/prices", &form).await.1, "recurring[meter]");
    let older = [KEY, ("stripe-version", "2024-09-30.acacia")];
    let price = call_with(&stage, "POST", "/v1/prices", &form, &older).await.body;
    assert_eq!(price["recurring"]["usage_type"], "metered");
    assert_eq!(price["recurring"]["aggregate_usage"], "sum");
    let listed = call(&stage, "GET", "/v1/prices?recurring[usage_type]=metered", "").await.body;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_product_and_its_price_can_be_made_at_once() {
    let stage = Stage::start().await;
    let (kinds, _) = {
        let before = events(&stage.simulator).len();
        let product = made(
            &stage,
            "/v1/products",
            "name=Fonts&default_price_data[currency]=usd&default_price_data[unit_amount_decimal]=9.5\
             &default_price_data[recurring][interval]=month&marketing_features[0][name]=Nice\
             &images[0]=http://localhost/a.png&expand[]=default_price&unit_label=font",
        )
        .await;
        assert_eq!(product["default_price"]["unit_amount_decimal"], "9.5");
        assert_eq!(product["default_price"]["recurring"]["interval"], "month");
        assert_eq!(product["marketing_features"], json!([{ "name": "Nice" }]));
        assert_eq!(product["images"], json!(["http://localhost/a.png"]));
        assert_eq!(product["unit_label"], "font");
        let events = events(&stage.simulator).split_off(before);
        (crate::stage::kinds(&events), events)
    };
    let expected = ["product.created", "price.created", "plan.created", "product.updated"];
    assert_eq!(kinds, expected);
    let price = made(
        &stage,
        "/v1/prices",
        "currency=usd&unit_amount=5&product_data[name]=Icons&expand[]=product",
    )
    .await;
    assert_eq!(price["product"]["name"], "Icons");
    let both = "name=X&default_price_data[currency]=usd";
    assert_eq!(refused(&stage, "/v1/products", both).await.0, "parameter_missing");
    let found = call(&stage, "GET", "/v1/products?limit=100", "").await.body;
    assert!(!found["data"].as_array().unwrap().iter().any(|held| held["name"] == "X"));
}
