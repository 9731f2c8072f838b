//! Machine readable zones (Doc 9303-3 section 4): reading the five formats, what their cells say, and how a typed name
//! stands to the one in the zone.
//!
//! A [`Zone`] that exists is well formed. Whether its check digits hold, and whether it agrees with what was typed or
//! with the chip, are questions of their own. A zone is never changed: what may have been misread is suggested beside it.

mod dates;
mod deviations;
mod digits;
mod format;
mod names;
mod repair;
mod shape;
mod spelling;
mod transliteration;
mod zone;

pub use dates::PartialDate;
pub use deviations::{DEVIATIONS, Deviation, Kind};
pub use digits::{Digit, Verdict};
pub use format::Format;
pub use names::{NameMatch, agree};
pub use repair::{misplaced, suggest};
pub use transliteration::spellings;
pub use zone::{Part, Zone};

#[cfg(test)]
mod tests;
