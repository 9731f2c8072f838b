//! Certificates and revocation lists in the profile of Doc 9303-12, section 7, and, on demand, against it.

use time::Date;
use time::macros::date;

use crate::practice::country::algorithm::{Algorithm, Key};
use crate::practice::country::der;

/// Identifiers of the extensions.
mod extension {
    pub(super) const SUBJECT_KEY: &str = "2.5.29.14";
    pub(super) const KEY_USAGE: &str = "2.5.29.15";
    pub(super) const PRIVATE_KEY_USAGE: &str = "2.5.29.16";
    pub(super) const SUBJECT_ALTERNATIVE: &str = "2.5.29.17";
    pub(super) const ISSUER_ALTERNATIVE: &str = "2.5.29.18";
    pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub(super) const CRL_NUMBER: &str = "2.5.29.20";
    pub(super) const DISTRIBUTION_POINTS: &str = "2.5.29.31";
    pub(super) const AUTHORITY_KEY: &str = "2.5.29.35";
    pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    pub(super) const DOCUMENT_TYPES: &str = "2.23.136.1.1.6.2";
}

/// digitalSignature, as the bit string of KeyUsage.
pub(super) const DIGITAL_SIGNATURE: [u8; 4] = [0x03, 2, 7, 0x80];
/// keyCertSign and cRLSign.
pub(super) const CERTIFICATE_AND_CRL: [u8; 4] = [0x03, 2, 1, 0x06];
/// keyEncipherment: no use for a document signer.
pub(super) const KEY_ENCIPHERMENT: [u8; 4] = [0x03, 2, 5, 0x20];

/// Purpose of a certificate that signs master lists (Doc 9303-12, section 7.1.3).
pub(super) const MASTER_LIST_SIGNER: &str = "2.23.136.1.1.3";

/// First and last day of a certificate.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub(super) from: Date,
    pub(super) until: Date,
}

impl Term {
    /// What certificates of a practice country have, so that the same seed brings the same ones whatever the day.
    pub(super) const LONG: Self = Self { from: date!(2015 - 01 - 01), until: date!(2049 - 12 - 31) };
    pub(super) const OVER: Self = Self { from: date!(2010 - 01 - 01), until: date!(2019 - 12 - 31) };
    pub(super) const TO_COME: Self = Self { from: date!(2049 - 01 - 01), until: date!(2060 - 12 - 31) };
}

/// A distinguished name: country, organization, common name.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) country: String,
    pub(super) organization: &'static str,
    pub(super) common: String,
}

impl Name {
    pub(super) fn new(country: &str, common: &str) -> Self {
        Self { country: country.to_owned(), organization: "Practice only", common: common.to_owned() }
    }

    /// Name in DER, the country as the PrintableString that RFC 5280 asks for.
    pub(super) fn der(&self) -> Vec<u8> {
        let part = |oid, value: Vec<u8>| der::set_of(&[der::sequence(&[&der::oid(oid), &value])]);
        der::sequence(&[
            &part("2.5.4.6", der::printable(&self.country)),
            &part("2.5.4.10", der::utf8(self.organization)),
            &part("2.5.4.3", der::utf8(&self.common)),
        ])
    }
}

/// Who signs: name, key, and the algorithm of the signature.
#[derive(Clone, Copy)]
pub(super) struct Issuer<'a> {
    pub(super) name: &'a Name,
    pub(super) key: &'a Key,
    pub(super) algorithm: Algorithm,
}

/// A certificate to be signed.
pub(super) struct Template<'a> {
    pub(super) serial: &'a [u8],
    pub(super) subject: &'a Name,
    pub(super) key: &'a Key,
    pub(super) term: Term,
    pub(super) authority: bool,
    pub(super) usage: [u8; 4],
    /// Of a document signer: the documents it signs. Not of any other certificate.
    pub(super) document_types: &'a [&'a str],
    pub(super) purpose: Option<&'static str>,
}

