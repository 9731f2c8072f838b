//! Nations with authorities of their own: certificates, revocation lists and master lists for the trust store, small and
//! made on the spot. The messages are put together here byte by byte, so that they can also be put together wrongly.

use std::time::Duration;

use eid::domain::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData as _, RevocationReason,
    RevokedCertParams, SerialNumber,
};
use ring::digest::{SHA256, digest};
use time::OffsetDateTime;

/// `id-icao-cscaMasterListSigningKey`.
const SIGNING_KEY: [u64; 6] = [2, 23, 136, 1, 1, 3];
const DAY: Duration = Duration::from_hours(24);

/// A country with one authority and one signer of master lists, both valid for `years` around the day it was made.
pub struct Nation {
    issuer: Issuer<'static, KeyPair>,
    signer_key: KeyPair,
    /// The authority's certificate, DER.
    pub csca: Vec<u8>,
    /// The certificate of its signer of master lists, DER.
    pub signer: Vec<u8>,
}

/// What a master list is like.
pub struct List<'a> {
    /// When it says to have been signed.
    pub signed_at: Timestamp,
    /// Its entries, in this order.
    pub entries: Vec<&'a [u8]>,
    /// Whether the signer's certificate is in it.
    pub with_signer: bool,
    /// Whether the signature is over what is in it.
    pub signed_right: bool,
}

impl<'a> List<'a> {
    /// A list in order.
    pub fn of(signed_at: Timestamp, entries: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { signed_at, entries: entries.into_iter().collect(), with_signer: true, signed_right: true }
    }
}

impl Nation {
    /// A nation whose authority is valid for ten years around `now`, and whose signer is for 300 days.
    pub fn new(country: &str, now: Timestamp) -> Self {
        Self::with_signer(country, now, 300, true)
    }

    /// The same with a signer that ends `days` after it began, 150 days ago, and is for master lists or not.
    pub fn with_signer(country: &str, now: Timestamp, days: u32, for_lists: bool) -> Self {
        let (key, signer_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = named(country, "CSCA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number =
            Some(SerialNumber::from(digest(&SHA256, &key.subject_public_key_info()).as_ref()[..8].to_vec()));
        (params.not_before, params.not_after) = (moment(before(now, 1_825)), moment(now.plus(1_825 * DAY)));
        let csca = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, key);
        let mut params = named(country, "Master List Signer");
        let begins = before(now, 150);
        (params.not_before, params.not_after) = (moment(begins), moment(begins.plus(days * DAY)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.is_ca = IsCa::ExplicitNoCa;
        params.serial_number = Some(SerialNumber::from(7_u64));
        if for_lists {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(SIGNING_KEY.to_vec())];
        }
        let signer = params.signed_by(&signer_key, &issuer).unwrap().der().to_vec();
        Self { issuer, signer_key, csca, signer }
    }

    /// A list of these entries, signed by this nation.
    pub fn list<'a>(&self, signed_at: Timestamp, entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        self.sign(&List::of(signed_at, entries))
    }

    /// A list that may be wrong, signed by this nation.
    pub fn sign(&self, list: &List<'_>) -> Vec<u8> {
        const MASTER_LIST: [u8; 8] = [0x06, 6, 0x67, 0x81, 0x08, 1, 1, 2];
        const SHA: [u8; 11] = [0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        let content = tlv(0x30, &[&[2, 1, 0][..], &tlv(0x31, &list.entries)]);
        let hashed = if list.signed_right { digest(&SHA256, &content) } else { digest(&SHA256, b"something else") };
        let attribute = |last: u8, value: Vec<u8>| {
            let oid = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, last];
            tlv(0x30, &[&oid[..], &tlv(0x31, &[&value])])
        };
        let at = moment(list.signed_at);
        let time = format!(
            "{:02}{:02}{:02}{:02}{:02}{:02}Z",
            at.year() % 100,
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        );
        let attributes = [
            attribute(3, MASTER_LIST.to_vec()),
            attribute(5, tlv(0x17, &[time.as_bytes()])),
            attribute(4, tlv(4, &[hashed.as_ref()])),
        ]
        .concat();
        let signature = rcgen::SigningKey::sign(&self.signer_key, &tlv(0x31, &[&attributes])).unwrap();
        let ecdsa = tlv(0x30, &[&[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]]);
        let id = tlv(0x30, &[&issuer_name(&self.signer)[..], &[2, 1, 7]]);
        let signer = tlv(
            0x30,
            &[&[2, 1, 1][..], &id, &tlv(0x30, &[&SHA]), &tlv(0xA0, &[&attributes]), &ecdsa, &tlv(4, &[&signature])],
        );
        let certificates = if list.with_signer { tlv(0xA0, &[&self.signer]) } else { Vec::new() };
        let info = tlv(0x30, &[&MASTER_LIST[..], &tlv(0xA0, &[&tlv(4, &[&content])])]);
        let data = tlv(
            0x30,
            &[&[2, 1, 3][..], &tlv(0x31, &[&tlv(0x30, &[&SHA])]), &info, &certificates, &tlv(0x31, &[&signer])],
        );
        tlv(0x30, &[&[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2][..], &tlv(0xA0, &[&data])])
    }

    /// A revocation list: these serial numbers, made at `at`, the next one due after `days`.
    pub fn crl(&self, serials: &[u64], at: Timestamp, days: u32, number: u64) -> Vec<u8> {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: moment(at),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: moment(at),
            next_update: moment(at.plus(days * DAY)),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().der().to_vec()
    }
}

fn before(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_micros(now.micros() - days * 86_400_000_000)
}

fn named(country: &str, common: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, DnValue::PrintableString(country.try_into().unwrap()));
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

/// To the second, as certificates have it.
fn moment(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.micros() / 1_000_000).unwrap()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = match value.len() {
        short @ 0..0x80 => vec![u8::try_from(short).unwrap()],
        long => {
            let bytes: Vec<u8> = long.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            [vec![0x80 | u8::try_from(bytes.len()).unwrap()], bytes].concat()
        }
    };
    [vec![tag], length, value].concat()
}

/// The issuer's name of a certificate, DER.
fn issuer_name(certificate: &[u8]) -> Vec<u8> {
    eid::chip::certificate::Certificate::from_der(certificate).unwrap().issuer().to_vec()
}
