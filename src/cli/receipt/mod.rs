//! `eid receipt`: the receipts that offices hand out, checked by anyone, away from the service.
//!
//! Owns what can be asked and the exit code; what is genuine is for the room `receipt` to say. Checking asks nobody.

mod input;
mod keys;
mod report;
mod verify;

pub(super) use keys::{Keys, keys};
pub(super) use verify::{Verify, verify};

use clap::Subcommand;

/// Where the public keys are, unless somebody says otherwise: development mode writes them there.
const PRACTICE_KEYS: &str = "eid-dev/receipt-keys.json";

/// `eid receipt`.
// No Debug: a salt is an argument.
#[derive(Subcommand)]
pub(super) enum Command {
    Verify(Verify),
    Keys(Keys),
}
