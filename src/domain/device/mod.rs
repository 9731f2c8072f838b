//! Devices that holders bind to their accounts: one at a time, and every one that ever was stays known.
//!
//! Owns how a device is bound, ended and judged. The key never leaves the device: what is here is its public half. Refuses
//! to draw anything: challenges, serial numbers and secrets are handed in.

mod certificate;
mod challenge;
mod counter;
mod face;
mod key;
pub(in crate::domain) mod letters;
mod totp;

pub use certificate::{AuthorityId, CertificateStanding, DeviceCertificate, Serial};
pub use challenge::{About, Challenge, ChallengeValue, Consent, DevicePurpose, DeviceSignature, KeyProof, NotProven};
pub use counter::{CounterCode, CounterProof, CounterState, NotCountersigned, ProofPurpose, TRIES_MAX};
pub use face::{Assurance, FACE_CHECK_AGE_MAX, FaceCheck, FaceFault, MatchClass};
pub use key::{DeviceKey, KeyThumbprint};
pub use totp::{SECRET_BYTES, Step, TotpCode, TotpFailures, TotpSecret, Uri};

use super::ids::{AccountId, DeviceId};
use super::time::Timestamp;

/// A device that is or was bound to an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its name.
    pub id: DeviceId,
    /// The account.
    pub account: AccountId,
    /// Its public key.
    pub key: DeviceKey,
    /// Since when.
    pub bound_at: Timestamp,
    /// How it was bound.
    pub route: Route,
    /// How sure it is that the holder bound it.
    pub assurance: Assurance,
    /// Whether it may be used.
    pub state: DeviceState,
}

/// How a device was bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// With the account's activation.
    Activation,
    /// In place of another, which agreed.
    Consent,
    /// With a proof in person at a counter, in place of another or as the first.
    InPerson,
}

impl Route {
    const ALL: [Self; 3] = [Self::Activation, Self::Consent, Self::InPerson];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Consent => "consent",
            Self::InPerson => "in-person",
        }
    }

    /// The route of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.name() == name)
    }
}

/// Whether a device may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceState {
    /// It is the account's device.
    Active,
    /// It was, and never will be again.
    Ended {
        /// Since when not.
        at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// Why a device was ended. Its certificates are revoked for the same reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// Another took its place.
    Replaced,
    /// It was lost or stolen, or somebody else may have its key.
    Lost,
    /// The holder does not use it any more.
    GivenUp,
}

impl EndReason {
    const ALL: [Self; 3] = [Self::Replaced, Self::Lost, Self::GivenUp];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Lost => "lost",
            Self::GivenUp => "given-up",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// A device that was ended before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the device was ended before")]
pub struct HasEnded;

impl Device {
    /// Binds the device whose key was proven. `assurance` is what the evidence at hand carries.
    pub fn bind(id: DeviceId, proof: &KeyProof, route: Route, assurance: Assurance, now: Timestamp) -> Self {
        let (account, key, state) = (proof.account(), proof.key().clone(), DeviceState::Active);
        Self { id, account, key, bound_at: now, route, assurance, state }
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it was ended before.
    pub fn end(mut self, reason: EndReason, now: Timestamp) -> Result<Self, HasEnded> {
        match self.state {
            DeviceState::Active => {
                self.state = DeviceState::Ended { at: now, reason };
                Ok(self)
            }
            DeviceState::Ended { .. } => Err(HasEnded),
        }
    }

    /// Whether it is the account's device.
    pub const fn is_active(&self) -> bool {
        matches!(self.state, DeviceState::Active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    #[test]
    fn a_device_ends_once_and_keeps_why() {
        let key = key::tests::ed25519(1).0;
        let account = AccountId::new(Uuid::from_u128(1));
        let device = Device {
            id: DeviceId::new(Uuid::from_u128(2)),
            account,
            key,
            bound_at: NOW,
            route: Route::Activation,
            assurance: Assurance::Substantial,
            state: DeviceState::Active,
        };
        assert!(device.is_active());
        let ended = device.end(EndReason::Lost, NOW).unwrap();
        assert_eq!(ended.state, DeviceState::Ended { at: NOW, reason: EndReason::Lost });
        assert_eq!(ended.end(EndReason::Replaced, NOW), Err(HasEnded));
    }

    #[test]
    fn names_are_read_back() {
        assert!(Route::ALL.into_iter().all(|route| Route::from_name(route.name()) == Some(route)));
        assert!(EndReason::ALL.into_iter().all(|reason| EndReason::from_name(reason.name()) == Some(reason)));
        assert_eq!((Route::from_name("x"), EndReason::from_name("")), (None, None));
    }
}
