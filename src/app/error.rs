//! Why a use case did not do what it was asked. Outcomes that a good client meets are not here: they are answers.

use crate::archive::ArchiveError;
use crate::domain::calendar::CalendarLacks;
use crate::domain::contact::WrongChangeState;
use crate::domain::enrolment::{CannotDecide, CannotWithdraw, NotReturned};
use crate::domain::review::CannotReview;
use crate::domain::staff::MayNot;
use crate::domain::text::Malformed;
use crate::domain::trust::WasInForce;
use crate::domain::working_list::CannotResume;
use crate::store::StoreError;
use crate::vault::DoesNotOpen;

/// Why a use case failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or not the caller's: the two look the same.
    #[error("{0} not found")]
    NotFound(Missing),
    /// The request id was used before, with another content.
    #[error("the request id was used for another content")]
    RequestIdReused,
    /// The request's stage does not allow the decision.
    #[error("the decision is refused")]
    CannotDecide(#[from] CannotDecide),
    /// A review that the request's stage, the reviewer or the rules named do not allow.
    #[error(transparent)]
    CannotReview(#[from] CannotReview),
    /// A withdrawal that the request's stage does not allow.
    #[error(transparent)]
    CannotWithdraw(#[from] CannotWithdraw),
    /// A correction of a request that was not returned.
    #[error(transparent)]
    NotReturned(#[from] NotReturned),
    /// Another proposal about the same target waits.
    #[error("another proposal about this waits")]
    AnotherProposalWaits,
    /// The caller's role does not look for people by such a value.
    #[error("the role does not look for people by this")]
    SearchNotAllowed,
    /// The identification number belongs to another account.
    #[error("the identification number is taken")]
    NumberTaken,
    /// The contact change's state does not allow the verb.
    #[error("the contact change is not pending")]
    WrongChangeState(#[from] WrongChangeState),
    /// Trust material was put in force and cannot be rejected.
    #[error("the trust material was put in force")]
    WasInForce(#[from] WasInForce),
    /// The calendar in force does not hold a year in which a deadline falls.
    #[error(transparent)]
    CalendarLacks(#[from] CalendarLacks),
    /// A watcher cannot go on from where it stood.
    #[error(transparent)]
    CannotResume(#[from] CannotResume),
    /// The caller watches often enough already, or the process has as many watchers as it takes.
    #[error("there are too many watchers")]
    TooManyWatchers,
    /// The service stops, or the call watched long enough: it goes on with the next one.
    #[error("this call has watched long enough")]
    WatchEnded,
    /// The caller's days without a call are over.
    #[error("the caller was idle for too long")]
    StaffIdle,
    /// The caller has another role or office than when the stream was opened.
    #[error("the caller's rights were changed")]
    RightsChanged,
    /// The caller does not manage the entry.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// The entry is not as it was seen.
    #[error("the entry was changed")]
    StaffChanged,
    /// Nobody could manage the directory any more.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// Another entry has the certificate.
    #[error("the certificate is in the directory")]
    CertificateTaken,
    /// The caller was taken out of the directory while watching.
    #[error("the caller is not in the directory any more")]
    NoLongerKnown,
    /// The caller's office ended while watching, and no other took its place.
    #[error("the office has ended")]
    OfficeEnded,
    /// A value is well formed but not acceptable under this configuration.
    #[error("field {field} is not acceptable")]
    Field {
        /// Path of the field in the request.
        field: &'static str,
        /// What is wrong with it.
        fault: Malformed,
    },
    /// The workstation's name is used by another office.
    #[error("the workstation is another office's")]
    WorkstationElsewhere,
    /// Others kept changing the same records.
    #[error("others are changing the same records")]
    Contended,
    /// The database cannot be asked.
    #[error("the store is not available")]
    Unavailable(#[source] StoreError),
    /// The archive cannot be asked.
    #[error("the archive is not available")]
    ArchiveUnavailable(#[source] ArchiveError),
    /// A record cannot be read, or a sealed value does not open.
    #[error("a record cannot be read")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What was not found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// A request.
    Enrolment,
    /// An account.
    Account,
    /// A contact change.
    ContactChange,
    /// A proposal, or one that is not the caller's business.
    Proposal,
    /// A file of trust material.
    TrustMaterial,
    /// An office, or one that is not the caller's business.
    Office,
    /// Immigration records, of which this service keeps none.
    Registry,
    /// A device.
    Device,
    /// A proof in person.
    Proof,
    /// A ground that locks an account.
    Lock,
    /// An order of an authority.
    Order,
    /// A dispute over a number.
    Dispute,
    /// An entry of the staff directory.
    Staff,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Enrolment => "enrolment",
            Self::Account => "account",
            Self::ContactChange => "contact change",
            Self::Proposal => "proposal",
            Self::TrustMaterial => "trust material",
            Self::Office => "office",
            Self::Registry => "registry",
            Self::Device => "device",
            Self::Proof => "proof in person",
            Self::Lock => "lock",
            Self::Order => "order",
            Self::Dispute => "dispute over a number",
            Self::Staff => "staff entry",
        })
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error),
            StoreError::Changed => Self::Contended,
            // A use case that expects a value to be taken has handled it; here it is an identifier drawn twice.
            StoreError::Taken(_) | StoreError::Corrupt { .. } => Self::Broken(Box::new(error)),
        }
    }
}

impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Unavailable(_) => Self::ArchiveUnavailable(error),
            ArchiveError::TooLarge => Self::Broken(Box::new(error)),
        }
    }
}

impl From<DoesNotOpen> for Error {
    fn from(error: DoesNotOpen) -> Self {
        Self::Broken(Box::new(error))
    }
}
