//! The keys of the practice country: its signing authority (CSCA), of the first and the renewed key, and the signers of
//! documents below it (DSC), each in order or with one fault.

use crate::practice::country::algorithm::{Algorithm, Key};
use crate::practice::country::certificate::{
    CERTIFICATE_AND_CRL, DIGITAL_SIGNATURE, Issuer, KEY_ENCIPHERMENT, MASTER_LIST_SIGNER, Name, Template, Term,
};
use crate::practice::country::cms::Signatory;
use crate::practice::country::ecdsa::Parameters;
use crate::practice::country::hash::Hash;
use crate::practice::country::rsa::Owner;

/// The country's code in certificates. Certificates have two letters, documents three.
pub(super) const UTOPIA: &str = "UT";
/// Another country: a code that ISO 3166-1 leaves for private use, and under which no state signs passports of Utopia.
pub(super) const ELSEWHERE: &str = "ZZ";

/// A signer as somebody wishes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// In order.
    Good,
    /// In order, and to be put on the revocation list.
    Revoked,
    /// With a signature that is not the authority's, though its key identifier is.
    Forged,
    /// Ended in 2019.
    Expired,
    /// Begins in 2049.
    NotYetValid,
    /// With another country in its own name.
    OfAnotherCountry,
    /// With cA true and the key usage of an authority.
    IsAuthority,
    /// With a key usage that is not for signatures.
    WithoutDigitalSignature,
    /// With its issuer's name in other letters, upper and lower case mixed.
    IssuerInOtherCase,
    /// With a curve around another base point.
    AnotherBasePoint,
    /// For master lists.
    MasterList,
}

/// A country signing authority: a certificate by itself.
pub(super) struct Authority {
    pub(super) name: Name,
    pub(super) key: Key,
    pub(super) algorithm: Algorithm,
    pub(super) certificate: Vec<u8>,
}

impl Authority {
    /// The authority of a country and a seed. `key` tells its keys apart.
    pub(super) fn new(algorithm: Algorithm, country: &str, seed: u64, key: &str, term: Term) -> Self {
        // One name for all keys, as many states have it: only the key identifiers tell them apart.
        let name = Name::new(country, "Practice CSCA of Utopia");
        let owner = if key == FIRST_KEY { Owner::Authority } else { Owner::Chip };
        let drawn = algorithm.key(owner, seed, key);
        let mut authority = Self { name, key: drawn, algorithm, certificate: Vec::new() };
        authority.certificate = authority.certificate_for(&authority, &serial(seed, key), term);
        authority
    }

    /// The link certificate: this authority's word for another key (Doc 9303-12, section 7.1.1).
    pub(super) fn link_to(&self, renewed: &Self, seed: u64) -> Vec<u8> {
        self.certificate_for(renewed, &serial(seed, "link"), Term::LONG)
    }

    fn certificate_for(&self, of: &Self, serial: &[u8], term: Term) -> Vec<u8> {
        let template = Template {
            serial,
            subject: &of.name,
            key: &of.key,
            term,
            authority: true,
            usage: CERTIFICATE_AND_CRL,
            document_types: &[],
            purpose: None,
        };
        template.issued_by(self.issuer())
    }

    pub(super) fn issuer(&self) -> Issuer<'_> {
        Issuer { name: &self.name, key: &self.key, algorithm: self.algorithm }
    }
}

/// Name of the key that an authority begins with.
pub(super) const FIRST_KEY: &str = "authority";
/// Name of the key that an authority goes on with.
pub(super) const RENEWED_KEY: &str = "authority renewed";

/// A signer of documents or of master lists, with its certificate.
pub struct Signer {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The certificate's serial number, big-endian: what a revocation list names.
    pub serial: Vec<u8>,
    issuer: Name,
    key: Key,
    algorithm: Algorithm,
}

impl Signer {
    pub(super) fn new(wish: Wish, algorithm: Algorithm, authority: &Authority, seed: u64) -> Self {
        let mut algorithm = algorithm;
        if let (Wish::AnotherBasePoint, Algorithm::Ecdsa { parameters, .. }) = (wish, &mut algorithm) {
            *parameters = Parameters::AnotherBase;
        }
        let label = format!("signer {wish:?}");
        let key = algorithm.key(Owner::Signer, seed, &label);
        let serial = serial(seed, &label);
        let country = if wish == Wish::OfAnotherCountry { ELSEWHERE } else { &authority.name.country };
        let mut issuer = authority.name.clone();
        if wish == Wish::IssuerInOtherCase {
            issuer.country = issuer.country.to_lowercase();
            issuer.common = issuer.common.to_uppercase();
        }
        let template = Template {
            serial: &serial,
            subject: &Name::new(country, &format!("Practice document signer {}", hex::encode_upper(&serial))),
            key: &key,
            term: match wish {
                Wish::Expired => Term::OVER,
                Wish::NotYetValid => Term::TO_COME,
                _ => Term::LONG,
            },
            authority: wish == Wish::IsAuthority,
            usage: match wish {
                Wish::IsAuthority => CERTIFICATE_AND_CRL,
                Wish::WithoutDigitalSignature => KEY_ENCIPHERMENT,
                _ => DIGITAL_SIGNATURE,
            },
            document_types: if wish == Wish::MasterList { &[] } else { &["P"] },
            purpose: (wish == Wish::MasterList).then_some(MASTER_LIST_SIGNER),
        };
        let mut certificate = template.issued_by(Issuer { name: &issuer, ..authority.issuer() });
        if let (Wish::Forged, Some(last)) = (wish, certificate.last_mut()) {
            *last ^= 1;
        }
        Self { certificate, serial, issuer, key, algorithm }
    }

    pub(super) fn signatory(&self) -> Signatory<'_> {
        Signatory {
            issuer: &self.issuer,
            serial: &self.serial,
            key: &self.key,
            algorithm: self.algorithm,
            certificate: &self.certificate,
        }
    }

    /// The hash function of its signatures and of the groups that it signs.
    pub(super) fn hash(&self) -> Hash {
        self.algorithm.hash()
    }
}

/// A serial number of eight bytes, positive and not zero.
fn serial(seed: u64, label: &str) -> Vec<u8> {
    let mut serial = Hash::Sha256.digest(format!("practice serial {seed} {label}").as_bytes());
    serial.truncate(8);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3F | 0x40;
    }
    serial
}
