//! What a simulator's handle does with meters, usage and billing credits.

use crate::life::{
    LifeError, NewCreditGrant, NewMeter, UsageChecks, UsageFaults, UsageRefusal, UsageReport,
};
use crate::simulator::Simulator;

impl Simulator {
    /// Makes a meter.
    pub fn create_meter(&self, new: NewMeter) -> Result<String, LifeError> {
        self.on_request(|world| world.create_meter(new))
    }

    /// Reports usage as a meter event and answers its identifier. Whether it counts is found out
    /// after the account's [`counted_after_seconds`](crate::UsageRules::counted_after_seconds).
    pub fn report_usage(&self, report: UsageReport) -> Result<String, LifeError> {
        self.on_request(|world| {
            let place = world.receive_usage(report, UsageChecks::ByRules).map_err(error)?;
            Ok(world.usage.get(place).map(|event| event.identifier.clone()).unwrap_or_default())
        })
    }

    /// What counts for a customer of a meter by now, from one Unix second to before another, as
    /// an exact decimal without zeros at its end.
    #[must_use]
    pub fn usage_sum(&self, meter: &str, customer: &str, from: i64, to: i64) -> String {
        self.with_world(|world| world.usage_between(meter, customer, from, to).to_string())
    }

    /// Grants billing credits.
    pub fn create_credit_grant(&self, new: NewCreditGrant) -> Result<String, LifeError> {
        let customer = new.customer.clone();
        self.on_request_for(&customer, |world| world.create_credit_grant(new))
    }

    /// Expires all billing credits of a customer at once, and answers how many grants that were.
    pub fn expire_credits(&self, customer: &str) -> Result<usize, LifeError> {
        self.with_world(|world| {
            world.in_time_of(customer, |world| world.expire_credits_of(customer))
        })
    }

    /// Which meter events are rejected on purpose.
    #[must_use]
    pub fn usage_faults(&self) -> UsageFaults {
        self.with_world(|world| world.usage_faults.faults)
    }

    /// Sets which meter events are rejected on purpose, once they are looked at; false, and
    /// nothing set, when the rate is no probability.
    #[must_use]
    pub fn set_usage_faults(&self, faults: UsageFaults) -> bool {
        let is_rate = (0.0..=1.0).contains(&faults.rate);
        if is_rate {
            self.with_world(|world| world.usage_faults.faults = faults);
        }
        is_rate
    }
}

fn error(refusal: UsageRefusal) -> LifeError {
    match refusal {
        UsageRefusal::Duplicate { identifier } => LifeError::NotNow {
            code: None,
            message: format!("An event already exists with identifier {identifier}."),
        },
        UsageRefusal::IdentifierTooLong { longest } => LifeError::Invalid {
            param: "identifier",
            message: format!("Invalid string: must be at most {longest} characters"),
        },
        UsageRefusal::Wrong { error, message } => {
            LifeError::NotNow { code: Some(error.code()), message }
        }
    }
}
