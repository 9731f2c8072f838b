//! The tiers of a contact change: the less is proven at its beginning, the more time or persons it takes.
//!
//! One table says all of it; `docs/contacts.md` shows the same table, and a test compares the two.

use std::time::Duration;

use crate::domain::staff::Role;

/// How a request for another phone or address is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Tier {
    /// The holder has the bound device and reads what is sent to the old contact.
    DeviceAndContact,
    /// The holder has the bound device and has lost the old contact.
    DeviceAlone,
    /// The holder stands at an office with the passport.
    InPerson,
    /// An administrator acts for the authority.
    ByAuthority,
}

/// Who begins a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginner {
    /// The holder, in the app.
    Holder,
    /// Somebody of the staff in that role.
    Staff(Role),
}

/// Who may give an open request up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Canceller {
    /// The holder, with the bound device.
    Device,
    /// Whoever reads a notice at another contact of the account, with the code in it.
    Notice,
    /// An officer or supervisor of the office that began it.
    Office,
    /// An administrator.
    Administrator,
}

/// What a tier asks for.
#[derive(Clone, Copy, Debug)]
pub struct TierRule {
    /// Which tier.
    pub tier: Tier,
    /// Who begins.
    pub beginner: Beginner,
    /// What is proven at the beginning.
    pub proof: &'static str,
    /// Whether a code must come back from the old contact before one leaves for the new.
    pub proves_old: bool,
    /// Whether the waiting time runs before a code leaves for the new contact.
    pub waits: bool,
    /// Who approves, if somebody else must.
    pub approver: Option<Role>,
    /// How long codes may be typed: from the beginning, the end of the waiting time, or the approval.
    pub open: Duration,
    /// Who may give it up.
    pub cancellers: &'static [Canceller],
}

const DEVICE: &str = "signature of the bound device";
const HOLDER_AND_NOTICE: &[Canceller] = &[Canceller::Device, Canceller::Notice, Canceller::Administrator];

/// The table.
pub const RULES: [TierRule; 4] = [
    TierRule {
        tier: Tier::DeviceAndContact,
        beginner: Beginner::Holder,
        proof: DEVICE,
        proves_old: true,
        waits: false,
        approver: None,
        open: Duration::from_hours(1),
        cancellers: HOLDER_AND_NOTICE,
    },
    TierRule {
        tier: Tier::DeviceAlone,
        beginner: Beginner::Holder,
        proof: DEVICE,
        proves_old: false,
        waits: true,
        approver: None,
        open: Duration::from_hours(72),
        cancellers: HOLDER_AND_NOTICE,
    },
    TierRule {
        tier: Tier::InPerson,
        beginner: Beginner::Staff(Role::Officer),
        proof: "passport, seen by an officer",
        proves_old: false,
        waits: false,
        approver: Some(Role::Supervisor),
        open: Duration::from_hours(24),
        cancellers: &[Canceller::Device, Canceller::Notice, Canceller::Office, Canceller::Administrator],
    },
    TierRule {
        tier: Tier::ByAuthority,
        beginner: Beginner::Staff(Role::Administrator),
        proof: "none: the authority answers for it",
        proves_old: false,
        waits: false,
        approver: Some(Role::Administrator),
        open: Duration::from_hours(24),
        cancellers: HOLDER_AND_NOTICE,
    },
];

impl Tier {
    /// Every tier, the one that proves most by itself first.
    pub const ALL: [Self; 4] = [Self::DeviceAndContact, Self::DeviceAlone, Self::InPerson, Self::ByAuthority];

    /// The name that the store and the documents use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceAndContact => "device-and-contact",
            Self::DeviceAlone => "device-alone",
            Self::InPerson => "in-person",
            Self::ByAuthority => "by-authority",
        }
    }

    /// Reads a name written by [`Tier::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// What it asks for.
    pub const fn rule(self) -> &'static TierRule {
        let [device_and_contact, device_alone, in_person, by_authority] = &RULES;
        match self {
            Self::DeviceAndContact => device_and_contact,
            Self::DeviceAlone => device_alone,
            Self::InPerson => in_person,
            Self::ByAuthority => by_authority,
        }
    }
}

impl TierRule {
    /// Whether such a request may be given up by them.
    pub fn lets_cancel(&self, canceller: Canceller) -> bool {
        self.cancellers.contains(&canceller)
    }
}

impl Beginner {
    /// The name that the documents use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Staff(role) => role.name(),
        }
    }
}

impl Canceller {
    /// The name that the documents use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Notice => "notice",
            Self::Office => "office",
            Self::Administrator => "administrator",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::proposal::ProposalKind;

    #[test]
    fn every_tier_has_its_own_rule_and_its_own_name() {
        for (tier, rule) in Tier::ALL.into_iter().zip(&RULES) {
            assert_eq!((tier.rule().tier, rule.tier), (tier, tier));
            assert_eq!(Tier::from_name(tier.name()), Some(tier));
        }
        assert_eq!(Tier::from_name("by-friendship"), None);
    }

    #[test]
    fn what_no_device_signs_takes_a_second_person_and_what_proves_no_contact_takes_time_or_a_person() {
        for rule in &RULES {
            assert_eq!(rule.beginner == Beginner::Holder, rule.approver.is_none(), "{:?}", rule.tier);
            assert!(rule.proves_old || rule.waits || rule.approver.is_some(), "{:?}", rule.tier);
        }
    }

    #[test]
    fn who_approves_a_tier_is_who_approves_its_proposals() {
        for (tier, kind) in
            [(Tier::InPerson, ProposalKind::ContactInPerson), (Tier::ByAuthority, ProposalKind::ContactByAuthority)]
        {
            let (rule, proposals) = (tier.rule(), kind.rule());
            assert_eq!(rule.approver.as_slice(), proposals.approvers);
            assert!(proposals.proposers.iter().all(|role| rule.beginner == Beginner::Staff(*role)));
        }
    }

    #[test]
    fn whoever_reads_a_notice_may_stop_every_tier() {
        assert!(RULES.iter().all(|rule| rule.lets_cancel(Canceller::Notice) && rule.lets_cancel(Canceller::Device)));
    }
}
