//! RSA with the keys of this folder, which everybody knows: PKCS#1 v1.5, PSS with any salt, ISO/IEC 9796-2 scheme 1.
//!
//! Keys are fixed because drawing them is slow; the files say that nobody may trust them. Variable in time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::practice::country::der;
use crate::practice::country::ec::Modulus;
use crate::practice::country::hash::Hash;

/// Length of a modulus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    /// 1024 bits: too short today.
    B1024,
    /// 2048 bits.
    B2048,
    /// 3072 bits.
    B3072,
    /// 4096 bits.
    B4096,
}

/// Whose key of a length it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Authority,
    Signer,
    Chip,
}

/// A private key of this folder.
pub(super) struct RsaKey {
    modulus: Modulus,
    n: Vec<u8>,
    e: Vec<u8>,
    d: Vec<u8>,
}

impl RsaKey {
    /// The key of that length for that owner. Of the shortest there is one only.
    pub(super) fn fixed(bits: Bits, owner: Owner) -> Self {
        let pem = match (bits, owner) {
            (Bits::B1024, _) => include_str!("keys/rsa_1024_a.pem"),
            (Bits::B2048, Owner::Authority) => include_str!("keys/rsa_2048_a.pem"),
            (Bits::B2048, Owner::Signer) => include_str!("keys/rsa_2048_b.pem"),
            (Bits::B2048, Owner::Chip) => include_str!("keys/rsa_2048_c.pem"),
            (Bits::B3072, Owner::Authority) => include_str!("keys/rsa_3072_a.pem"),
            (Bits::B3072, Owner::Signer | Owner::Chip) => include_str!("keys/rsa_3072_b.pem"),
            (Bits::B4096, Owner::Authority) => include_str!("keys/rsa_4096_a.pem"),
            (Bits::B4096, Owner::Signer | Owner::Chip) => include_str!("keys/rsa_4096_b.pem"),
        };
        let [n, e, d] = numbers(pem);
        Self { modulus: Modulus::new(&n), n, e, d }
    }

    /// SubjectPublicKeyInfo (RFC 3279, section 2.3.1).
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        let algorithm = der::sequence(&[&der::oid("1.2.840.113549.1.1.1"), &der::null()]);
        der::sequence(&[&algorithm, &der::bits(&self.public())])
    }

    /// RSAPublicKey.
    pub(super) fn public(&self) -> Vec<u8> {
        der::sequence(&[&der::unsigned(&self.n), &der::unsigned(&self.e)])
    }

    fn private(&self, encoded: &[u8]) -> Vec<u8> {
        self.modulus.power(encoded, &self.d)
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2); `with_null` is what the standard asks of the hash identifier.
    pub(super) fn pkcs1(&self, hash: Hash, message: &[u8], with_null: bool) -> Vec<u8> {
        let identifier = if with_null { hash.identifier_with_null() } else { hash.identifier() };
        let info = der::sequence(&[&identifier, &der::octets(&hash.digest(message))]);
        let padding = vec![0xFF; self.n.len().saturating_sub(info.len() + 3)];
        self.private(&[&[0, 1], padding.as_slice(), &[0], &info].concat())
    }

    /// RSASSA-PSS (RFC 8017, section 8.1) with MGF1 over the same hash. The salt follows from the message, so that the
    /// same seed brings the same bytes.
    pub(super) fn pss(&self, hash: Hash, message: &[u8], salt_bytes: usize) -> Vec<u8> {
        let digest = hash.digest(message);
        let salt = mask(hash, &[digest.as_slice(), b"salt"].concat(), salt_bytes);
        let h = hash.digest(&[&[0; 8], digest.as_slice(), &salt].concat());
        let block = [&[1], salt.as_slice()].concat();
        let padding = vec![0; self.n.len().saturating_sub(block.len() + h.len() + 1)];
        let db = [padding, block].concat();
        let mut encoded: Vec<_> = db.iter().zip(mask(hash, &h, db.len())).map(|(byte, mask)| byte ^ mask).collect();
        // The moduli fill their bytes, so the encoding has one bit less.
        if let Some(first) = encoded.first_mut() {
            *first &= 0x7F;
        }
        self.private(&[encoded.as_slice(), &h, &[0xBC]].concat())
    }

    /// ISO/IEC 9796-2 digital signature scheme 1 with partial recovery, as a chip answers a challenge (Doc 9303-11,
    /// section 6.1): the recoverable part fills what the modulus has room for.
    pub(super) fn iso9796(&self, hash: Hash, challenge: &[u8]) -> Vec<u8> {
        let trailer: &[u8] = match hash {
            Hash::Sha1 => &[0xBC],
            Hash::Sha224 => &[0x38, 0xCC],
            Hash::Sha256 => &[0x34, 0xCC],
            Hash::Sha384 => &[0x36, 0xCC],
            Hash::Sha512 => &[0x35, 0xCC],
        };
        let room = self.n.len().saturating_sub(1 + hash.bytes() + trailer.len());
        let own = mask(hash, &[challenge, b"nonce of the chip"].concat(), room);
        let digest = hash.digest(&[own.as_slice(), challenge].concat());
        self.private(&[&[0x6A], own.as_slice(), &digest, trailer].concat())
    }
}

