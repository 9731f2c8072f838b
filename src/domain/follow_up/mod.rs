//! Following up on accounts that were issued: how far each has come towards use, why it stands still, who should act, and
//! when its holder is reminded.
//!
//! Owns the funnel, the obstacles and the reminders' days. Refuses to guess: what no carrier, app or holder told is left
//! empty, and whatever does not move has a reason and somebody who can do something about it.

mod funnel;
mod obstacle;
mod reminder;
mod shelf;

pub use funnel::{Funnel, Milestone, NoticeState, Pace, Way};
pub use obstacle::{Helper, Obstacle};
pub(super) use reminder::waking;
pub use reminder::{BadDays, Look, Reminded, ReminderDays};
pub use shelf::{ListPlace, Shelf};
