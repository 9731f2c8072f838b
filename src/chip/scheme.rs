//! Signature schemes: how a hash and a key make a signature, read from an `AlgorithmIdentifier` (RFC 4055, RFC 5758).
//!
//! Owns the list of schemes and refuses the rest: DSA, EdDSA, MD5, PSS with another mask than MGF1.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::hash::Hash;

/// A signature scheme with all its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5, RFC 8017 section 8.2.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, RFC 8017 section 8.1.
    RsaPss {
        /// Hash of the message.
        hash: Hash,
        /// Hash of the mask generation function MGF1.
        mgf: Hash,
        /// Length of the salt, in bytes.
        salt_len: usize,
    },
    /// ECDSA, BSI TR-03111 section 4.2.1.
    Ecdsa(Hash),
}

/// Why an `AlgorithmIdentifier` names no scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeFault {
    /// It is not DER of an algorithm identifier, or its parameters are not what the algorithm asks for.
    #[error("the signature algorithm cannot be read")]
    Malformed,
    /// It names an algorithm that no passport may use.
    #[error("the signature algorithm {0} is not known")]
    Unknown(ObjectIdentifier),
    /// It names a key algorithm alone, and nothing else tells the hash.
    #[error("the signature algorithm tells no hash")]
    NoHash,
    /// PSS parameters ask for what RFC 4055 does not allow, or for a salt longer than any modulus.
    #[error("the parameters of RSASSA-PSS are not allowed")]
    Pss,
}

