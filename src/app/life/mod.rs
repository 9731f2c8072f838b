//! The life of accounts after their issue: their documents, what locks them, their end.
//!
//! Whether an account can be used is read from its own row. That of an account from a release before has no documents yet:
//! until they are entered, they are read from the request at each reading.

mod closing;
mod lift;
mod locks;
mod look;
mod names;
mod orders;
mod papers;
mod update;

pub use closing::{Close, Closing};
pub use lift::Lift;
pub use locks::{LifeView, LockedNow, Owned, ShownLock};
pub use orders::{Filing, OrderPage, OrderView, Stepped};
pub use update::{ShownPapers, UpdateEffect, Updated};
