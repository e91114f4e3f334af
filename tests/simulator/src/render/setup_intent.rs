//! Setup intents.

use super::payment::{automatic, error, next_action};
use super::{Object, View, extend};
use crate::model::setup_intent::{SetupIntent, SetupStatus};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for SetupIntent {
    const KIND: &'static str = "setup_intent";
    const PLURAL: &'static str = "setup_intents";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.setup_intents
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.setup_intents
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let error = self.last_error.as_ref().map(|refusal| error(refusal, world, view));
        let waits = self.status == SetupStatus::RequiresAction;
        let action = waits.then(|| next_action(&self.id, self.return_url.as_deref()));
        let mut body = json!({
            "id": self.id,
            "object": "setup_intent",
            "application": null,
            "automatic_payment_methods": automatic(self.automatic_methods),
            "cancellation_reason": self.cancellation_reason,
            "client_secret": self.client_secret,
            "created": self.created,
            "customer": self.customer,
            "description": self.description,
            "excluded_payment_method_types": null,
            "flow_directions": null,
            "last_setup_error": error,
            "latest_attempt": null,
            "livemode": false,
            "mandate": null,
            "metadata": self.metadata,
            "next_action": action,
            "on_behalf_of": null,
            "payment_method": self.method,
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.method_types,
            "single_use_mandate": null,
            "status": self.status.as_str(),
            "usage": self.usage,
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        if view.version.has(since::ENDIVE) {
            extend(&mut body, json!({ "allowed_payment_method_types": self.allowed_types }));
        }
        body
    }
}
