//! The key ring: versioned sealing keys, the root of the index keys, and the keys of receipts and of the authority for devices
//! that were added since, in a file that only its owner, and perhaps its group, may read.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sys::Dice;

/// Why a key ring cannot be used. Never shows what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file cannot be read or written.
    #[error("the key file cannot be read or written")]
    Io(#[from] io::Error),
    /// Others may read it, or its group write it.
    #[error("the key file is open to others (mode {mode:o}); take that away: chmod 600")]
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
    /// It is not a key ring.
    #[error("the key file is not a key ring; make one with `eid keys new FILE`")]
    Unreadable,
    /// It has no key for its current version.
    #[error("the key ring has no key for its current version")]
    NoCurrentKey,
}

/// Keys by version, and which of them seals.
pub struct KeyRing {
    current: u32,
    sealing: BTreeMap<u32, Key>,
    index_root: Key,
    /// Seeds of the keys that receipts are signed with, oldest first, beside the one that the root gives.
    receipt: Vec<Key>,
    /// Seeds of the keys of the authority for devices, in the same way.
    device: Vec<Key>,
}

type Key = Zeroizing<[u8; 32]>;

/// Bits that nobody but the owner, and the group for reading, may have: a mounted Secret of Kubernetes belongs to root, and
/// the service reads it by its group.
const EXPOSED: u32 = 0o027;

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} versions)", self.sealing.len())
    }
}

/// The file's form: JSON, keys in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    current: u32,
    sealing: BTreeMap<u32, Zeroizing<String>>,
    index_root: Zeroizing<String>,
    /// Absent until a key is added: the release before receipts reads such a file too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    receipt: Vec<Zeroizing<String>>,
    /// The same for the authority for devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    device: Vec<Zeroizing<String>>,
}

impl KeyRing {
    /// A fresh ring with one version.
    pub fn generate(dice: &Dice) -> Self {
        let key = || Zeroizing::new(dice.bytes());
        let (receipt, device) = (Vec::new(), Vec::new());
        Self { current: 1, sealing: BTreeMap::from([(1, key())]), index_root: key(), receipt, device }
    }

    /// Adds a version that seals from now on. What was sealed before still opens.
    pub fn rotate(&mut self, dice: &Dice) {
        let newest = self.sealing.last_key_value().map_or(0, |(version, _)| *version);
        self.current = newest.saturating_add(1);
        self.sealing.insert(self.current, Zeroizing::new(dice.bytes()));
    }

    /// Adds a key that signs receipts from now on. Receipts signed before stay genuine.
    pub fn rotate_receipt(&mut self, dice: &Dice) {
        self.receipt.push(Zeroizing::new(dice.bytes()));
    }

    /// Adds a key that issues certificates to devices from now on. Those issued before stay good to their end.
    pub fn rotate_device(&mut self, dice: &Dice) {
        self.device.push(Zeroizing::new(dice.bytes()));
    }

