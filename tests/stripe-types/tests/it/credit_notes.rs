//! Credit notes.

use crate::walk::{GOOD, Walk, text};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn credit_notes_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::CreditNotes).await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let price =
        format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let price = walk.make("/v1/prices", &price).await;
    let wish = format!("customer={customer}&items[0][price]={price}");
    let paid = walk.post("/v1/subscriptions", &wish).await;
    let paid = text(&paid, "/latest_invoice");
    let wish = format!("{wish}&payment_behavior=default_incomplete");
    let open = walk.post("/v1/subscriptions", &wish).await;
    let open = text(&open, "/latest_invoice");
    let notes = "/v1/credit_notes";
    walk.get(&format!("{notes}/preview?invoice={open}&amount=100")).await;
    let on_open = walk.make(notes, &format!("invoice={open}&amount=100&reason=duplicate")).await;
    let refunded = format!("invoice={paid}&amount=200&refund_amount=200&memo=m&metadata[a]=1");
    walk.make(notes, &refunded).await;
    let credited = format!("invoice={paid}&amount=300&credit_amount=300");
    walk.make(notes, &credited).await;
    let line = walk.get(&format!("/v1/invoices/{paid}")).await;
    let line = text(&line, "/lines/data/0/id");
    let of_line = format!(
        "invoice={paid}&out_of_band_amount=100&lines[0][type]=invoice_line_item\
         &lines[0][invoice_line_item]={line}&lines[0][amount]=100"
    );
    walk.make(notes, &of_line).await;
    walk.post(&format!("{notes}/{on_open}"), "memo=new&metadata[b]=2").await;
    walk.post(&format!("{notes}/{on_open}/void"), "").await;
    for held in walk.list_each(notes).await {
        let id = text(&held, "/id");
        for expand in ["customer", "invoice"] {
            walk.get(&format!("{notes}/{id}?expand[]={expand}")).await;
        }
    }
    walk.list(&format!("{notes}/{on_open}/lines")).await;
    walk.get(&format!("{notes}/preview/lines?invoice={open}&amount=100")).await;
    walk.list(&format!("{notes}?invoice={paid}")).await;
    walk.list_each("/v1/invoices").await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", &format!("{notes}/cn_none"), "", missing).await;
    walk.finish().await;
}
