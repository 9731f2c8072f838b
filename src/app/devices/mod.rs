//! Devices of holders: bound with the activation, replaced, renewed, verified, ended; their offline codes; the lists of
//! revoked certificates.
//!
//! A challenge is spent in the unit of whatever follows from its answer: a binding, a certificate, a verdict, or the entry of
//! a wrong signature. While an account is activated a wrong signature spends none: the code that came with it lives. The rooms for keys and certificates know nothing of accounts; here the two meet.

mod authorities;
mod bind;
mod challenge;
mod counter;
mod end;
mod lists;
mod renew;
mod replace;
mod totp;
mod verify;

pub use bind::BoundDevice;
pub use challenge::{NewDevice, NotBindable};
pub use counter::{Countersigned, Proved, Stood as StoodAtCounter};
pub use lists::ShownList;
pub use renew::Renewed;
pub use replace::{Leave, NotReplaced, Replaced, Replacement};
pub use totp::TotpChecked;
pub use verify::{ShownDevice, VerifiedDevice};

pub(super) use authorities::Authorities;
pub(super) use challenge::Answer;

use std::time::Duration;

use crate::receipt::JwkSet;

/// What configuration says of devices.
#[derive(Clone, Debug)]
pub struct DeviceSettings {
    /// Life of a device's certificate.
    pub certificate_lifetime: Duration,
    /// Life of a list of revoked certificates; the next is made when half of it is over.
    pub list_lifetime: Duration,
    /// Life of a challenge.
    pub challenge_lifetime: Duration,
    /// Where the lists can be fetched, if certificates are to say it.
    pub list_url: Option<String>,
    /// The name that an authenticator shows beside offline codes.
    pub issuer: String,
    /// The keys of those who check faces; without any, no evidence of a face check is taken.
    pub verifiers: JwkSet,
}
