//! Working lists: which requests a list shows, where its pages end, and how far a watcher has been told.
//!
//! Owns the filter, and what the tokens of pages and watchers hold. Refuses a token that was made for another list or
//! another office rather than answer something else than was asked.

mod filter;
mod page;
mod place;

pub use super::token::EventPrint;
pub use filter::Filter;
pub use page::{ListName, NOT_A_PAGE_TOKEN, PageEnd};
pub use place::{CURSORS_MAX, CannotResume, Cursor, Place};
