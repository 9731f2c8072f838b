//! Ways to reach the holder, and how they change: by which tier, through which states, and for which reasons a request
//! fails.
//!
//! Refuses to end a request without saying how: it is done, or it failed for a reason of the published list
//! (`docs/contacts.md`), each with its cure.

mod address;
mod change;
mod dispute;
mod failure;
mod link;
mod tier;

pub use address::{Contact, ContactKind, Email, Phone, mask_tail};
pub use change::{APPROVAL, AccountPrint, ChangeState, ContactChange, ContactPolicy, WrongChangeState};
pub use dispute::{Dispute, DisputeState, Ruling};
pub use failure::FailureReason;
pub use link::CancelLink;
pub use tier::{Beginner, Canceller, RULES, Tier, TierRule};
