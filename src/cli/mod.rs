//! What the program does on the command line.

pub mod client;
pub mod demo;
pub mod migrate;
pub mod play;
pub mod serve;
pub mod staff;
