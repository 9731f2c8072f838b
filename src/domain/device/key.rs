//! Public keys of devices: P-256 or Ed25519, in the one form of DER that each has.
//!
//! Refuses every other kind, every other encoding, points that are on no curve, and the points of Ed25519 for which anyone
//! can make a signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::text::Malformed;

const WRONG_KEY: Malformed = Malformed::new(
    "Not a key that a device can have. Send the SubjectPublicKeyInfo in DER of a P-256 key, uncompressed, or of an Ed25519 key.",
    "Không phải khóa thiết bị hợp lệ. Hãy gửi SubjectPublicKeyInfo dạng DER của khóa P-256 (không nén) hoặc Ed25519.",
);
const WRONG_THUMBPRINT: Malformed = Malformed::new(
    "Not a key's thumbprint. Send the 32 bytes of SHA-256 over the key's SubjectPublicKeyInfo.",
    "Không phải dấu vân tay khóa. Hãy gửi 32 byte SHA-256 của SubjectPublicKeyInfo.",
);

/// What stands before the point of a P-256 key: RFC 5480 sections 2.1.1 and 2.2, uncompressed.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before the point of an Ed25519 key: RFC 8410 section 4.
const ED25519_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The points of Ed25519 whose order divides eight, in every encoding, the sign aside.
const ED25519_WEAK: [[u8; 32]; 7] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    near_the_prime(0xec),
    near_the_prime(0xed),
    near_the_prime(0xee),
];

/// The prime of the field but for its lowest byte.
const fn near_the_prime(lowest: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (lowest, 0x7f);
    bytes
}

/// A device's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceKey {
    spki: Vec<u8>,
    kind: KeyKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    P256,
    Ed25519,
}

impl DeviceKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// If it is of another kind or form, or a point that no key may be.
    pub fn parse(spki: &[u8]) -> Result<Self, Malformed> {
        let kind = match (spki.strip_prefix(&P256_HEAD), spki.strip_prefix(&ED25519_HEAD)) {
            (Some(point), _) if is_on_p256(point) => KeyKind::P256,
            (_, Some(point)) if is_strong_ed25519(point) => KeyKind::Ed25519,
            _ => return Err(WRONG_KEY),
        };
        Ok(Self { spki: spki.to_vec(), kind })
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Its name.
    pub fn thumbprint(&self) -> KeyThumbprint {
        KeyThumbprint(Sha256::digest(&self.spki).into())
    }

    /// Whether `signature` is this key's under `message`: ECDSA over SHA-256 in DER, or Ed25519.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.kind {
            KeyKind::P256 => {
                let point = self.spki.get(P256_HEAD.len()..).unwrap_or_default();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            KeyKind::Ed25519 => {
                let point = self.spki.get(ED25519_HEAD.len()..).unwrap_or_default();
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            KeyKind::P256 => "DeviceKey(P-256)",
            KeyKind::Ed25519 => "DeviceKey(Ed25519)",
        })
    }
}

fn is_on_p256(point: &[u8]) -> bool {
    point.len() == 65 && p256::PublicKey::from_sec1_bytes(point).is_ok()
}

fn is_strong_ed25519(point: &[u8]) -> bool {
    let Ok(mut bytes) = <[u8; 32]>::try_from(point) else { return false };
    if let Some(highest) = bytes.last_mut() {
        *highest &= 0x7f;
    }
    !ED25519_WEAK.contains(&bytes)
}

/// The name of a key: SHA-256 over its SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyThumbprint([u8; 32]);

