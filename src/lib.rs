//! Issues level-2 electronic identities (eID) to foreigners.

pub mod domain;
pub mod limits;
pub mod proto;
pub mod sys;
