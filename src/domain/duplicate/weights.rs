//! What each likeness is worth: the weights of the comparison, as data.
//!
//! A weight says how much likelier two requests of one person look so than requests of two persons, in tenths of a bit
//! (log2 of the ratio, as Fellegi and Sunter add them). They were set on generated populations whose seeds are not those
//! of the published figures (`docs/duplicates.md`). Nothing else of the comparison decides.

use super::compare::{Aspect, Likeness};

/// From this sum on two requests are likely to be one person's, and a supervisor looks at them.
pub const LIKELY: i32 = 140;

/// Weights by what is compared and how alike it is. What is not listed is worth nothing.
pub const WEIGHTS: &[(Aspect, Likeness, i32)] = &[
    (Aspect::Name, Likeness::Same, 90),
    (Aspect::Name, Likeness::Transliterated, 85),
    (Aspect::Name, Likeness::OrderDiffers, 80),
    (Aspect::Name, Likeness::Divided, 80),
    (Aspect::Name, Likeness::Truncated, 75),
    (Aspect::Name, Likeness::PartMissing, 50),
    (Aspect::Name, Likeness::Initials, 45),
    (Aspect::Name, Likeness::Similar, 50),
    (Aspect::Name, Likeness::PartSimilar, 25),
    (Aspect::Name, Likeness::PartDiffers, -40),
    (Aspect::Name, Likeness::Differs, -120),
    (Aspect::Birth, Likeness::Same, 110),
    (Aspect::Birth, Likeness::Partial, 60),
    (Aspect::Birth, Likeness::Swapped, 65),
    (Aspect::Birth, Likeness::Similar, 40),
    (Aspect::Birth, Likeness::Differs, -90),
    (Aspect::Sex, Likeness::Same, 10),
    (Aspect::Sex, Likeness::Differs, -60),
    (Aspect::Nationality, Likeness::Same, 15),
    (Aspect::Nationality, Likeness::Differs, -10),
    (Aspect::Passport, Likeness::Same, 150),
    (Aspect::Passport, Likeness::Renewed, 120),
    (Aspect::Passport, Likeness::IssuedTogether, -70),
    (Aspect::Card, Likeness::Same, 150),
    (Aspect::Representative, Likeness::Same, -10),
];

/// Taken off the name's weight if it has few letters: a short name is shared by many. By the letters of the shorter one.
pub const SHORT_NAMES: &[(usize, i32)] = &[(7, 20), (9, 10)];

/// What a likeness is worth.
pub(super) fn weight(aspect: Aspect, likeness: Likeness) -> i32 {
    WEIGHTS.iter().find(|row| (row.0, row.1) == (aspect, likeness)).map_or(0, |row| row.2)
}

/// What is taken off for a short name.
pub(super) fn shortness(letters: usize) -> i32 {
    SHORT_NAMES.iter().find(|(most, _)| letters <= *most).map_or(0, |(_, off)| *off)
}
