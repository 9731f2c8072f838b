//! Active authentication: the chip signs a challenge of ours with a key that never leaves it (Doc 9303-11 section 6.1).
//!
//! Owns the two ways to sign: RSA with message recovery (ISO/IEC 9796-2, digital signature scheme 1) and ECDSA in plain
//! form. The challenge is drawn by us and used once; that is for the caller. Refuses a key that the state did not sign,
//! responses of another length than the key's, and recovered messages that differ from the one allowed form in any bit.

use thiserror::Error;

use super::files::CHALLENGE_LEN;
use super::groups::dg14::{self, ActiveAlgorithm};
use super::groups::dg15::{self, KeyGroupFault};
use super::groups::tlv::Fault;
use super::hash::Hash;
use super::key::{KeyAlgorithm, PublicKey};
use super::proven::ProvenGroup;
use super::scheme::Scheme;

/// Why active authentication does not prove the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ActiveFault {
    /// DG15 holds no key that can be used.
    #[error("the chip's key cannot be used")]
    Key(#[source] KeyGroupFault),
    /// DG14, which names the hash, cannot be read.
    #[error("the chip's security options cannot be read")]
    Options(#[source] Fault),
    /// The state chose an algorithm, or a length of the key, that is not known here.
    #[error("the chip signs in a way that is not known")]
    Algorithm,
    /// The response is not as long as a signature with this key.
    #[error("the response has another length than a signature with the chip's key")]
    Length,
    /// What the signature opens to has not the form of ISO/IEC 9796-2.
    #[error("the response opens to something that no chip signs")]
    Form,
    /// The signature is not one over this challenge.
    #[error("the response does not answer this challenge")]
    Wrong,
}

impl ActiveFault {
    /// Whether the chip failed, rather than that nothing can be said: only this makes it a copy.
    pub const fn disproves(&self) -> bool {
        matches!(self, Self::Length | Self::Form | Self::Wrong)
    }
}

/// Checks that `response` answers `challenge` with the key that the state signed in DG15. DG14 names the hash of an ECDSA
/// signature; an RSA signature carries its own.
pub fn verify(
    dg15: &ProvenGroup<'_>,
    dg14: Option<&ProvenGroup<'_>>,
    challenge: &[u8; CHALLENGE_LEN],
    response: &[u8],
) -> Result<(), ActiveFault> {
    ActiveKey::read(dg15.bytes(), dg14.map(ProvenGroup::bytes))?.answers(challenge, response)
}

/// A chip's key and how it signs, whoever wrote them: by itself it proves no chip.
#[derive(Debug)]
pub struct ActiveKey {
    key: PublicKey,
    algorithm: Option<ActiveAlgorithm>,
}

impl ActiveKey {
    /// Reads the files.
    pub fn read(dg15: &[u8], dg14: Option<&[u8]>) -> Result<Self, ActiveFault> {
        let key = dg15::read(dg15).map_err(ActiveFault::Key)?;
        // An RSA signature names its hash: nothing depends on DG14 then, and a fault in it must not matter.
        let algorithm = match (key.algorithm(), dg14) {
            (KeyAlgorithm::Ec(_), Some(file)) => {
                let infos = dg14::read(file).map_err(ActiveFault::Options)?;
                dg14::active_algorithm(&infos).map_err(ActiveFault::Options)?
            }
            _ => None,
        };
        Ok(Self { key, algorithm })
    }

    /// Checks that `response` is a signature over `challenge`.
    pub fn answers(&self, challenge: &[u8; CHALLENGE_LEN], response: &[u8]) -> Result<(), ActiveFault> {
        match self.key.algorithm() {
            KeyAlgorithm::Rsa { bits } => self.recovers(bits, challenge, response),
            KeyAlgorithm::Ec(curve) => {
                let named = match self.algorithm {
                    Some(ActiveAlgorithm::Ecdsa(hash)) => Some(hash),
                    Some(ActiveAlgorithm::Other(_)) => return Err(ActiveFault::Algorithm),
                    None => None,
                };
                if response.len() != 2 * curve.field_len() {
                    return Err(ActiveFault::Length);
                }
                let holds = |hash: &Hash| self.key.verify_plain(&Scheme::Ecdsa(*hash), challenge, response).is_ok();
                let right = named.map_or_else(|| UNNAMED.iter().any(holds), |hash| holds(&hash));
                right.then_some(()).ok_or(ActiveFault::Wrong)
            }
        }
    }

    /// ISO/IEC 9796-2 scheme 1 with partial recovery: the signature opens to `6A || M1 || H(M1 || M2) || trailer`, where
    /// the chip chose M1 and M2 is the challenge. M1 fills what is left, so the header has no padding.
    fn recovers(&self, bits: usize, challenge: &[u8], response: &[u8]) -> Result<(), ActiveFault> {
        // Header and trailer are defined for a modulus of whole bytes; no other is in use.
        if !bits.is_multiple_of(8) {
            return Err(ActiveFault::Algorithm);
        }
        if response.len() != bits / 8 {
            return Err(ActiveFault::Length);
        }
        let opened = self.key.rsa_public_operation(response).ok_or(ActiveFault::Form)?;
        opens_for(challenge, &opened)
    }
}

/// Whether a recovered message is one over the challenge.
fn opens_for(challenge: &[u8], opened: &[u8]) -> Result<(), ActiveFault> {
    let (chosen, hash, digest) = take_apart(opened).ok_or(ActiveFault::Form)?;
    if *hash.digest_parts(&[chosen, challenge]) == *digest { Ok(()) } else { Err(ActiveFault::Wrong) }
}

/// The first byte: partial recovery, no padding (ISO/IEC 9796-2 section 9.2.3).
const HEADER: u8 = 0x6A;

/// M1, the hash that the trailer names, and the digest.
fn take_apart(opened: &[u8]) -> Option<(&[u8], Hash, &[u8])> {
    let (&header, rest) = opened.split_first()?;
    // One byte BC stands for SHA-1 (Doc 9303-11 section 6.1.2); of two bytes, the first names the hash (ISO/IEC 10118-3).
    let (hash, rest) = match rest {
        [rest @ .., 0xBC] | [rest @ .., 0x33, 0xCC] => (Hash::Sha1, rest),
        [rest @ .., 0x34, 0xCC] => (Hash::Sha256, rest),
        [rest @ .., 0x35, 0xCC] => (Hash::Sha512, rest),
        [rest @ .., 0x36, 0xCC] => (Hash::Sha384, rest),
        [rest @ .., 0x38, 0xCC] => (Hash::Sha224, rest),
        _ => return None,
    };
    let (chosen, digest) = rest.split_at_checked(rest.len().checked_sub(hash.len())?)?;
    (header == HEADER).then_some((chosen, hash, digest))
}

/// Hashes that a chip may have used if DG14 names none, or was not read: whichever it was, only the key that the state
/// signed answers our challenge under it (Doc 9303-11 section 6.1.2).
const UNNAMED: [Hash; 5] = [Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha224, Hash::Sha1];

#[cfg(test)]
mod tests {
    use super::super::groups::tlv::writing::{element, nest};
    use super::*;
    use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
    use crypto_bigint::{BoxedUint, Odd, Resize as _};
    use der::asn1::ObjectIdentifier;
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer as _;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    const CHALLENGE: &[u8; CHALLENGE_LEN] = b"\x96\x30\x2B\x0F\x3D\x7E\x78\x64";
    const OTHER: &[u8; CHALLENGE_LEN] = b"\x96\x30\x2B\x0F\x3D\x7E\x78\x65";
    const SPKI_RSA: &str = "1.2.840.113549.1.1.1";

    fn oid(name: &str) -> Vec<u8> {
        element(0x06, ObjectIdentifier::new(name).unwrap().as_bytes())
    }

    fn key_group(algorithm: &[Vec<u8>], key: &[u8]) -> Vec<u8> {
        nest(0x6F, &[nest(0x30, &[nest(0x30, algorithm), element(0x03, &[&[0], key].concat())])])
    }

    /// 2^`bits` - 1.
    fn ones(bits: u32, precision: u32) -> BoxedUint {
        BoxedUint::one_with_precision(precision).shl(bits).wrapping_sub(BoxedUint::one_with_precision(precision))
    }

    /// An RSA key that everybody can compute: its primes are Mersenne's, 2^521 - 1 and 2^607 - 1 or 2^1279 - 1.
    struct Chip {
        modulus: BoxedUint,
        private: BoxedUint,
        len: usize,
    }

    impl Chip {
        const EXPONENT: u32 = 65537;

        fn new(first: u32, second: u32) -> Self {
            let bits = first + second;
            let precision = bits.next_multiple_of(64);
            let (p, q) = (ones(first, precision), ones(second, precision));
            let one = BoxedUint::one_with_precision(precision);
            let phi = p.wrapping_sub(&one).wrapping_mul(q.wrapping_sub(one));
            let exponent = BoxedUint::from(Self::EXPONENT).resize(precision);
            let private = exponent.invert_mod(&phi.to_nz().unwrap()).unwrap();
            Self { modulus: p.wrapping_mul(&q), private, len: usize::try_from(bits).unwrap().div_ceil(8) }
        }

        fn bytes(&self, number: &BoxedUint) -> Vec<u8> {
            let bytes = number.to_be_bytes();
            bytes[bytes.len() - self.len..].to_vec()
        }

        fn dg15(&self) -> Vec<u8> {
            let modulus = self.bytes(&self.modulus);
            let sign: &[u8] = if modulus[0] > 0x7F { &[0] } else { &[] };
            let modulus = element(0x02, &[sign, &modulus].concat());
            let key = nest(0x30, &[modulus, element(0x02, &Self::EXPONENT.to_be_bytes()[1..])]);
            key_group(&[oid(SPKI_RSA), element(0x05, &[])], &key)
        }

        fn sign(&self, message: &[u8]) -> Vec<u8> {
            let params = BoxedMontyParams::new(Odd::new(self.modulus.clone()).unwrap());
            let message = BoxedUint::from_be_slice(message, self.modulus.bits_precision()).unwrap();
            self.bytes(&BoxedMontyForm::new(message, &params).pow(&self.private).retrieve())
        }

        /// What a genuine chip signs.
        fn message(&self, hash: Hash, trailer: &[u8]) -> Vec<u8> {
            let chosen = vec![0x5A; self.len - 1 - hash.len() - trailer.len()];
            let digest = hash.digest_parts(&[&chosen, CHALLENGE]);
            [&[HEADER], chosen.as_slice(), &digest, trailer].concat()
        }
    }

    static CHIP: LazyLock<Chip> = LazyLock::new(|| Chip::new(521, 607));

    const TRAILERS: [(Hash, &[u8]); 6] = [
        (Hash::Sha1, &[0xBC]),
        (Hash::Sha1, &[0x33, 0xCC]),
        (Hash::Sha224, &[0x38, 0xCC]),
        (Hash::Sha256, &[0x34, 0xCC]),
        (Hash::Sha384, &[0x36, 0xCC]),
        (Hash::Sha512, &[0x35, 0xCC]),
    ];

    #[test]
    fn an_rsa_chip_proves_itself_with_each_hash_and_for_its_challenge_alone() {
        let key = ActiveKey::read(&CHIP.dg15(), None).unwrap();
        for (hash, trailer) in TRAILERS {
            let response = CHIP.sign(&CHIP.message(hash, trailer));
            assert_eq!(key.answers(CHALLENGE, &response), Ok(()), "{hash}");
            assert_eq!(key.answers(OTHER, &response), Err(ActiveFault::Wrong), "{hash}");
        }
    }

    #[test]
    fn a_recovered_message_that_differs_from_the_form_in_one_bit_is_refused() {
        for (hash, trailer) in TRAILERS {
            let good = CHIP.message(hash, trailer);
            assert_eq!(opens_for(CHALLENGE, &good), Ok(()));
            for bit in 0..good.len() * 8 {
                let mut changed = good.clone();
                changed[bit / 8] ^= 0x80 >> (bit % 8);
                assert!(opens_for(CHALLENGE, &changed).is_err_and(|fault| fault.disproves()), "{hash}, bit {bit}");
            }
        }
    }

    #[test]
    fn headers_of_full_recovery_or_padding_and_trailers_of_other_hashes_are_refused() {
        for (at, byte) in
            [(0, 0x4A), (0, 0x4B), (0, 0x6B), (0, 0x00), (139, 0x31), (139, 0x37), (140, 0xBC), (140, 0xCD)]
        {
            let mut message = CHIP.message(Hash::Sha256, &[0x34, 0xCC]);
            message[at] = byte;
            let fault = opens_for(CHALLENGE, &message).unwrap_err();
            // With BC alone the rest reads as SHA-1, and does not hold.
            assert_eq!(fault, if byte == 0xBC { ActiveFault::Wrong } else { ActiveFault::Form }, "{byte:02X} at {at}");
        }
    }

    #[test]
    fn a_response_of_another_length_or_beyond_the_modulus_is_refused() {
        let key = ActiveKey::read(&CHIP.dg15(), None).unwrap();
        let good = CHIP.sign(&CHIP.message(Hash::Sha1, &[0xBC]));
        for wrong in [vec![], good[1..].to_vec(), [&[0], good.as_slice()].concat(), vec![0; 10_000]] {
            assert_eq!(key.answers(CHALLENGE, &wrong), Err(ActiveFault::Length));
        }
        assert_eq!(key.answers(CHALLENGE, &vec![0xFF; CHIP.len]), Err(ActiveFault::Form));
        assert_eq!(key.answers(CHALLENGE, &vec![0; CHIP.len]), Err(ActiveFault::Form));
    }

    #[test]
    fn a_modulus_of_broken_bytes_is_not_known() {
        let chip = Chip::new(607, 1279);
        let key = ActiveKey::read(&chip.dg15(), None).unwrap();
        let fault = key.answers(CHALLENGE, &vec![1; chip.len]).unwrap_err();
        assert_eq!(fault, ActiveFault::Algorithm);
        assert!(!fault.disproves());
    }

    fn curve_chip() -> (SigningKey, Vec<u8>) {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let point = key.verifying_key().to_sec1_bytes();
        let file = key_group(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")], &point);
        (key, file)
    }

    fn options(algorithm: &str) -> Vec<u8> {
        let info = nest(0x30, &[oid("2.23.136.1.1.5"), element(0x02, &[1]), oid(algorithm)]);
        nest(0x6E, &[nest(0x31, &[info])])
    }

    #[test]
    fn a_chip_with_a_curve_signs_in_plain_form_with_the_hash_that_dg14_names() {
        let (key, dg15) = curve_chip();
        let signature: p256::ecdsa::Signature = key.sign(CHALLENGE);
        let plain = signature.to_bytes();
        for (dg14, outcome) in [
            (None, Ok(())),
            (Some(options("0.4.0.127.0.7.1.1.4.1.3")), Ok(())),
            (Some(options("0.4.0.127.0.7.1.1.4.1.4")), Err(ActiveFault::Wrong)),
            (Some(options("0.4.0.127.0.7.1.1.4.1.6")), Err(ActiveFault::Algorithm)),
            (Some(vec![0x6E, 0]), Err(ActiveFault::Options(Fault::Missing(0x31)))),
        ] {
            let read = ActiveKey::read(&dg15, dg14.as_deref());
            assert_eq!(read.and_then(|key| key.answers(CHALLENGE, &plain)), outcome);
        }
        let read = ActiveKey::read(&dg15, None).unwrap();
        assert_eq!(read.answers(OTHER, &plain), Err(ActiveFault::Wrong));
        assert_eq!(read.answers(CHALLENGE, signature.to_der().as_bytes()), Err(ActiveFault::Length));
        assert_eq!(read.answers(CHALLENGE, &[0; 64]), Err(ActiveFault::Wrong));
    }

    #[test]
    fn options_that_cannot_be_read_do_not_matter_to_rsa_and_another_file_is_no_key() {
        let response = CHIP.sign(&CHIP.message(Hash::Sha256, &[0x34, 0xCC]));
        let broken = [0x6E, 0x85];
        let read = ActiveKey::read(&CHIP.dg15(), Some(&broken)).unwrap();
        assert_eq!(read.answers(CHALLENGE, &response), Ok(()));
        let fault = ActiveKey::read(&options("0.4.0.127.0.7.1.1.4.1.3"), None).unwrap_err();
        assert!(matches!(fault, ActiveFault::Key(KeyGroupFault::File(_))) && !fault.disproves());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_response_makes_it_panic_and_none_is_taken(response in prop::collection::vec(any::<u8>(), 141)) {
                let key = ActiveKey::read(&CHIP.dg15(), None).unwrap();
            prop_assert!(key.answers(CHALLENGE, &response).is_err());
        }
    }
}
