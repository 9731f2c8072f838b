//! Keys that seal what lies outside the database: one for each person's captures, itself sealed by the vault.
//!
//! Owns sealing under such a key. To destroy it is to destroy everything it sealed, wherever copies of that may be.

use std::fmt;

use ::ring::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{DoesNotOpen, Place};
use crate::domain::sealed::Sealed;
use crate::sys::Dice;

/// First byte of what such a key sealed: the layout of what follows (nonce, ciphertext and tag).
const LAYOUT: u8 = 1;
const KEY_LEN: usize = 32;

/// A key of its own, AES-256-GCM. Written as base64, into what the vault seals and nowhere else.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Zeroizing<String>", into = "Zeroizing<String>")]
pub struct DataKey(Zeroizing<[u8; KEY_LEN]>);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl Clone for DataKey {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl DataKey {
    /// A fresh key.
    pub fn generate(dice: &Dice) -> Self {
        Self(Zeroizing::new(dice.bytes()))
    }

    /// Seals `clear` for one place.
    ///
    /// # Errors
    /// If the value is larger than AES-GCM takes (64 GiB).
    pub fn seal(&self, place: Place, clear: &[u8], dice: &Dice) -> Result<Sealed, DoesNotOpen> {
        let nonce: [u8; NONCE_LEN] = dice.bytes();
        let mut text = clear.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place.aad(), &mut text)
            .map_err(|_| DoesNotOpen)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + text.len());
        bytes.push(LAYOUT);
        bytes.extend(nonce);
        bytes.extend(text);
        Ok(Sealed::from_bytes(bytes))
    }

    /// Opens a value sealed for that place under this key.
    ///
    /// # Errors
    /// If it was sealed for another place or under another key, or was changed.
    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (&[LAYOUT], rest) = sealed.as_bytes().split_at_checked(1).ok_or(DoesNotOpen)? else {
            return Err(DoesNotOpen);
        };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        let clear = self.cipher()?.open_in_place(nonce, place.aad(), &mut text).map_err(|_| DoesNotOpen)?.len();
        text.truncate(clear);
        Ok(text)
    }

    fn cipher(&self) -> Result<LessSafeKey, DoesNotOpen> {
        UnboundKey::new(&AES_256_GCM, self.0.as_slice()).map(LessSafeKey::new).map_err(|_| DoesNotOpen)
    }
}

impl From<DataKey> for Zeroizing<String> {
    fn from(key: DataKey) -> Self {
        Self::new(STANDARD.encode(key.0.as_slice()))
    }
}

impl TryFrom<Zeroizing<String>> for DataKey {
    type Error = DoesNotOpen;

    fn try_from(text: Zeroizing<String>) -> Result<Self, DoesNotOpen> {
        let bytes = Zeroizing::new(STANDARD.decode(text.as_str()).map_err(|_| DoesNotOpen)?);
        <[u8; KEY_LEN]>::try_from(bytes.as_slice()).map(|key| Self(Zeroizing::new(key))).map_err(|_| DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PLACE: Place = Place { table: "capture", column: "face", row: Uuid::from_u128(1) };

    #[test]
    fn what_a_data_key_sealed_opens_in_its_place_and_under_that_key_only() {
        let dice = Dice::seeded(1);
        let (key, other) = (DataKey::generate(&dice), DataKey::generate(&dice));
        let sealed = key.seal(PLACE, b"a face", &dice).unwrap();
        assert_eq!(key.open(PLACE, &sealed).unwrap().as_slice(), b"a face");
        assert_eq!(other.open(PLACE, &sealed), Err(DoesNotOpen));
        for elsewhere in [Place { column: "fingerprint", ..PLACE }, Place { row: Uuid::from_u128(2), ..PLACE }] {
            assert_eq!(key.open(elsewhere, &sealed), Err(DoesNotOpen));
        }
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert_eq!(key.open(PLACE, &Sealed::from_bytes(bytes)), Err(DoesNotOpen));
            let cut = sealed.as_bytes()[..at].to_vec();
            assert_eq!(key.open(PLACE, &Sealed::from_bytes(cut)), Err(DoesNotOpen));
        }
    }

    #[test]
    fn a_data_key_is_written_to_be_sealed_and_never_printed() {
        let (dice, sealed_by) = (Dice::seeded(1), Dice::seeded(2));
        let key = DataKey::generate(&dice);
        let written = serde_json::to_string(&key).unwrap();
        let read: DataKey = serde_json::from_str(&written).unwrap();
        let sealed = key.seal(PLACE, b"a face", &sealed_by).unwrap();
        assert!(read.open(PLACE, &sealed).is_ok());
        assert!(serde_json::from_str::<DataKey>("\"c2hvcnQ=\"").is_err());
        assert_eq!(format!("{key:?}"), "DataKey(…)");
    }
}
