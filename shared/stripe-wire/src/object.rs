//! The fields we read of each object. All are optional: versions differ, and a field that is not
//! shown is not known. `deleted` marks the stub that stands for an object that is gone.

mod customer;
mod invoice;
mod price;
mod product;
mod subscription;

pub use customer::{Customer, InvoiceSettings};
pub use invoice::{
    Invoice, InvoiceLine, InvoiceParent, LineDetails, LineParent, LinePrice, Period, PriceDetails,
    Pricing, StatusTransitions, SubscriptionDetails,
};
pub use price::{Price, Recurring, TransformQuantity};
pub use product::Product;
pub use subscription::{
    BillingMode, CancellationDetails, PauseCollection, Subscription, SubscriptionItem,
};