/// MGF1 (RFC 8017, appendix B.2.1).
fn mask(hash: Hash, seed: &[u8], len: usize) -> Vec<u8> {
    let block = |counter: u32| hash.digest(&[seed, &counter.to_be_bytes()].concat());
    (0..).flat_map(block).take(len).collect()
}

/// Modulus, public and private exponent of a PKCS#8 key in PEM, big-endian and without leading zeros.
fn numbers(pem: &str) -> [Vec<u8>; 3] {
    let body = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let body: String = body.take_while(|line| !line.starts_with("-----END")).collect();
    let whole = STANDARD.decode(body).unwrap_or_default();
    let inside = |element: Option<&[u8]>| element.and_then(der::content).unwrap_or_default().to_vec();
    let key = inside(der::elements(&inside(Some(&whole))).nth(2));
    let key = inside(Some(&key));
    let number = |at| inside(der::elements(&key).nth(at)).into_iter().skip_while(|byte| *byte == 0).collect();
    [number(1), number(2), number(3)]
}

#[cfg(test)]
mod tests {
    use ring::signature::{self, UnparsedPublicKey};

    use super::*;

    #[test]
    fn what_is_signed_verifies_with_the_tls_provider() {
        for (bits, owner) in [
            (Bits::B2048, Owner::Authority),
            (Bits::B2048, Owner::Chip),
            (Bits::B3072, Owner::Signer),
            (Bits::B4096, Owner::Authority),
            (Bits::B4096, Owner::Signer),
        ] {
            let key = RsaKey::fixed(bits, owner);
            let verifies = |with, signature: &[u8]| {
                UnparsedPublicKey::new(with, key.public()).verify(b"sample", signature).is_ok()
            };
            assert!(verifies(&signature::RSA_PKCS1_2048_8192_SHA256, &key.pkcs1(Hash::Sha256, b"sample", true)));
            assert!(verifies(&signature::RSA_PKCS1_2048_8192_SHA512, &key.pkcs1(Hash::Sha512, b"sample", true)));
            assert!(!verifies(&signature::RSA_PKCS1_2048_8192_SHA256, &key.pkcs1(Hash::Sha256, b"sample", false)));
            assert!(verifies(&signature::RSA_PSS_2048_8192_SHA256, &key.pss(Hash::Sha256, b"sample", 32)));
            assert!(verifies(&signature::RSA_PSS_2048_8192_SHA384, &key.pss(Hash::Sha384, b"sample", 48)));
            assert!(!verifies(&signature::RSA_PSS_2048_8192_SHA384, &key.pss(Hash::Sha384, b"sample", 47)));
        }
    }

    #[test]
    fn an_answer_to_a_challenge_opens_to_header_digest_and_trailer() {
        for (hash, trailer) in [(Hash::Sha1, "bc"), (Hash::Sha256, "34cc"), (Hash::Sha512, "35cc")] {
            let key = RsaKey::fixed(Bits::B2048, Owner::Chip);
            let opened = key.modulus.power(&key.iso9796(hash, &[7; 8]), &key.e);
            let end = opened.len() - trailer.len() / 2;
            let (own, digest) = opened[1..end].split_at(end - 1 - hash.bytes());
            assert_eq!((opened[0], hex::encode(&opened[end..]).as_str()), (0x6A, trailer));
            assert_eq!(digest, hash.digest(&[own, &[7; 8]].concat()));
        }
    }
}
