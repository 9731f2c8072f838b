//! `eid keys`: the key ring that personal data is sealed with.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use crate::sys::Dice;
use crate::vault::KeyRing;

/// `eid keys`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes a new key ring
    ///
    /// The file is readable by its owner alone and is never overwritten: what a ring has
    /// sealed, no other ring opens. Keep a copy in another place, as safe as the first.
    #[command(verbatim_doc_comment, after_help = "Example:\n  eid keys new /var/lib/eid/keys.json")]
    New {
        /// The file to make; its folder must be there
        file: PathBuf,
    },
}

pub(super) fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Command::New { file } = command;
    let made = KeyRing::generate(&Dice::system()).write_new(file);
    made.with_context(|| format!("no key ring was made at {}", file.display()))?;
    writeln!(out, "Made {}. Name it as vault.keys, and keep a copy elsewhere.", file.display())?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_made_once_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let command = Command::New { file: dir.path().join("keys.json") };
        let mut out = Vec::new();
        assert_eq!(run(&command, &mut out).unwrap(), ExitCode::SUCCESS);
        assert!(KeyRing::read(&dir.path().join("keys.json")).is_ok());
        let refused = format!("{:#}", run(&command, &mut out).unwrap_err());
        assert!(refused.contains("keys.json") && refused.contains("exists"), "{refused}");
    }
}
