//! Charges. Before 2025-03-31.basil they named their invoice; before
//! 2022-11-15 they showed their refunds.

use super::payment::{account, billing_details};
use super::{Object, View, extend, inline_list, put};
use crate::model::card::Decline;
use crate::model::charge::{Charge, ChargeStatus};
use crate::model::payment_method::{BillingDetails, MethodKind, PaymentMethod};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Charge {
    const KIND: &'static str = "charge";
    const PLURAL: &'static str = "charges";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.charges
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.charges
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let method = self.method_charged.as_ref();
        let nobody = BillingDetails::default();
        let details = method.map_or(&nobody, |held| &held.billing_details);
        let succeeded = self.status == ChargeStatus::Succeeded;
        let mut body = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "balance_transaction": self.balance_transaction,
            "billing_details": billing_details(details),
            "captured": self.captured,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "disputed": self.disputed,
            "failure_code": self.decline.map(Decline::code),
            "failure_message": self.decline.map(Decline::message),
            "metadata": self.metadata,
            "outcome": outcome(self),
            "paid": succeeded,
            "payment_intent": self.intent,
            "payment_method": self.method,
            "payment_method_details": method.map(method_details),
            "receipt_email": self.receipt_email,
            "receipt_url": succeeded
                .then(|| format!("https://pay.stripe.com/receipts/payment/{}", self.id)),
            "refunded": self.is_refunded(),
            "statement_descriptor": self.statement_descriptor,
            "status": self.status.as_str(),
        });
        extend(&mut body, constants());
        if !view.version.has(since::BASIL) {
            extend(&mut body, json!({ "invoice": self.invoice }));
        }
        if !view.version.has(since::LATEST_CHARGE) {
            put(&mut body, "refunds", refunds(&self.id, world, view));
        }
        body
    }
}

/// The refunds of a charge, which it shows by itself before 2022-11-15 and when they are asked for.
pub(crate) fn refunds(charge: &str, world: &World, view: View<'_>) -> Value {
    let ids = world.refunds_of.get(charge).into_iter().flatten().rev();
    let rows = ids.filter_map(|id| world.refunds.get(id));
    let data = rows.map(|held| held.render(world, view)).collect();
    inline_list(data, &format!("/v1/charges/{charge}/refunds"), view)
}

/// What the simulator does not model, as an untouched charge shows it.
fn constants() -> Value {
    json!({
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "calculated_statement_descriptor": "SIMULATED ACCOUNT",
        "failure_balance_transaction": null,
        "fraud_details": {},
        "livemode": false,
        "on_behalf_of": null,
        "receipt_number": null,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor_suffix": null,
        "transfer_data": null,
        "transfer_group": null,
    })
}

fn outcome(held: &Charge) -> Value {
    let (network, reason, risk, says, kind) = match (held.status, held.decline) {
        (_, Some(Decline::Fraudulent)) => (
            "not_sent_to_network",
            Some("highest_risk_level"),
            "highest",
            "Stripe blocked this payment as too risky.",
            "blocked",
        ),
        (_, Some(decline)) => (
            "declined_by_network",
            decline.decline_code(),
            "normal",
            "The bank did not return any further details with this decline.",
            "issuer_declined",
        ),
        (ChargeStatus::Pending, None) => {
            ("approved_by_network", None, "not_assessed", "Payment pending.", "authorized")
        }
        (ChargeStatus::Succeeded | ChargeStatus::Failed, None) => {
            ("approved_by_network", None, "normal", "Payment complete.", "authorized")
        }
    };
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": network,
        "reason": reason,
        "risk_level": risk,
        "seller_message": says,
        "type": kind,
    })
}

/// The method as it was charged.
fn method_details(held: &PaymentMethod) -> Value {
    let mut account = account(held);
    let own = match held.kind {
        MethodKind::Card => json!({
            "amount_authorized": null,
            "authorization_code": null,
            "electronic_commerce_indicator": null,
            "installments": null,
            "mandate": null,
            "network": held.face.brand,
            "network_transaction_id": null,
            "regulated_status": "unregulated",
            "three_d_secure": null,
            "transaction_link_id": null,
        }),
        MethodKind::SepaDebit => json!({ "mandate": null }),
        MethodKind::UsBankAccount => json!({ "mandate": null, "payment_reference": null }),
    };
    extend(&mut account, own);
    let mut details = json!({ "type": held.kind.as_str() });
    put(&mut details, held.kind.as_str(), account);
    details
}
