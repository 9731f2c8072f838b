//! The acting part of `eid demo`: the people who use the service, played over real calls, each answer compared with the
//! one that the protocol promises.
//!
//! Owns the script and the printing. Starts no server, knows nothing of its insides, and refuses to judge by anything but
//! the answers: what a caller cannot see is not checked here.

mod administrator;
mod app;
mod authority;
mod captures;
mod cast;
mod closing;
mod company;
mod contacts;
mod counter;
mod documents;
mod explaining;
mod following;
mod hotline;
mod mailbox;
mod phones;
mod printing;
mod proposals;
mod renewal;
mod review;
mod stage;
mod step;
mod tally;

use std::io::Write;

pub(super) use app::wrong as mistyped;
pub use cast::Cast;
pub use company::Company;
pub use mailbox::{FileMailbox, Mailbox};
pub use tally::{Counts, Sum, Tally};

use crate::domain::time::Timestamp;
use crate::sys::Clock;
use stage::Stage;

/// What is to be played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Programme {
    /// Applicants who must be accepted; at least 6. Those who must fail come on top.
    pub applicants: usize,
    /// The same seed brings the same people, documents and numbers. On a store that is kept, take another one each time.
    pub seed: u64,
    /// When the applicants stand at the counter.
    pub now: Timestamp,
    /// Whether a terminal reads along: colours and progress bars.
    pub terminal: bool,
}

/// Plays the programme with the company drawn for it, and writes one line for each step to `out`. At the end, when weeks
/// are to pass, `clock` is moved: the one that the service under play reads.
///
/// # Errors
/// Only if `out` cannot be written to. An unexpected answer is printed and counted, and the play goes on.
pub async fn play(
    cast: Cast,
    programme: Programme,
    company: Company,
    mailbox: impl Mailbox,
    clock: &Clock,
    out: &mut impl Write,
) -> anyhow::Result<Tally> {
    let Company { crowd, rehearsed, misfits, documents, followed, people } = company;
    let mut stage = Stage::new(cast, programme, (crowd, people), (mailbox, clock), out);
    // Boxed: their futures hold whole applications.
    Box::pin(counter::capture(&mut stage, &rehearsed, &misfits)).await?;
    Box::pin(documents::read(&mut stage, documents)).await?;
    Box::pin(following::capture(&mut stage, followed)).await?;
    review::decide(&mut stage).await?;
    following::withdraw(&mut stage).await?;
    authority::decide(&mut stage).await?;
    following::come_back(&mut stage).await?;
    counter::look_up(&mut stage).await?;
    app::activate(&mut stage).await?;
    administrator::change_contacts(&mut stage).await?;
    phones::replace(&mut stage).await?;
    closing::take_stock(stage).await
}
