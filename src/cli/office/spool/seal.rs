//! The key of a workstation's spool: what lies in the folder is sealed with it.
//!
//! AES-256-GCM with random nonces; what is sealed for one place opens nowhere else. Whoever has the key can read what waits
//! to be sent, and nobody else can: the service does not know it.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::sys::Dice;

/// First byte of what is sealed: the layout of what follows (nonce, ciphertext and tag).
const LAYOUT: u8 = 1;
const KEY_LEN: usize = 32;
/// A key's file holds one line.
const FILE_BYTES_MAX: u64 = 256;

/// The key of one spool.
pub(super) struct SpoolKey {
    sealing: LessSafeKey,
    naming: hmac::Key,
}

/// The value was sealed for another place or under another key, or was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it was sealed with another key or for another place, or was changed")]
pub(super) struct DoesNotOpen;

impl fmt::Debug for SpoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpoolKey(…)")
    }
}

impl SpoolKey {
    /// Makes a key and its file, mode 0600, whole or not at all. A key that is there stays.
    pub(super) fn make(path: &Path, dice: &Dice) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let text = Zeroizing::new(STANDARD.encode(Zeroizing::new(dice.bytes::<KEY_LEN>()).as_slice()) + "\n");
        // The library makes the file readable by its owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.error.into()),
        }
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// Reads a key from a file that only its owner may read.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read the key {}", path.display()))?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!("the key {} can be read by others (mode {mode:o}); take that away: chmod 600", path.display());
        }
        let mut text = Zeroizing::new(String::new());
        let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text);
        let key = read.ok().and_then(|_| STANDARD.decode(text.trim_end()).ok().map(Zeroizing::new));
        let key = key.and_then(|key| Self::derived(&key));
        key.with_context(|| format!("{} holds no key of a spool", path.display()))
    }

    /// Two keys of the one that is kept: one seals, the other names.
    fn derived(root: &[u8]) -> Option<Self> {
        let root: [u8; KEY_LEN] = root.try_into().ok()?;
        let root = Salt::new(HKDF_SHA256, b"eid office spool").extract(&root);
        let key = |info: &[&[u8]]| -> Option<Zeroizing<[u8; KEY_LEN]>> {
            let mut key = Zeroizing::new([0; KEY_LEN]);
            root.expand(info, HKDF_SHA256).ok()?.fill(key.as_mut_slice()).ok()?;
            Some(key)
        };
        let sealing = UnboundKey::new(&AES_256_GCM, key(&[b"seal"])?.as_slice()).ok()?;
        let naming = hmac::Key::new(hmac::HMAC_SHA256, key(&[b"name"])?.as_slice());
        Some(Self { sealing: LessSafeKey::new(sealing), naming })
    }

    /// Seals `clear` for `place`.
    pub(super) fn seal(&self, place: &[u8], clear: &[u8], dice: &Dice) -> Result<Vec<u8>, DoesNotOpen> {
        let nonce: [u8; NONCE_LEN] = dice.bytes();
        let mut text = clear.to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.sealing.seal_in_place_append_tag(nonce_used, Aad::from(place), &mut text).map_err(|_| DoesNotOpen)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + text.len());
        bytes.push(LAYOUT);
        bytes.extend(nonce);
        bytes.extend(text);
        Ok(bytes)
    }

    /// Opens what was sealed for `place`.
    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (&[LAYOUT], rest) = sealed.split_at_checked(1).ok_or(DoesNotOpen)? else { return Err(DoesNotOpen) };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        let clear = self.sealing.open_in_place(nonce, Aad::from(place), &mut text).map_err(|_| DoesNotOpen)?.len();
        text.truncate(clear);
        Ok(text)
    }

    /// A UUID (version 8, RFC 9562) of the content: the same content gets the same one here, and nobody without the key can
    /// tell which content it is of.
    pub(super) fn name(&self, content: &[u8]) -> Uuid {
        let tag = hmac::sign(&self.naming, content);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// Bytes that say what a sealed value belongs to: its kind, the workstation, and where it stands.
pub(super) fn place(kind: &str, workstation: &str, at: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(kind.len() + workstation.len() + 40);
    for part in [kind, workstation] {
        bytes.extend(part.as_bytes());
        bytes.push(0);
    }
    for part in at {
        bytes.extend(*part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(dir: &Path, name: &str) -> SpoolKey {
        SpoolKey::make(&dir.join(name), &Dice::system()).unwrap();
        SpoolKey::read(&dir.join(name)).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_and_under_its_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (key(dir.path(), "a"), key(dir.path(), "b"));
        let sealed = ours.seal(b"here", b"a passport", &Dice::system()).unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"passport"));
        assert_eq!(ours.open(b"here", &sealed).unwrap().as_slice(), b"a passport");
        assert_eq!(ours.open(b"there", &sealed), Err(DoesNotOpen));
        assert_eq!(other.open(b"here", &sealed), Err(DoesNotOpen));
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1;
            assert_eq!(ours.open(b"here", &bytes), Err(DoesNotOpen));
            assert_eq!(ours.open(b"here", &sealed[..at]), Err(DoesNotOpen));
        }
        assert_eq!(format!("{ours:?}"), "SpoolKey(…)");
    }

    #[test]
    fn a_key_is_its_owners_alone_and_stays_when_it_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let first = key(dir.path(), "key").name(b"x");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(key(dir.path(), "key").name(b"x"), first);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let exposed = format!("{:#}", SpoolKey::read(&path).unwrap_err());
        assert!(exposed.contains("chmod 600") && exposed.contains("640"), "{exposed}");
        for wrong in ["", "c2hvcnQ=", "no base64"] {
            std::fs::remove_file(&path).unwrap();
            SpoolKey::make(&path, &Dice::system()).unwrap();
            std::fs::write(&path, wrong).unwrap();
            assert!(format!("{:#}", SpoolKey::read(&path).unwrap_err()).contains("holds no key"));
        }
    }

    #[test]
    fn a_name_is_that_of_its_content_and_needs_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (key(dir.path(), "a"), key(dir.path(), "b"));
        assert_eq!(ours.name(b"one"), ours.name(b"one"));
        assert_ne!(ours.name(b"one"), ours.name(b"two"));
        assert_ne!(ours.name(b"one"), other.name(b"one"));
        assert_eq!(ours.name(b"one").get_version_num(), 8);
    }
}
