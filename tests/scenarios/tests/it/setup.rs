//! How the stacks of these tests are set up.

use std::path::PathBuf;
use std::time::Duration;

use counterfoil_simulator::{Faults, Interval, NewPrice, NewProduct, Options, Retries, Simulator};
use counterfoil_support::{Settings, stack};

/// Generous: it bounds a test that hangs, and none depends on it.
pub(crate) const DEADLINE: Duration = Duration::from_mins(3);

/// The program under test.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_counterfoil-under-test"))
}

/// These services, and a simulator that sends again soon.
pub(crate) fn settings(services: Vec<&'static str>, faults: Faults) -> Settings {
    let retries = Retries {
        first_wait: Duration::from_millis(100),
        longest_wait: Duration::from_millis(500),
        ..Retries::default()
    };
    Settings {
        binary: binary(),
        simulator: Options { faults, retries, ..Options::default() },
        environment: stack::reconciler_still(),
        services,
    }
}

/// Deliveries doubled, lost at first, told twice, and reordered.
pub(crate) fn rough() -> Faults {
    Faults {
        duplicate_rate: 0.2,
        drop_first_rate: 0.1,
        reorder_window_millis: 200,
        second_id_rate: 0.05,
        ..Faults::default()
    }
}

/// A price of nine a month, of a product of its own.
pub(crate) fn monthly_price(simulator: &Simulator) -> anyhow::Result<String> {
    let product = NewProduct { name: "Gold".to_owned(), ..NewProduct::default() };
    Ok(simulator.create_price(NewPrice {
        product: simulator.create_product(product)?,
        currency: "usd".to_owned(),
        unit_amount: 900,
        recurring: Some((Interval::Month, 1)),
        ..NewPrice::default()
    })?)
}