    /// Reads a ring from a file that only its owner, and perhaps its group, may read.
    ///
    /// # Errors
    /// If the file is missing, exposed or no key ring.
    pub fn read(path: &Path) -> Result<Self, KeyFault> {
        let file = std::fs::File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & EXPOSED != 0 {
            return Err(KeyFault::Exposed { mode });
        }
        let text = Zeroizing::new(io::read_to_string(file)?);
        let file: File = serde_json::from_str(&text).map_err(|_| KeyFault::Unreadable)?;
        let sealing = file.sealing.iter().map(|(version, key)| Ok((*version, decode(key)?)));
        Ok(Self {
            current: file.current,
            sealing: sealing.collect::<Result<_, KeyFault>>()?,
            index_root: decode(&file.index_root)?,
            receipt: file.receipt.iter().map(|key| decode(key)).collect::<Result<_, _>>()?,
            device: file.device.iter().map(|key| decode(key)).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the ring to a new file, mode 0600.
    ///
    /// # Errors
    /// If the file exists: a ring is never overwritten, what it sealed could not be opened again.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFault> {
        let text = self.to_text()?;
        let mut to = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        to.write_all(text.as_bytes())?;
        to.sync_all()?;
        Ok(())
    }

    /// Puts the ring, which was read from `path` and has more keys since, in its place: whole or not at all. The file
    /// that it was read from stays beside it under the name with `.old` until somebody removes it.
    ///
    /// # Errors
    /// If a file with `.new` or `.old` is there from before, or the folder cannot be written.
    pub fn replace(&self, path: &Path) -> Result<(), KeyFault> {
        let beside = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            std::path::PathBuf::from(name)
        };
        let (new, old) = (beside(".new"), beside(".old"));
        std::fs::hard_link(path, &old)?;
        self.write_new(&new)?;
        std::fs::rename(&new, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// The file's form.
    fn to_text(&self) -> Result<Zeroizing<String>, KeyFault> {
        let encode = |key: &Key| Zeroizing::new(STANDARD.encode(key.as_slice()));
        let file = File {
            current: self.current,
            sealing: self.sealing.iter().map(|(version, key)| (*version, encode(key))).collect(),
            index_root: encode(&self.index_root),
            receipt: self.receipt.iter().map(encode).collect(),
            device: self.device.iter().map(encode).collect(),
        };
        serde_json::to_string_pretty(&file).map(Zeroizing::new).map_err(|_| KeyFault::Unreadable)
    }

    pub(super) fn current(&self) -> u32 {
        self.current
    }

    pub(super) fn sealing(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.sealing.iter().map(|(version, key)| (*version, key.as_slice()))
    }

    pub(super) fn index_root(&self) -> &[u8] {
        self.index_root.as_slice()
    }

    pub(super) fn receipt(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.receipt.iter().map(|key| &**key)
    }

    pub(super) fn device(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.device.iter().map(|key| &**key)
    }
}

fn decode(text: &str) -> Result<Key, KeyFault> {
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyFault::Unreadable)?);
    <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| KeyFault::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_read_back_as_it_was_written_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        let ring = KeyRing::generate(&Dice::seeded(1));
        ring.write_new(&path).unwrap();
        assert!(matches!(ring.write_new(&path), Err(KeyFault::Io(_))));
        let read = KeyRing::read(&path).unwrap();
        assert_eq!(read.index_root(), ring.index_root());
        assert_eq!(read.sealing().collect::<Vec<_>>(), ring.sealing().collect::<Vec<_>>());
    }

    #[test]
    fn a_key_for_receipts_is_added_in_place_and_the_former_file_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        KeyRing::generate(&Dice::seeded(1)).write_new(&path).unwrap();
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(!before.contains("receipt"), "the release before reads a new ring too");
        let mut ring = KeyRing::read(&path).unwrap();
        ring.rotate_receipt(&Dice::seeded(2));
        ring.replace(&path).unwrap();
        let read = KeyRing::read(&path).unwrap();
        assert_eq!(read.receipt().count(), 1);
        assert_eq!(read.receipt().collect::<Vec<_>>(), ring.receipt().collect::<Vec<_>>());
        assert_eq!(read.index_root(), ring.index_root());
        assert_eq!(std::fs::read_to_string(dir.path().join("keys.json.old")).unwrap(), before);
        assert!(!dir.path().join("keys.json.new").exists());
        assert!(matches!(ring.replace(&path), Err(KeyFault::Io(_))), "a former file that is still there is not lost");
    }

    #[test]
    fn a_file_that_others_can_read_or_the_group_can_write_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        KeyRing::generate(&Dice::seeded(1)).write_new(&path).unwrap();
        let read = |bits| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
            KeyRing::read(&path)
        };
        for open in [0o644, 0o604, 0o660] {
            assert!(matches!(read(open), Err(KeyFault::Exposed { mode }) if mode == open), "{open:o}");
        }
        assert!(read(0o440).is_ok(), "a Secret that is mounted for the group of a pod");
    }

    #[test]
    fn a_broken_file_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.json");
        for text in ["", "{}", "secret", r#"{"current":1,"sealing":{"1":"c2VjcmV0"},"index_root":"c2VjcmV0"}"#] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let fault = KeyRing::read(&path).unwrap_err();
            assert!(!format!("{fault} {fault:?}").contains("secret"));
        }
    }
}
