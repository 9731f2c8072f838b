//! The rules. No async, no I/O, no clock, no dice: time and chance come in as arguments.

pub mod staff;
pub mod time;
