//! Disputes.

use super::{Object, View};
use crate::model::dispute::Dispute;
use crate::model::payment_method::MethodKind;
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

/// Every piece of evidence that can be given as a text or the id of a file.
pub(crate) const EVIDENCE: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

impl Object for Dispute {
    const KIND: &'static str = "dispute";
    const PLURAL: &'static str = "disputes";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.disputes
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.disputes
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let moved = self.balance_transactions.iter();
        let moved: Vec<Value> = moved
            .filter_map(|id| world.balance_transactions.get(id))
            .map(|held| held.render(world, view))
            .collect();
        let submission = if self.submission_count > 0 { "manual" } else { "not_submitted" };
        let mut evidence = json!({ "enhanced_evidence": {} });
        if let Value::Object(fields) = &mut evidence {
            for name in EVIDENCE {
                fields.insert((*name).to_owned(), json!(self.evidence.get(*name)));
            }
        }
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": moved,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.due_by,
                "enhanced_eligibility": {},
                "has_evidence": !self.evidence.is_empty(),
                "past_due": world.now > self.due_by,
                "submission_count": self.submission_count,
                "submission_method": submission,
            },
            "intended_submission_method": null,
            "is_charge_refundable": !self.status.bars_refunds(),
            "livemode": false,
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "payment_method_details": method(self, world),
            "reason": self.reason,
            "status": self.status.as_str(),
        })
    }
}

fn method(held: &Dispute, world: &World) -> Value {
    let charge = world.charges.get(&held.charge);
    let card = charge
        .and_then(|charge| world.payment_methods.get(&charge.method))
        .filter(|method| method.kind == MethodKind::Card);
    card.map_or(Value::Null, |method| {
        json!({
            "card": {
                "brand": method.face.brand,
                "case_type": if held.inquiry { "inquiry" } else { "chargeback" },
                "network": method.face.brand,
                "network_reason_code": network_code(held),
            },
            "type": "card",
        })
    })
}

/// Visa's own numbers for the two commonest reasons.
fn network_code(held: &Dispute) -> Option<&'static str> {
    match (held.reason.as_str(), held.inquiry) {
        ("fraudulent", true) => Some("10"),
        ("fraudulent", false) => Some("10.4"),
        ("product_not_received", true) => Some("30"),
        ("product_not_received", false) => Some("13.1"),
        _ => None,
    }
}
