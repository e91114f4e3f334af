//! What happens in an account: customers come, buy, change their minds, pay, fail to pay and leave,
//! and their owner edits the catalogue. Much of it within one second, some of it there and back.

use std::collections::BTreeMap;

use counterfoil_simulator::{Account, ApiVersion, CheckoutVisit, LifeError, Simulator};
use serde_json::Value;

use crate::chance::{Chance, Stream};

/// An account that things can be done in.
pub trait Api {
    /// Calls its API; the status and the answer.
    fn call(&mut self, method: &str, target: &str, form: &str) -> (u16, Value);

    /// Completes a checkout session as a visitor would.
    fn complete_checkout(&mut self, session: &str, by: &CheckoutVisit) -> Result<(), LifeError>;
}

impl Api for Account {
    fn call(&mut self, method: &str, target: &str, form: &str) -> (u16, Value) {
        Self::call(self, method, target, form)
    }

    fn complete_checkout(&mut self, session: &str, by: &CheckoutVisit) -> Result<(), LifeError> {
        Self::complete_checkout(self, session, by)
    }
}

impl Api for Simulator {
    fn call(&mut self, method: &str, target: &str, form: &str) -> (u16, Value) {
        Self::call(self, method, target, form)
    }

    fn complete_checkout(&mut self, session: &str, by: &CheckoutVisit) -> Result<(), LifeError> {
        Self::complete_checkout(self, session, by)
    }
}

/// The doings in one account.
#[derive(Debug)]
pub struct History<A> {
    pub(crate) account: A,
    chance: Chance,
    /// Ids by kind, as answers showed them.
    known: BTreeMap<String, Vec<String>>,
    done: i64,
    acts: i64,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Come,
    Edit,
    ThereAndBack,
    Subscribe,
    SubscribeMany,
    ChangeSubscription,
    Waver,
    SwapItems,
    Cancel,
    Invoice,
    InvoiceEnds,
    Refund,
    CreditNote,
    Checkout,
    CompleteCheckout,
    Schedule,
    Coupon,
    PromotionCode,
    GivenIds,
    Features,
    TaxId,
    DeleteTaxId,
    Payment,
    Method,
    Grant,
    EditCatalogue,
    DeleteCustomer,
    EndDiscount,
}

const CARDS: &[&str] =
    &["pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail"];

impl History<Account> {
    pub(crate) fn begin(
        seed: u64,
        number: u64,
        second: i64,
        acts: i64,
        versions: &[ApiVersion],
    ) -> Self {
        // Of one seed, so that both accounts give the same ids to different objects.
        let account = Account::begin(seed, second, versions);
        Self::numbered(account, seed, number, acts)
    }
}

impl<A: Api> History<A> {
    /// So many things that are going to be done in an account, by this seed.
    #[must_use]
    pub fn of(account: A, seed: u64, acts: u32) -> Self {
        Self::numbered(account, seed, 0, i64::from(acts))
    }

    fn numbered(account: A, seed: u64, number: u64, acts: i64) -> Self {
        let chance = Chance::new(seed, Stream::History, number);
        Self { account, chance, known: BTreeMap::new(), done: 0, acts }
    }

