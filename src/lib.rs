//! Issues level-2 electronic identities (eID) to foreigners.

pub mod cli;
pub mod domain;
pub mod practice;
pub mod proto;
pub mod sys;
