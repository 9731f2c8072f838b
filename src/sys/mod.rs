//! The two things the rest of the program must not reach for by itself: the time and the dice.
//!
//! Owns the injected [`Clock`] and [`Dice`]. Refuses to be global: whoever needs one is handed one.

mod clock;
mod dice;

pub use clock::Clock;
pub use dice::Dice;