impl Template<'_> {
    /// The certificate in DER.
    pub(super) fn issued_by(&self, issuer: Issuer<'_>) -> Vec<u8> {
        let algorithm = issuer.algorithm.identifier();
        let inside = der::sequence(&[
            &der::context(0, &[&der::small(2)]),
            &der::unsigned(self.serial),
            &algorithm,
            &issuer.name.der(),
            &der::sequence(&[&der::day(self.term.from), &der::day(self.term.until)]),
            &self.subject.der(),
            &self.key.public_key_info(),
            &der::context(3, &[&der::sequence(&[&self.extensions(issuer.key)])]),
        ]);
        signed(&inside, issuer)
    }

    fn extensions(&self, issuer: &Key) -> Vec<u8> {
        let generalized =
            |day: Date| format!("{:04}{:02}{:02}000000Z", day.year(), u8::from(day.month()), day.day()).into_bytes();
        let private_usage = der::sequence(&[
            &der::implicit(0, &generalized(self.term.from)),
            &der::implicit(1, &generalized(self.term.until)),
        ]);
        let mut all = vec![
            authority_key(issuer),
            plain(extension::SUBJECT_KEY, &der::octets(&self.key.identifier())),
            critical(extension::KEY_USAGE, &self.usage),
            plain(extension::PRIVATE_KEY_USAGE, &private_usage),
            plain(extension::SUBJECT_ALTERNATIVE, &three_letters()),
            plain(extension::ISSUER_ALTERNATIVE, &three_letters()),
            plain(extension::DISTRIBUTION_POINTS, &distribution_point()),
        ];
        if self.authority {
            let constraints = der::sequence(&[&der::truth(), &der::small(0)]);
            all.push(critical(extension::BASIC_CONSTRAINTS, &constraints));
        }
        if !self.document_types.is_empty() {
            let types: Vec<_> = self.document_types.iter().map(|kind| der::printable(kind)).collect();
            let list = der::sequence(&[&der::small(0), &der::set_of(&types)]);
            all.push(plain(extension::DOCUMENT_TYPES, &list));
        }
        if let Some(purpose) = self.purpose {
            all.push(critical(extension::EXTENDED_KEY_USAGE, &der::sequence(&[&der::oid(purpose)])));
        }
        all.concat()
    }
}

/// A revocation list in DER, version 2 (Doc 9303-12, section 7.1.4): the serial numbers, each revoked on the day of issue.
pub(super) fn revocation_list(
    issuer: Issuer<'_>,
    serials: &[Vec<u8>],
    number: u8,
    (this_update, next_update): (Date, Date),
) -> Vec<u8> {
    let entry = |serial: &Vec<u8>| der::sequence(&[&der::unsigned(serial), &der::day(this_update)]);
    let entries: Vec<_> = serials.iter().flat_map(entry).collect();
    // An empty list is left out (RFC 5280, section 5.1.2.6).
    let entries = if entries.is_empty() { entries } else { der::sequence(&[&entries]) };
    let extensions = [authority_key(issuer.key), plain(extension::CRL_NUMBER, &der::small(number))].concat();
    let inside = der::sequence(&[
        &der::small(1),
        &issuer.algorithm.identifier(),
        &issuer.name.der(),
        &der::day(this_update),
        &der::day(next_update),
        &entries,
        &der::context(0, &[&der::sequence(&[&extensions])]),
    ]);
    signed(&inside, issuer)
}

fn signed(inside: &[u8], issuer: Issuer<'_>) -> Vec<u8> {
    let signature = der::bits(&issuer.key.sign(issuer.algorithm, inside));
    der::sequence(&[inside, &issuer.algorithm.identifier(), &signature])
}

fn authority_key(issuer: &Key) -> Vec<u8> {
    plain(extension::AUTHORITY_KEY, &der::sequence(&[&der::implicit(0, &issuer.identifier())]))
}

fn plain(oid: &'static str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::octets(value)])
}

fn critical(oid: &'static str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), &der::truth(), &der::octets(value)])
}

/// The alternative name with the country's three letters as locality (Doc 9303-12, section 7.1.1.2).
fn three_letters() -> Vec<u8> {
    let locality = der::sequence(&[&der::oid("2.5.4.7"), &der::printable("UTO")]);
    der::sequence(&[&der::context(4, &[&der::sequence(&[&der::set_of(&[locality])])])])
}

fn distribution_point() -> Vec<u8> {
    let address = der::implicit(6, b"https://csca.example/UTO.crl");
    der::sequence(&[&der::sequence(&[&der::context(0, &[&der::context(0, &[&address])])])])
}