impl KeyThumbprint {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// If they are more or fewer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        bytes.try_into().map(Self).map_err(|_| WRONG_THUMBPRINT)
    }

    /// Reads base64url without padding, as [`fmt::Display`] writes it.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse_text(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| WRONG_THUMBPRINT)?;
        Self::parse(&bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// In base64url without padding: 43 characters.
impl fmt::Display for KeyThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for KeyThumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyThumbprint(…)")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use p256::ecdsa::signature::Signer as _;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    /// A key of each kind with what signs for it.
    pub(in crate::domain::device) fn ed25519(seed: u8) -> (DeviceKey, impl Fn(&[u8]) -> Vec<u8>) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let spki = [&ED25519_HEAD[..], pair.public_key().as_ref()].concat();
        (DeviceKey::parse(&spki).unwrap(), move |message: &[u8]| pair.sign(message).as_ref().to_vec())
    }

    pub(in crate::domain::device) fn p256(seed: u8) -> (DeviceKey, impl Fn(&[u8]) -> Vec<u8>) {
        let signing = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
        let spki = [&P256_HEAD[..], signing.verifying_key().to_sec1_point(false).as_bytes()].concat();
        let sign = move |message: &[u8]| {
            let signature: p256::ecdsa::Signature = signing.sign(message);
            signature.to_der().as_bytes().to_vec()
        };
        (DeviceKey::parse(&spki).unwrap(), sign)
    }

    #[test]
    fn both_kinds_verify_their_own_signatures_and_nobody_elses() {
        let ((ed, sign_ed), (ec, sign_ec)) = (ed25519(1), p256(1));
        assert!(ed.verifies(b"text", &sign_ed(b"text")) && ec.verifies(b"text", &sign_ec(b"text")));
        assert!(!ed.verifies(b"other", &sign_ed(b"text")) && !ec.verifies(b"other", &sign_ec(b"text")));
        assert!(!ed.verifies(b"text", &sign_ec(b"text")) && !ec.verifies(b"text", &sign_ed(b"text")));
        assert!(!ed25519(2).0.verifies(b"text", &sign_ed(b"text")));
        assert!(!ed.verifies(b"text", b"") && !ec.verifies(b"text", &[0; 64]));
    }

    #[test]
    fn a_key_of_another_kind_or_form_is_refused() {
        let (ed, ec) = (ed25519(1).0, p256(1).0);
        let mut off_the_curve = ec.spki().to_vec();
        *off_the_curve.last_mut().unwrap() ^= 1;
        let compressed = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap().verifying_key().to_sec1_point(true);
        let mut compressed = [&P256_HEAD[..], compressed.as_bytes()].concat();
        (compressed[1], compressed[24]) = (0x39, 0x22);
        let p384 = hex::decode("3076301006072a8648ce3d020106052b8104002203620004").unwrap();
        let trailing = [ed.spki(), &[0]].concat();
        for wrong in [&off_the_curve, &compressed, &p384, &trailing, &Vec::new(), &ec.spki()[..90].to_vec()] {
            assert_eq!(DeviceKey::parse(wrong), Err(WRONG_KEY), "{}", hex::encode(wrong));
        }
        assert!(DeviceKey::parse(&[&P256_HEAD[..], &[0x04; 65]].concat()).is_err());
    }

    #[test]
    fn points_for_which_anyone_can_sign_are_refused_whatever_their_sign() {
        // R is the neutral point and S is zero: under such a key that is a signature of many messages.
        let mut forged = [0; 64];
        forged[0] = 1;
        let mut verified = 0;
        for weak in ED25519_WEAK {
            for sign in [0, 0x80] {
                let mut point = weak;
                point[31] |= sign;
                assert!(DeviceKey::parse(&[&ED25519_HEAD[..], &point].concat()).is_err());
                let key = UnparsedPublicKey::new(&ED25519, point);
                verified += u32::from((0..64_u8).any(|message| key.verify(&[message], &forged).is_ok()));
            }
        }
        assert!(verified >= 5, "{verified}: the list is of points for which this works");
    }

    #[test]
    fn a_thumbprint_is_read_back_and_neither_it_nor_a_key_prints() {
        let key = p256(3).0;
        let text = key.thumbprint().to_string();
        assert_eq!((text.len(), KeyThumbprint::parse_text(&text)), (43, Ok(key.thumbprint())));
        assert_eq!(KeyThumbprint::parse(key.thumbprint().as_bytes()), Ok(key.thumbprint()));
        assert!(KeyThumbprint::parse(&[0; 31]).is_err() && KeyThumbprint::parse_text("x").is_err());
        assert_eq!(format!("{key:?} {:?}", key.thumbprint()), "DeviceKey(P-256) KeyThumbprint(…)");
    }
}
