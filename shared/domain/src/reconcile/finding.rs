//! What a difference between the halves is called, how bad it is, and who may mend it.

use std::fmt;

use crate::mirror::ObjectKind;

/// What kind of difference was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingType {
    /// Stripe shows an object that is not held, or that is held as deleted.
    MissingHere,
    /// An object is held that Stripe no longer has.
    MissingThere,
    /// Both have the object, and a field of it, or of one of its children, differs.
    FieldDiffers,
    /// A child is held that its object no longer has, or the other way round.
    RemovedChild,
    /// A customer's entitlements differ: access itself.
    Entitlement,
    /// Stripe has events that were never delivered, or an endpoint that will not be sent any.
    Silence,
    /// An endpoint's events are rendered by another API version than configured.
    ApiVersion,
}

impl FindingType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::MissingHere,
        Self::MissingThere,
        Self::FieldDiffers,
        Self::RemovedChild,
        Self::Entitlement,
        Self::Silence,
        Self::ApiVersion,
    ];

    /// The name in tables, metrics, logs and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::FieldDiffers => "field_differs",
            Self::RemovedChild => "removed_child",
            Self::Entitlement => "entitlement",
            Self::Silence => "silence",
            Self::ApiVersion => "api_version",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl fmt::Display for FindingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nobody is harmed.
    Info,
    /// The record is wrong; nobody's access is.
    Warning,
    /// Somebody may have access they did not pay for, or none that they paid for.
    Critical,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The name in tables, metrics, logs and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may mend a finding of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The run itself does, within its brake.
    Automatic,
    /// A person is asked: `drift repair`.
    Ask,
    /// Nobody does through Counterfoil; it is reported only.
    Never,
}

impl Policy {
    /// The names in settings.
    pub const NAMES: &'static [&'static str] = &["automatic", "ask", "never"];

    /// The name in settings and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Ask => "ask",
            Self::Never => "never",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Automatic, Self::Ask, Self::Never].into_iter().find(|it| it.as_str() == name)
    }
}

/// How bad a finding about an object is. What decides access is critical.
#[must_use]
pub fn severity_of(found: FindingType, kind: ObjectKind) -> Severity {
    let access = matches!(
        kind,
        ObjectKind::Subscription
            | ObjectKind::ActiveEntitlementSummary
            | ObjectKind::EntitlementFeature
    );
    match found {
        FindingType::Entitlement => Severity::Critical,
        FindingType::MissingHere
        | FindingType::MissingThere
        | FindingType::FieldDiffers
        | FindingType::RemovedChild
            if access =>
        {
            Severity::Critical
        }
        FindingType::MissingHere
        | FindingType::MissingThere
        | FindingType::FieldDiffers
        | FindingType::RemovedChild
        | FindingType::Silence
        | FindingType::ApiVersion => Severity::Warning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for it in FindingType::ALL {
            assert_eq!(FindingType::parse(it.as_str()), Some(it));
        }
        for it in Severity::ALL {
            assert_eq!(Severity::parse(it.as_str()), Some(it));
        }
        for name in Policy::NAMES {
            assert_eq!(Policy::parse(name).map(Policy::as_str), Some(*name));
        }
        assert_eq!(FindingType::parse("drift"), None);
        assert_eq!(Severity::parse(""), None);
        assert_eq!(Policy::parse("always"), None);
    }

    #[test]
    fn what_decides_access_is_critical() {
        let check = |found, kind, expected| assert_eq!(severity_of(found, kind), expected);
        check(FindingType::FieldDiffers, ObjectKind::Subscription, Severity::Critical);
        check(FindingType::Entitlement, ObjectKind::ActiveEntitlementSummary, Severity::Critical);
        check(FindingType::FieldDiffers, ObjectKind::Invoice, Severity::Warning);
        check(FindingType::MissingThere, ObjectKind::Customer, Severity::Warning);
        check(FindingType::Silence, ObjectKind::Subscription, Severity::Warning);
    }
}