    /// Whether everything is done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.done >= self.acts
    }

    /// Does the next thing, and says what.
    pub fn act(&mut self) -> String {
        self.done += 1;
        if self.known.is_empty() {
            self.open_shop();
            return "opens its shop".to_owned();
        }
        let act = self.chance.pick(&[
            (10, Act::Come),
            (6, Act::Edit),
            (4, Act::ThereAndBack),
            (14, Act::Subscribe),
            (2, Act::SubscribeMany),
            (12, Act::ChangeSubscription),
            (6, Act::Waver),
            (5, Act::SwapItems),
            (5, Act::Cancel),
            (6, Act::Invoice),
            (6, Act::InvoiceEnds),
            (4, Act::Refund),
            (3, Act::CreditNote),
            (4, Act::Checkout),
            (6, Act::CompleteCheckout),
            (3, Act::Schedule),
            (3, Act::Coupon),
            (2, Act::PromotionCode),
            (5, Act::GivenIds),
            (4, Act::Features),
            (3, Act::TaxId),
            (2, Act::DeleteTaxId),
            (3, Act::Payment),
            (3, Act::Method),
            (2, Act::Grant),
            (4, Act::EditCatalogue),
            (4, Act::DeleteCustomer),
            (2, Act::EndDiscount),
        ]);
        self.perform(act);
        format!("{act:?}")
    }

    fn post(&mut self, path: &str, form: &str) -> Option<Value> {
        self.call("POST", path, form)
    }

    fn delete(&mut self, path: &str) {
        let _ = self.call("DELETE", path, "");
    }

    /// What is refused changes nothing, and the next act goes on from there.
    fn call(&mut self, method: &str, path: &str, form: &str) -> Option<Value> {
        let (status, answer) = self.account.call(method, &format!("/v1/{path}"), form);
        if status != 200 {
            return None;
        }
        self.note(&answer);
        Some(answer)
    }

    /// Learns the ids of whatever an answer shows.
    fn note(&mut self, shown: &Value) {
        if let (Some(kind), Some(id)) = (shown["object"].as_str(), shown["id"].as_str()) {
            let known = self.known.entry(kind.to_owned()).or_default();
            if !known.iter().any(|it| it == id) {
                known.push(id.to_owned());
            }
        }
        for item in shown["data"].as_array().into_iter().flatten() {
            self.note(item);
        }
    }

    fn any(&mut self, kind: &str) -> Option<String> {
        let known = self.known.get(kind).map(Vec::as_slice).unwrap_or_default();
        // What was touched last is touched again soon, or nothing would ever race.
        if self.chance.hits(500) {
            return known.last().cloned();
        }
        self.chance.one(known).cloned()
    }

    fn customer(&mut self) -> String {
        self.any("customer").unwrap_or_default()
    }

    fn price(&mut self) -> String {
        self.any("price").unwrap_or_default()
    }

    fn open_shop(&mut self) {
        for (name, amount) in [("Team", 4_900), ("Seats", 700)] {
            let form = format!(
                "name={name}&default_price_data[currency]=usd\
                 &default_price_data[unit_amount]={amount}\
                 &default_price_data[recurring][interval]=month"
            );
            self.post("products", &form);
        }
        let _ = self.call("GET", "prices?limit=10", "");
        self.come();
    }

    fn come(&mut self) {
        let card = self.chance.one(CARDS).copied().unwrap_or_default();
        let number = self.done;
        let form = format!(
            "name=Customer {number}&email=customer{number}@example.com&payment_method={card}\
             &invoice_settings[default_payment_method]={card}"
        );
        let form = if card == "pm_card_visa" || self.chance.hits(500) {
            form
        } else {
            format!("name=Customer {number}")
        };
        self.post("customers", &form);
    }

    fn perform(&mut self, act: Act) {
        match act {
            Act::Come => self.come(),
            Act::Edit => self.edit("name=Renamed"),
            Act::ThereAndBack => self.go_there_and_back(),
            Act::Subscribe => self.subscribe(),
            Act::SubscribeMany => self.subscribe_many(),
            Act::ChangeSubscription => self.change_subscription(),
            Act::Waver => self.waver(),
            Act::SwapItems => self.swap_items(),
            Act::Cancel => self.end("subscription", "subscriptions", ""),
            Act::Invoice => self.invoice(),
            Act::InvoiceEnds => self.end_invoice(),
            Act::Refund => self.refund(),
            Act::CreditNote => self.credit(),
            Act::Checkout => self.check_out(),
            Act::CompleteCheckout => self.complete_checkout(),
            Act::Schedule => self.schedule(),
            Act::Coupon => {
                let form = "percent_off=10&duration=repeating&duration_in_months=2";
                self.post("coupons", form);
            }
            Act::PromotionCode => self.promote(),
            Act::GivenIds => self.give_ids(),
            Act::Features => self.feature(),
            Act::TaxId => {
                let path = format!("customers/{}/tax_ids", self.customer());
                self.post(&path, "type=eu_vat&value=DE123456789");
            }
            Act::DeleteTaxId => self.delete_tax_id(),
            Act::Payment => self.pay(),
            Act::Method => self.change_method(),
            Act::Grant => self.grant(),
            Act::EditCatalogue => self.edit_catalogue(),
            Act::DeleteCustomer => self.end("customer", "customers", ""),
            Act::EndDiscount => self.end("subscription", "subscriptions", "/discount"),
        }
    }

    fn edit(&mut self, form: &str) {
        let (customer, number) = (self.customer(), self.done);
        self.post(&format!("customers/{customer}"), &format!("{form} {number}"));
    }

    fn end(&mut self, kind: &str, path: &str, part: &str) {
        if let Some(id) = self.any(kind) {
            self.delete(&format!("{path}/{id}{part}"));
        }
    }

    fn go_there_and_back(&mut self) {
        let path = format!("customers/{}", self.customer());
        let times = self.chance.between(2, 5);
        for time in 0..times {
            let place = if time % 2 == 0 { "here" } else { "there" };
            self.post(&path, &format!("description={place}"));
        }
    }

    fn waver(&mut self) {
        let Some(subscription) = self.any("subscription") else { return };
        let times = self.chance.between(1, 4);
        for time in 0..times {
            let form = format!("cancel_at_period_end={}", time % 2 == 0);
            self.post(&format!("subscriptions/{subscription}"), &form);
        }
    }

    fn refund(&mut self) {
        let _ = self.call("GET", "charges?limit=5", "");
        let Some(charge) = self.any("charge") else { return };
        let amount = self.chance.between(1, 400);
        self.post("refunds", &format!("charge={charge}&amount={amount}"));
    }

    fn credit(&mut self) {
        let _ = self.call("GET", "invoices?limit=5&status=paid", "");
        let Some(invoice) = self.any("invoice") else { return };
        let form = format!("invoice={invoice}&amount=100&refund_amount=100");
        self.post("credit_notes", &form);
    }

    fn complete_checkout(&mut self) {
        let Some(session) = self.any("checkout.session") else { return };
        let visit = CheckoutVisit {
            email: Some("visitor@example.com".to_owned()),
            name: Some("A Visitor".to_owned()),
            ..CheckoutVisit::default()
        };
        let _ = self.account.complete_checkout(&session, &visit);
    }

    fn promote(&mut self) {
        let Some(coupon) = self.any("coupon") else { return };
        let form = format!("promotion[type]=coupon&promotion[coupon]={coupon}");
        if let Some(code) = self.post("promotion_codes", &form)
            && self.chance.hits(400)
        {
            let id = id_of(&code);
            self.post(&format!("promotion_codes/{id}"), "active=false");
        }
    }

    fn delete_tax_id(&mut self) {
        let path = format!("customers/{}/tax_ids", self.customer());
        let held = self.call("GET", &path, "");
        if let Some(id) = held.as_ref().and_then(|it| it["data"][0]["id"].as_str()) {
            self.delete(&format!("{path}/{id}"));
        }
    }

    fn grant(&mut self) {
        let form = format!(
            "customer={}&amount[type]=monetary&amount[monetary][currency]=usd\
             &amount[monetary][value]=300&category=paid\
             &applicability_config[scope][price_type]=metered",
            self.customer()
        );
        if let Some(grant) = self.post("billing/credit_grants", &form)
            && self.chance.hits(400)
        {
            self.post(&format!("billing/credit_grants/{}/void", id_of(&grant)), "");
        }
    }

    fn edit_catalogue(&mut self) {
        let (price, number) = (self.price(), self.done);
        self.post(&format!("prices/{price}"), &format!("nickname=since {number}"));
        if let Some(product) = self.any("product") {
            self.post(&format!("products/{product}"), &format!("name=Team {number}"));
        }
    }

    fn subscribe(&mut self) {
        let (customer, price) = (self.customer(), self.price());
        let quantity = self.chance.between(1, 9);
        let mut form =
            format!("customer={customer}&items[0][price]={price}&items[0][quantity]={quantity}");
        let more = self.chance.pick(&[
            (10, ""),
            (3, "&trial_period_days=7"),
            (3, "&payment_behavior=default_incomplete"),
            (2, "&collection_method=send_invoice&days_until_due=5"),
            (2, "&metadata[a]=1"),
        ]);
        form.push_str(more);
        if self.chance.hits(200)
            && let Some(coupon) = self.any("coupon")
        {
            form.extend(["&discounts[0][coupon]=", &coupon]);
        }
        self.post("subscriptions", &form);
    }

    /// More items than a body shows.
    fn subscribe_many(&mut self) {
        let mut form = format!("customer={}", self.customer());
        for place in 0..12 {
            let product = self.any("product").unwrap_or_default();
            let amount = 100 + place;
            let item = format!("&items[{place}][price_data]");
            let terms = format!(
                "{item}[currency]=usd{item}[product]={product}{item}[recurring][interval]=month\
                 {item}[unit_amount]={amount}"
            );
            form.push_str(&terms);
        }
        self.post("subscriptions", &form);
    }

    fn change_subscription(&mut self) {
        let Some(subscription) = self.any("subscription") else { return };
        let path = format!("subscriptions/{subscription}");
        let shown = self.call("GET", &path, "").unwrap_or_default();
        let item = shown["items"]["data"][0]["id"].as_str().unwrap_or_default().to_owned();
        let quantity = self.chance.between(1, 30);
        let how = self.chance.pick(&[(2, "create_prorations"), (2, "always_invoice"), (1, "none")]);
        let form =
            format!("items[0][id]={item}&items[0][quantity]={quantity}&proration_behavior={how}");
        self.post(&path, &form);
        if self.chance.hits(300) {
            self.post(&path, &format!("metadata[quantity]={quantity}"));
        }
    }

    fn swap_items(&mut self) {
        let Some(subscription) = self.any("subscription") else { return };
        let path = format!("subscriptions/{subscription}");
        let shown = self.call("GET", &path, "").unwrap_or_default();
        let item = shown["items"]["data"][0]["id"].as_str().unwrap_or_default().to_owned();
        let price = self.price();
        let form = format!("items[0][id]={item}&items[0][deleted]=true&items[1][price]={price}");
        if self.post(&path, &form).is_none() {
            self.post(&path, &format!("items[0][price]={price}"));
        }
    }

    fn invoice(&mut self) {
        let customer = self.customer();
        let amount = self.chance.between(100, 9_000);
        self.post("invoiceitems", &format!("customer={customer}&amount={amount}&currency=usd"));
        let form = format!("customer={customer}&pending_invoice_items_behavior=include");
        let Some(invoice) = self.post("invoices", &form) else { return };
        let id = id_of(&invoice);
        match self.chance.between(0, 3) {
            0 => self.delete(&format!("invoices/{id}")),
            1 => {}
            _ => {
                self.post(&format!("invoices/{id}/finalize"), "");
            }
        }
    }

    fn end_invoice(&mut self) {
        let _ = self.call("GET", "invoices?limit=5&status=open", "");
        let Some(invoice) = self.any("invoice") else { return };
        let how = self.chance.pick(&[(4, "pay"), (2, "void"), (1, "mark_uncollectible")]);
        self.post(&format!("invoices/{invoice}/{how}"), "");
    }

    fn check_out(&mut self) {
        let price = self.price();
        let mut form = format!(
            "mode=subscription&success_url=https://example.com/ok&line_items[0][price]={price}\
             &line_items[0][quantity]=1"
        );
        if self.chance.hits(500) {
            form.extend(["&customer=", &self.customer()]);
        }
        if let Some(session) = self.post("checkout/sessions", &form)
            && self.chance.hits(150)
        {
            let id = id_of(&session);
            self.post(&format!("checkout/sessions/{id}/expire"), "");
        }
    }

    fn schedule(&mut self) {
        let Some(subscription) = self.any("subscription") else { return };
        let form = format!("from_subscription={subscription}");
        if let Some(schedule) = self.post("subscription_schedules", &form) {
            let id = id_of(&schedule);
            match self.chance.between(0, 2) {
                0 => self.post(&format!("subscription_schedules/{id}/release"), ""),
                1 => self.post(&format!("subscription_schedules/{id}"), "metadata[a]=1"),
                _ => None,
            };
        }
    }

    /// Ids that the caller gives may come again after their objects were deleted.
    fn give_ids(&mut self) {
        let times = self.chance.between(1, 4);
        for _ in 0..times {
            if self.chance.hits(500) {
                let (percent, form) = (self.chance.between(1, 90), "duration=forever&id=AGAIN");
                if self.post("coupons", &format!("percent_off={percent}&{form}")).is_none() {
                    self.delete("coupons/AGAIN");
                }
            } else {
                let form = format!("id=AGAIN&name=Again {}", self.done);
                if self.post("products", &form).is_none() {
                    self.delete("products/AGAIN");
                }
            }
        }
    }

    fn feature(&mut self) {
        let number = self.done;
        let form = format!("name=Feature {number}&lookup_key=feature_{number}");
        let Some(feature) = self.post("entitlements/features", &form) else { return };
        let id = id_of(&feature);
        let product = self.any("product").unwrap_or_default();
        self.post(&format!("products/{product}/features"), &format!("entitlement_feature={id}"));
    }

    fn pay(&mut self) {
        let (customer, amount) = (self.customer(), self.chance.between(200, 5_000));
        let card = self.chance.pick(&[
            (4, "pm_card_visa"),
            (1, "pm_card_createDispute"),
            (1, "pm_card_chargeDeclined"),
        ]);
        let form = format!(
            "customer={customer}&amount={amount}&currency=usd&payment_method={card}&confirm=true\
             &automatic_payment_methods[enabled]=true\
             &automatic_payment_methods[allow_redirects]=never"
        );
        self.post("payment_intents", &form);
    }

    fn change_method(&mut self) {
        let customer = self.customer();
        let path = "payment_methods/pm_card_visa/attach";
        if let Some(method) = self.post(path, &format!("customer={customer}")) {
            let id = id_of(&method);
            if self.chance.hits(500) {
                self.post(&format!("payment_methods/{id}/detach"), "");
            } else {
                let form = format!("invoice_settings[default_payment_method]={id}");
                self.post(&format!("customers/{customer}"), &form);
            }
        }
    }
}

fn id_of(shown: &Value) -> String {
    shown["id"].as_str().unwrap_or_default().to_owned()
}
