//! What the program does on the command line.

pub mod demo;
