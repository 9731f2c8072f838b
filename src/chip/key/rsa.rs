//! RSA keys: ring for what it accepts, the public operation of RFC 8017 section 5.2.2 for the rest.
//!
//! Owns the bounds of modulus and exponent. Nothing secret passes here, so nothing need be constant in time.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents};

use super::{KeyFault, SignatureFault, padding};
use crate::chip::hash::Hash;
use crate::chip::scheme::Scheme;

/// Modulus and exponent, big-endian and without leading zeros.
#[derive(Clone)]
pub(super) struct RsaKey {
    n: Box<[u8]>,
    e: Box<[u8]>,
    bits: usize,
    only_pss: Option<OnlyPss>,
}

/// What a key of the algorithm `id-RSASSA-PSS` may sign.
#[derive(Clone, Copy)]
pub(super) enum OnlyPss {
    /// RSASSA-PSS with any parameters.
    Any,
    /// RSASSA-PSS with these hashes and a salt at least so long.
    With(Scheme),
}

/// Bounds of a modulus, in bits.
const BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

/// The longest exponent that FIPS 186-5 appendix A.1.1 allows, in bytes.
const EXPONENT_BYTES_MAX: usize = 32;

impl RsaKey {
    /// Reads `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, RFC 8017 appendix A.1.1.
    pub(super) fn read(der: &[u8], only_pss: Option<OnlyPss>) -> Result<Self, KeyFault> {
        let read = || {
            let mut reader = SliceReader::new(der)?;
            let both = reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
            reader.finish(both)
        };
        let (n, e) = read().map_err(|_| KeyFault::Malformed)?;
        let (n, e) = (n.as_bytes(), e.as_bytes());
        let bits = bit_len(n);
        if !BITS.contains(&bits) {
            return Err(KeyFault::ModulusSize(bits));
        }
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        if !odd(n) || !odd(e) || e == [1] || e.len() > EXPONENT_BYTES_MAX {
            return Err(KeyFault::Rsa);
        }
        Ok(Self { n: n.into(), e: e.into(), bits, only_pss })
    }

    pub(super) const fn bits(&self) -> usize {
        self.bits
    }

    /// RSASSA-PKCS1-V1_5-VERIFY, RFC 8017 section 8.2.2.
    pub(super) fn verify_pkcs1(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        if self.only_pss.is_some() {
            return Err(SignatureFault::SchemeMismatch);
        }
        let parameters = match hash {
            Hash::Sha1 => Some(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
            Hash::Sha256 => Some(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
            Hash::Sha384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            Hash::Sha512 => Some(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
            Hash::Sha224 => None,
        };
        if self.by_ring(parameters, message, signature) {
            return Ok(());
        }
        let encoded = self.encoded(signature)?;
        padding::verify_pkcs1(hash, &hash.digest(message), &encoded)
    }

    /// RSASSA-PSS-VERIFY, RFC 8017 section 8.1.2.
    pub(super) fn verify_pss(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        let Scheme::RsaPss { hash, mgf, salt_len } = *scheme else { return Err(SignatureFault::SchemeMismatch) };
        if let Some(OnlyPss::With(Scheme::RsaPss { hash: own_hash, mgf: own_mgf, salt_len: own_salt })) = self.only_pss
            && (hash != own_hash || mgf != own_mgf || salt_len < own_salt)
        {
            return Err(SignatureFault::SchemeMismatch);
        }
        let parameters = match hash {
            Hash::Sha256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Hash::Sha384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
            Hash::Sha512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
            Hash::Sha1 | Hash::Sha224 => None,
        };
        let usual = mgf == hash && salt_len == hash.len();
        if self.by_ring(parameters.filter(|_| usual), message, signature) {
            return Ok(());
        }
        let encoded = self.encoded(signature)?;
        padding::verify_pss(hash, mgf, salt_len, &hash.digest(message), &encoded, self.bits - 1)
    }

    /// Whether ring finds that the signature holds. Its no says nothing: it also refuses key sizes and exponents.
    fn by_ring(&self, parameters: Option<&RsaParameters>, message: &[u8], signature: &[u8]) -> bool {
        let components = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        parameters.is_some_and(|parameters| components.verify(parameters, message, signature).is_ok())
    }

    /// The encoded message of a signature that is exactly as long as the modulus.
    fn encoded(&self, signature: &[u8]) -> Result<Vec<u8>, SignatureFault> {
        let whole = Some(signature).filter(|signature| signature.len() == self.n.len());
        whole.and_then(|signature| self.public_operation(signature)).ok_or(SignatureFault::Wrong)
    }

    /// `signature ^ e mod n`, as long as the modulus.
    pub(super) fn public_operation(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let precision = u32::try_from(self.n.len() * 8).ok()?;
        let read = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, precision).ok();
        let (n, s) = (read(&self.n)?, read(signature)?);
        if s >= n {
            return None;
        }
        let exponent = BoxedUint::from_be_slice_vartime(&self.e);
        let exponent_bits = u32::try_from(bit_len(&self.e)).ok()?;
        let params = BoxedMontyParams::new_vartime(Odd::new(n).into_option()?);
        let power = BoxedMontyForm::new(s, &params).pow_bounded_exp(&exponent, exponent_bits).retrieve();
        let bytes = power.to_be_bytes();
        // Limbs are whole words: the number itself is at the end.
        bytes.len().checked_sub(self.n.len()).and_then(|start| bytes.get(start..)).map(<[u8]>::to_vec)
    }
}

/// Bits of a big-endian number without leading zero bytes.
fn bit_len(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
