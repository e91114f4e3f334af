//! `/v1/customers/{id}/balance_transactions`.

use super::{Answered, Call, Verb, fits};
use crate::api::error::ApiError;
use crate::api::list::{Rows, Within, page};
use crate::life::NewBalanceTransaction;
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::render::Object;
use crate::world::World;

/// Answers what is behind `balance_transactions`; none where there is no such path.
pub(super) fn route(
    call: &Call<'_>,
    world: &mut World,
    customer: &str,
    path: &[&str],
) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world, customer),
        (Verb::Get, [id]) => retrieve(call, world, customer, id),
        (Verb::Post, []) => create(call, world, customer),
        (Verb::Post, [id]) => update(call, world, customer, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World, customer: &str) -> Answered {
    call.filters(&["invoice"])?;
    world.live_customer(customer, "customer")?;
    let created = Within::parse(&call.form, "created")?;
    let invoice = call.form.text("invoice");
    let table = &world.customer_balance_transactions;
    let place = |id: &str| table.place(id);
    let rows = Rows::new(table.rows(), &place, CustomerBalanceTransaction::KIND);
    let keep = |held: &CustomerBalanceTransaction| {
        held.customer == customer
            && created.holds(held.created)
            && fits(invoice, held.invoice.as_deref().unwrap_or_default())
    };
    let url = format!("/v1/customers/{customer}/balance_transactions");
    page(&rows, &call.form, &url, keep, |held| held.render(world, call.view()))
}

fn retrieve(call: &Call<'_>, world: &World, customer: &str, id: &str) -> Answered {
    call.form.only(&[])?;
    world.balance_transaction(customer, id)?;
    call.show::<CustomerBalanceTransaction>(world, id)
}

fn create(call: &Call<'_>, world: &mut World, customer: &str) -> Answered {
    let form = &call.form;
    form.only(&["amount", "currency", "description", "metadata"])?;
    let amount = form.integer("amount")?.ok_or_else(|| ApiError::missing_parameter("amount"))?;
    let new = NewBalanceTransaction {
        amount,
        currency: form.required("currency")?.to_lowercase(),
        description: form.owned("description"),
        metadata: form.map("metadata"),
    };
    let id = world.adjust_balance(customer, new)?;
    call.show::<CustomerBalanceTransaction>(world, &id)
}

fn update(call: &Call<'_>, world: &mut World, customer: &str, id: &str) -> Answered {
    let form = &call.form;
    form.only(&["description", "metadata"])?;
    let description = form.owned("description");
    world.update_balance_transaction(customer, id, description, &form.map("metadata"))?;
    call.show::<CustomerBalanceTransaction>(world, id)
}
