//! The text form of a receipt: a JSON Web Signature in compact serialization (RFC 7515), signed with Ed25519 (RFC 8037).
//!
//! Owns signing and reading. What is read is exactly what is written: one algorithm, one type, no other member in the
//! header, so that nothing in the text can choose how it is checked (RFC 8725 sections 3.1 and 3.11). Refuses texts beyond
//! a bound before looking into them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::content::{ContentHash, PlainDigest, Salt};
use super::digits::{from_digits, to_digits};
use super::key::{JwkSet, KeyId, SIGNATURE_BYTES, SigningKey};
use super::verdict::NotGenuine;

/// Longest text that is looked into, in either form; a receipt has about 440 characters, and twice as many digits.
pub const TEXT_BYTES_MAX: usize = 4 << 10;

/// The algorithm, as RFC 8037 section 3.1 names it.
const ALGORITHM: &str = "EdDSA";
/// The type, which keeps receipts apart from whatever else may be signed.
const TYPE: &str = "eid-receipt+jwt";

/// A receipt as it is handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed(String);

impl Signed {
    /// A text that was signed before, as the store kept it.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that a QR code holds, digits alone.
    pub fn to_digits(&self) -> String {
        to_digits(&self.0)
    }

    /// Name of the key that it says it is signed with; `None` if it has not the form of a receipt.
    pub fn key_id(&self) -> Option<KeyId> {
        self.0.split('.').next().and_then(|header| read_header(header, TYPE).ok())
    }

    /// What it says, without asking who signed it: for texts that were never out of our hands.
    pub fn claims(&self) -> Option<Claims> {
        let payload = self.0.split('.').nth(1)?;
        Claims::from_json(&URL_SAFE_NO_PAD.decode(payload).ok()?)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed(…)")
    }
}

/// A receipt that was signed by one of the keys given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Genuine {
    /// What it says.
    pub claims: Claims,
    /// Which key signed it.
    pub key: KeyId,
}

impl Genuine {
    /// Whether it is the receipt of this content.
    ///
    /// # Errors
    /// [`NotGenuine::OtherContent`].
    pub fn of(&self, salt: Salt, content: PlainDigest) -> Result<(), NotGenuine> {
        (ContentHash::new(salt, content) == self.claims.content).then_some(()).ok_or(NotGenuine::OtherContent)
    }
}

/// The header. A member beside these is refused, `crit` among them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Signs `claims`. The same claims under the same key give the same text: Ed25519 draws nothing.
pub fn sign(claims: &Claims, key: &SigningKey) -> Signed {
    Signed(seal(&claims.to_json(), TYPE, key))
}

/// Signs a payload of any type, in the form that [`open`] opens.
pub fn seal(payload: &[u8], kind: &str, key: &SigningKey) -> String {
    let header = Header { alg: ALGORITHM.to_owned(), kid: key.public().id().to_string(), typ: kind.to_owned() };
    // Texts always serialise.
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap_or_default());
    let mut text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
    text.push('.');
    text.push_str(&signature);
    text
}

/// Reads a receipt, in its text form or in digits, as a scanner or a clipboard gives it: white space counts for nothing.
///
/// # Errors
/// If it is not one that a key of `keys` has signed.
pub fn read(text: &str, keys: &JwkSet) -> Result<Genuine, NotGenuine> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(NotGenuine::TooLong);
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect();
    let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let text = if digits { from_digits(&text).ok_or(NotGenuine::NotAReceipt)? } else { text };
    let (payload, key) = open(&text, TYPE, keys)?;
    let claims = Claims::from_json(&payload).ok_or(NotGenuine::NotUnderstood)?;
    Ok(Genuine { claims, key })
}

/// Opens a signed text of any type: its payload, and which key signed it. Whoever calls bounds the text.
///
/// # Errors
/// If it is not of that type, or not one that a key of `keys` has signed.
pub fn open(text: &str, kind: &str, keys: &JwkSet) -> Result<(Vec<u8>, KeyId), NotGenuine> {
    let parts = parts(text).ok_or(NotGenuine::NotAReceipt)?;
    if is_one_case(text) {
        return Err(NotGenuine::OneCase);
    }
    let kid = read_header(parts.header, kind)?;
    let key = keys.find(&kid).ok_or_else(|| NotGenuine::UnknownKey(kid.clone()))?;
    // Non-canonical base64 is refused by the decoder, so that one signature has one text.
    let signature = URL_SAFE_NO_PAD.decode(parts.signature).map_err(|_| NotGenuine::Altered)?;
    if signature.len() != SIGNATURE_BYTES || !key.verifies(parts.signed.as_bytes(), &signature) {
        return Err(NotGenuine::Altered);
    }
    let payload = URL_SAFE_NO_PAD.decode(parts.payload).map_err(|_| NotGenuine::Altered)?;
    Ok((payload, kid))
}

struct Parts<'a> {
    /// Header and payload: what the signature is of.
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// The three parts of the compact serialization, RFC 7515 section 7.1.
fn parts(text: &str) -> Option<Parts<'_>> {
    let plain = text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'));
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let three = !payload.contains('.') && [header, payload, signature].iter().all(|part| !part.is_empty());
    (plain && three).then_some(Parts { signed, header, payload, signature })
}

/// Whether capitals and small letters are no longer told apart. Of a receipt's letters by the hundred, both occur.
fn is_one_case(text: &str) -> bool {
    !text.bytes().any(|c| c.is_ascii_lowercase()) || !text.bytes().any(|c| c.is_ascii_uppercase())
}

/// The key that a header names, if it is a header of that type.
fn read_header(header: &str, kind: &str) -> Result<KeyId, NotGenuine> {
    let json = URL_SAFE_NO_PAD.decode(header).map_err(|_| NotGenuine::NotAReceipt)?;
    if serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_err() {
        return Err(NotGenuine::NotAReceipt);
    }
    let header: Header = serde_json::from_slice(&json).map_err(|_| NotGenuine::AnotherKind)?;
    let ours = header.alg == ALGORITHM && header.typ == kind;
    ours.then(|| KeyId::parse(&header.kid)).flatten().ok_or(NotGenuine::AnotherKind)
}

#[cfg(test)]
#[path = "jws/tests.rs"]
mod tests;
