//! `eid keys`: the key ring that personal data is sealed, receipts are signed and certificates of devices are issued with.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use crate::device_ca::AuthorityKey;
use crate::domain::device::AuthorityId;
use crate::receipt::KeyId;
use crate::sys::Dice;
use crate::vault::{KeyRing, Vault};

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
    /// Adds a key that signs receipts from now on
    ///
    /// Every ring signs receipts from its first day; this takes a fresh key for those to
    /// come, every few years or when somebody who knew the ring has left. Receipts signed
    /// before stay genuine, and `eid receipt keys` gives both keys. What is sealed and found
    /// again is not touched. Start every process of the service anew afterwards.
    ///
    /// The file as it was stays beside it as FILE.old: remove it once the new one works.
    #[command(verbatim_doc_comment, after_help = "Example:\n  eid keys rotate-receipt /var/lib/eid/keys.json")]
    RotateReceipt {
        /// The key ring, which vault.keys names
        file: PathBuf,
    },
    /// Adds a key that issues certificates to devices from now on
    ///
    /// Take one every few years, before the authority's own certificate ends, or when somebody
    /// who knew the ring has left. Certificates issued before stay good to their end, within
    /// days, and `eid device crl` gives the lists of both. Start every process of the service
    /// anew afterwards, all with the same file.
    ///
    /// The file as it was stays beside it as FILE.old: remove it once the new one works.
    #[command(verbatim_doc_comment, after_help = "Example:\n  eid keys rotate-device /var/lib/eid/keys.json")]
    RotateDevice {
        /// The key ring, which vault.keys names
        file: PathBuf,
    },
}

pub(super) fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::New { file } => {
            let made = KeyRing::generate(&Dice::system()).write_new(file);
            made.with_context(|| format!("no key ring was made at {}", file.display()))?;
            writeln!(out, "Made {}. Name it as vault.keys, and keep a copy elsewhere.", file.display())?;
        }
        Command::RotateReceipt { file } => {
            let key = rotate_receipt(file).with_context(|| format!("{} was left as it is", file.display()))?;
            writeln!(out, "Receipts are signed with the key {key} from the next start on.")?;
            copy_anew(file, out)?;
        }
        Command::RotateDevice { file } => {
            let key = rotate_device(file).with_context(|| format!("{} was left as it is", file.display()))?;
            writeln!(out, "Certificates of devices are issued by the authority {key} from the next start on.")?;
            copy_anew(file, out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn copy_anew(file: &Path, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "Copy {} anew to wherever it is kept, and remove {}.old.", file.display(), file.display())
}

fn rotate_receipt(file: &Path) -> anyhow::Result<KeyId> {
    let vault = rotated(file, |ring| ring.rotate_receipt(&Dice::system()))?;
    Ok(vault.receipt_key().clone())
}

fn rotate_device(file: &Path) -> anyhow::Result<AuthorityId> {
    let vault = rotated(file, |ring| ring.rotate_device(&Dice::system()))?;
    let newest = vault.device_authorities().last().map(AuthorityKey::id);
    newest.context("the ring has no key for devices")
}

/// Puts the ring with one more key in the place of the file.
fn rotated(file: &Path, rotate: impl FnOnce(&mut KeyRing)) -> anyhow::Result<Vault> {
    let mut ring = KeyRing::read(file)?;
    rotate(&mut ring);
    let vault = Vault::new(&ring, Dice::system())?;
    ring.replace(file).context("the folder cannot be written, or holds a .old or .new of an earlier time")?;
    Ok(vault)
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

    #[test]
    fn a_key_for_devices_is_added_behind_those_that_were_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys.json");
        let ids = || {
            let vault = Vault::new(&KeyRing::read(&file).unwrap(), Dice::seeded(1)).unwrap();
            vault.device_authorities().iter().map(AuthorityKey::id).collect::<Vec<_>>()
        };
        run(&Command::New { file: file.clone() }, &mut Vec::new()).unwrap();
        let before = ids();
        let mut out = Vec::new();
        run(&Command::RotateDevice { file: file.clone() }, &mut out).unwrap();
        let after = ids();
        assert_eq!((before.len(), after.len(), before[0]), (1, 2, after[0]));
        assert!(String::from_utf8(out).unwrap().contains(&after[1].to_string()));
    }

    #[test]
    fn a_key_for_receipts_is_added_beside_those_that_were_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys.json");
        let vault = || Vault::new(&KeyRing::read(&file).unwrap(), Dice::seeded(1)).unwrap();
        run(&Command::New { file: file.clone() }, &mut Vec::new()).unwrap();
        let before = vault();
        let mut out = Vec::new();
        run(&Command::RotateReceipt { file: file.clone() }, &mut out).unwrap();
        let after = vault();
        assert!(String::from_utf8(out).unwrap().contains(after.receipt_key().as_str()));
        assert_ne!(before.receipt_key(), after.receipt_key());
        assert!(after.receipt_keys().find(before.receipt_key()).is_some());
        assert_eq!(before.namespace(), after.namespace());
        let refused = format!("{:#}", run(&Command::RotateReceipt { file }, &mut Vec::new()).unwrap_err());
        assert!(refused.contains("left as it is") && refused.contains(".old"), "{refused}");
    }
}