/// `rsaEncryption`, RFC 3279 section 2.3.1: a kind of key, and of signatures that name their hash elsewhere.
pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-RSASSA-PSS`, RFC 4055 section 3.1: the same.
pub(super) const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// `id-ecPublicKey`, RFC 5480 section 2.1.1: the same.
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// Algorithms that name their hash themselves: RFC 4055, RFC 5758, BSI TR-03111 section 5.2.1.1 (ecdsa-plain is not for
/// certificates and is not here).
const NAMED: &[(ObjectIdentifier, Scheme)] = &[
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), Scheme::RsaPkcs1(Hash::Sha1)),
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), Scheme::RsaPkcs1(Hash::Sha1)),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14"), Scheme::RsaPkcs1(Hash::Sha224)),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), Scheme::RsaPkcs1(Hash::Sha256)),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), Scheme::RsaPkcs1(Hash::Sha384)),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), Scheme::RsaPkcs1(Hash::Sha512)),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), Scheme::Ecdsa(Hash::Sha1)),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1"), Scheme::Ecdsa(Hash::Sha224)),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), Scheme::Ecdsa(Hash::Sha256)),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), Scheme::Ecdsa(Hash::Sha384)),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Scheme::Ecdsa(Hash::Sha512)),
];

/// A salt can be no longer than the largest modulus: 8192 bits.
const SALT_MAX: u32 = 1024;

impl Scheme {
    /// Reads an `AlgorithmIdentifier` in DER. `digest` is the digest algorithm that a `SignerInfo` names beside it: it
    /// completes the forms `rsaEncryption` and `id-ecPublicKey`, which name no hash (RFC 3370 section 3.2), and changes
    /// no other.
    pub fn read(algorithm_identifier_der: &[u8], digest: Option<Hash>) -> Result<Self, SchemeFault> {
        let mut outer = SliceReader::new(algorithm_identifier_der).map_err(|_| SchemeFault::Malformed)?;
        let (oid, parameters) = read_identifier(&mut outer).map_err(|_| SchemeFault::Malformed)?;
        if !outer.is_finished() {
            return Err(SchemeFault::Malformed);
        }
        if oid == RSA_PSS {
            return Self::from_pss(parameters);
        }
        if oid == RSA_ENCRYPTION {
            return digest.map(Self::RsaPkcs1).ok_or(SchemeFault::NoHash);
        }
        if oid == EC_PUBLIC_KEY {
            return digest.map(Self::Ecdsa).ok_or(SchemeFault::NoHash);
        }
        let named = NAMED.iter().find(|(known, _)| *known == oid);
        named.map(|(_, scheme)| *scheme).ok_or(SchemeFault::Unknown(oid))
    }

    /// The hash of the message.
    pub const fn hash(self) -> Hash {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss { hash, .. } | Self::Ecdsa(hash) => hash,
        }
    }

    /// Its name, without the hash: `RSASSA-PSS`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1(_) => "RSASSA-PKCS1-v1_5",
            Self::RsaPss { .. } => "RSASSA-PSS",
            Self::Ecdsa(_) => "ECDSA",
        }
    }

    /// `RSASSA-PSS-params`, RFC 4055 section 3.1: what is absent has its default, SHA-1 and a salt of 20 bytes.
    pub(super) fn from_pss(parameters: Option<AnyRef<'_>>) -> Result<Self, SchemeFault> {
        let Some(parameters) = parameters.filter(|any| any.tag() != Tag::Null) else {
            return Ok(Self::RsaPss { hash: Hash::Sha1, mgf: Hash::Sha1, salt_len: 20 });
        };
        let read = parameters.sequence(|reader| {
            let hash = explicit(reader, 0, read_identifier)?;
            let mask = explicit(reader, 1, read_identifier)?;
            let salt_len = explicit(reader, 2, u32::decode)?;
            let trailer = explicit(reader, 3, u32::decode)?;
            Ok((hash, mask, salt_len, trailer))
        });
        let (hash, mask, salt_len, trailer) = read.map_err(|_| SchemeFault::Malformed)?;
        let hash = hash.map_or(Ok(Hash::Sha1), |(oid, _)| Hash::from_oid(&oid).ok_or(SchemeFault::Unknown(oid)))?;
        let mgf = match mask {
            None => Hash::Sha1,
            Some((MGF1, Some(inner))) => read_mask_hash(inner)?,
            Some(_) => return Err(SchemeFault::Pss),
        };
        let salt_len = salt_len.unwrap_or(20);
        if trailer.unwrap_or(1) != 1 || salt_len > SALT_MAX {
            return Err(SchemeFault::Pss);
        }
        Ok(Self::RsaPss { hash, mgf, salt_len: usize::try_from(salt_len).map_err(|_| SchemeFault::Pss)? })
    }
}

/// The hash within the parameters of MGF1, itself an `AlgorithmIdentifier`.
fn read_mask_hash(inner: AnyRef<'_>) -> Result<Hash, SchemeFault> {
    let oid = inner.sequence(|reader| {
        let oid = ObjectIdentifier::decode(reader)?;
        Option::<AnyRef<'_>>::decode(reader)?;
        Ok(oid)
    });
    let oid = oid.map_err(|_| SchemeFault::Malformed)?;
    Hash::from_oid(&oid).ok_or(SchemeFault::Unknown(oid))
}

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`.
pub(super) fn read_identifier<'a, R: Reader<'a>>(
    reader: &mut R,
) -> der::Result<(ObjectIdentifier, Option<AnyRef<'a>>)> {
    reader.sequence(|inner| Ok((ObjectIdentifier::decode(inner)?, Option::<AnyRef<'a>>::decode(inner)?)))
}

/// An optional value with the explicit tag `[number]`.
fn explicit<'a, R: Reader<'a>, T>(
    reader: &mut R,
    number: u8,
    read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<Option<T>> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber::new(number) };
    if reader.is_finished() || reader.peek_tag()? != tag {
        return Ok(None);
    }
    let any = AnyRef::decode(reader)?;
    let mut inner = SliceReader::new(any.value())?;
    let value = read(&mut inner)?;
    inner.finish(Some(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(hex: &str, digest: Option<Hash>) -> Result<Scheme, SchemeFault> {
        Scheme::read(&hex::decode(hex.replace(' ', "")).unwrap(), digest)
    }

    const SHA256_IDENTIFIER: &str = "300d 0609608648016503040201 0500";
    const PSS: &str = "06092a864886f70d01010a";

    #[test]
    fn an_algorithm_that_names_its_hash_ignores_the_digest_beside_it() {
        let rsa = "300d 06092a864886f70d01010b 0500";
        assert_eq!(read(rsa, None), Ok(Scheme::RsaPkcs1(Hash::Sha256)));
        assert_eq!(read(rsa, Some(Hash::Sha1)), Ok(Scheme::RsaPkcs1(Hash::Sha256)));
        assert_eq!(read("300a 06082a8648ce3d040304", None), Ok(Scheme::Ecdsa(Hash::Sha512)));
    }

    #[test]
    fn an_algorithm_of_a_key_takes_the_digest_beside_it() {
        let (rsa, curve) = ("300d 06092a864886f70d010101 0500", "3009 06072a8648ce3d0201");
        assert_eq!(read(rsa, Some(Hash::Sha512)), Ok(Scheme::RsaPkcs1(Hash::Sha512)));
        assert_eq!(read(curve, Some(Hash::Sha224)), Ok(Scheme::Ecdsa(Hash::Sha224)));
        assert_eq!((read(rsa, None), read(curve, None)), (Err(SchemeFault::NoHash), Err(SchemeFault::NoHash)));
    }

    #[test]
    fn parameters_of_pss_that_are_absent_have_the_defaults_of_rfc_4055() {
        let defaults = Scheme::RsaPss { hash: Hash::Sha1, mgf: Hash::Sha1, salt_len: 20 };
        assert_eq!(read(&format!("300b {PSS}"), None), Ok(defaults));
        assert_eq!(read(&format!("300d {PSS} 3000"), None), Ok(defaults));
        let salt = format!("3012 {PSS} 3005 a203 020130");
        assert_eq!(read(&salt, None), Ok(Scheme::RsaPss { hash: Hash::Sha1, mgf: Hash::Sha1, salt_len: 48 }));
        let hash = format!("301e {PSS} 3011 a00f {SHA256_IDENTIFIER}");
        assert_eq!(read(&hash, None), Ok(Scheme::RsaPss { hash: Hash::Sha256, mgf: Hash::Sha1, salt_len: 20 }));
        let mask = format!("302b {PSS} 301e a11c 301a 06092a864886f70d010108 {SHA256_IDENTIFIER}");
        assert_eq!(read(&mask, None), Ok(Scheme::RsaPss { hash: Hash::Sha1, mgf: Hash::Sha256, salt_len: 20 }));
    }

    #[test]
    fn parameters_of_pss_that_nobody_may_use_are_refused() {
        let trailer = format!("3012 {PSS} 3005 a303 020102");
        let salt = format!("3013 {PSS} 3006 a204 02020401");
        let mask = format!("302b {PSS} 301e a11c 301a 06092a864886f70d010109 {SHA256_IDENTIFIER}");
        for (wrong, why) in [(trailer, "trailer"), (salt, "salt"), (mask, "mask")] {
            assert_eq!(read(&wrong, None), Err(SchemeFault::Pss), "{why}");
        }
        let trailing = format!("3014 {PSS} 3007 a203 020130 0500");
        assert_eq!(read(&trailing, None), Err(SchemeFault::Malformed));
    }

    #[test]
    fn what_no_passport_may_use_is_refused_by_name() {
        let md5 = read("300d 06092a864886f70d010104 0500", None);
        assert_eq!(md5, Err(SchemeFault::Unknown(ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"))));
        for wrong in ["", "30", "3000", "0500", "300d 06092a864886f70d01010b 0500 00", "3080 06082a8648ce3d040304 0000"]
        {
            assert_eq!(read(wrong, None), Err(SchemeFault::Malformed), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Scheme::read(&bytes, None);
        }
    }
}
