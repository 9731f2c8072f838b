//! Makes chips, certificates and revocation lists for tests: right ones, and wrong ones field by field.

use std::collections::BTreeMap;

use der::Encode;
use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use crate::chip::ChipFiles;
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::chip::files::{ActiveEvidence, GroupNumber};
use crate::chip::groups::tlv::writing::{element, nest};
use crate::chip::hash::Hash;
use crate::chip::trust::Anchor;
use crate::domain::chip::Fingerprint;

const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = value.len();
    let mut out = vec![tag];
    match len {
        0..0x80 => out.push(u8::try_from(len).unwrap()),
        _ => out.extend([0x82, u8::try_from(len >> 8).unwrap(), u8::try_from(len & 0xFF).unwrap()]),
    }
    // A length of one byte more than 127 has a shorter form.
    if (0x80..0x100).contains(&len) {
        out = vec![tag, 0x81, u8::try_from(len).unwrap()];
    }
    out.extend(value);
    out
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(text).to_der().unwrap()
}

fn int(value: u8) -> Vec<u8> {
    tlv(0x02, &[value])
}

fn year(year: u16) -> Vec<u8> {
    tlv(0x18, format!("{year}0101000000Z").as_bytes())
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number.max(1); 32]).unwrap()
}

fn sign(number: u8, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key(number).sign(message);
    signature.to_der().as_bytes().to_vec()
}

fn key_id(number: u8) -> Vec<u8> {
    Hash::Sha1.digest(&[number]).to_vec()
}

/// Years, from the first of January to the first of January.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) from: u16,
    pub(super) until: u16,
}

impl Life {
    pub(super) const fn until(until: u16) -> Self {
        Self { from: 2020, until }
    }
}

/// A certificate to be.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) name: &'static str,
    pub(super) country: &'static str,
    pub(super) serial: u8,
    pub(super) key: u8,
    /// The key that signs it.
    pub(super) issued_by: u8,
    /// The key that it names as its issuer's; none if 0.
    pub(super) authority_key: u8,
    pub(super) life: Life,
    pub(super) ca: bool,
    /// Bits of the key usage, first byte.
    pub(super) usage: Option<u8>,
    pub(super) purpose: Option<&'static str>,
    pub(super) kinds: &'static [&'static str],
    /// It has a critical extension that nobody knows.
    pub(super) critical: bool,
}

impl Signer {
    /// The authority: self-signed, key 10, serial number 1.
    pub(super) fn csca() -> Self {
        Self {
            name: "Utopia CSCA",
            country: "UT",
            serial: 1,
            key: 10,
            issued_by: 10,
            authority_key: 10,
            life: Life { from: 2020, until: 2040 },
            ca: true,
            usage: Some(0x06),
            purpose: None,
            kinds: &[],
            critical: false,
        }
    }

    /// A document signer of that authority: key 11, serial number 7.
    pub(super) fn dsc() -> Self {
        Self {
            name: "Utopia DSC",
            serial: 7,
            key: 11,
            ca: false,
            usage: Some(0x80),
            life: Life::until(2031),
            ..Self::csca()
        }
    }

    fn subject(&self) -> Vec<u8> {
        name(self.country, self.name)
    }

    /// Issuers are all called as the authority is, but for authorities of another name, which sign themselves.
    fn issuer(&self) -> Vec<u8> {
        if self.ca && self.name != "Utopia DSC" { self.subject() } else { name("UT", "Utopia CSCA") }
    }

    fn extensions(&self) -> Vec<u8> {
        let extension = |id: &str, critical: bool, value: &[u8]| {
            let critical = if critical { tlv(0x01, &[0xFF]) } else { Vec::new() };
            seq(&[&oid(id), &critical, &tlv(0x04, value)])
        };
        let mut all = extension("2.5.29.14", false, &tlv(0x04, &key_id(self.key)));
        if self.authority_key != 0 {
            all.extend(extension("2.5.29.35", false, &seq(&[&tlv(0x80, &key_id(self.authority_key))])));
        }
        if self.ca {
            all.extend(extension("2.5.29.19", true, &seq(&[&tlv(0x01, &[0xFF])])));
        }
        if let Some(bits) = self.usage {
            all.extend(extension("2.5.29.15", true, &tlv(0x03, &[u8::try_from(bits.trailing_zeros()).unwrap(), bits])));
        }
        if let Some(purpose) = self.purpose {
            all.extend(extension("2.5.29.37", false, &seq(&[&oid(purpose)])));
        }
        if !self.kinds.is_empty() {
            let kinds: Vec<_> = self.kinds.iter().flat_map(|kind| tlv(0x13, kind.as_bytes())).collect();
            all.extend(extension("2.23.136.1.1.6.2", false, &seq(&[&int(0), &tlv(0x31, &kinds)])));
        }
        if self.critical {
            all.extend(extension("1.2.3.4", true, &[5, 0]));
        }
        tlv(0xA3, &seq(&[&all]))
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let algorithm = seq(&[&oid(ECDSA_SHA256)]);
        let point = key(self.key).verifying_key().to_sec1_bytes();
        let spki = seq(&[
            &seq(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]),
            &tlv(0x03, &[&[0][..], &point].concat()),
        ]);
        let tbs = seq(&[
            &tlv(0xA0, &int(2)),
            &int(self.serial),
            &algorithm,
            &self.issuer(),
            &seq(&[&year(self.life.from), &year(self.life.until)]),
            &self.subject(),
            &spki,
            &self.extensions(),
        ]);
        let signature = [&[0][..], &sign(self.issued_by, &tbs)].concat();
        seq(&[&tbs, &algorithm, &tlv(0x03, &signature)])
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Certificate::from_der(&self.der()).unwrap().fingerprint())
    }
}

fn name(country: &str, common: &str) -> Vec<u8> {
    let part = |id: &str, text: &str| tlv(0x31, &seq(&[&oid(id), &tlv(0x13, text.as_bytes())]));
    seq(&[&part("2.5.4.6", country), &part("2.5.4.3", common)])
}

pub(super) fn anchor(signer: &Signer, practice: bool) -> Anchor {
    Anchor { certificate: Certificate::from_der(&signer.der()).unwrap(), practice }
}

/// A revocation list of that authority.
pub(super) fn crl(by: &Signer, revoked: &[u8], life: Life) -> Crl {
    let algorithm = seq(&[&oid(ECDSA_SHA256)]);
    let entries: Vec<_> = revoked.iter().flat_map(|serial| seq(&[&int(*serial), &year(2021)])).collect();
    let entries = if entries.is_empty() { entries } else { seq(&[&entries]) };
    let tbs = seq(&[&int(1), &algorithm, &by.subject(), &year(life.from), &year(life.until), &entries]);
    let signature = [&[0][..], &sign(by.key, &tbs)].concat();
    Crl::from_der(&seq(&[&tbs, &algorithm, &tlv(0x03, &signature)])).unwrap()
}

/// A chip to be.
#[derive(Clone)]
pub(super) struct Chip<'a> {
    pub(super) version: u8,
    pub(super) content_type: &'static str,
    /// What the signed attributes call the content, if something else.
    pub(super) attribute_type: Option<&'static str>,
    /// How often the type of the content stands in the signed attributes; without any at 0.
    pub(super) attributes: u8,
    pub(super) signed_in: Option<u16>,
    /// The signer's certificate first.
    pub(super) certificates: Vec<Signer>,
    pub(super) by_key_id: bool,
    pub(super) algorithm: &'static str,
    /// The key that signs.
    pub(super) key: u8,
    /// The content is changed after it is signed.
    pub(super) tamper: bool,
    /// What is signed in the place of a list.
    pub(super) list: Option<Vec<u8>>,
    pub(super) list_version: u8,
    pub(super) list_hash: &'static str,
    pub(super) listed: Vec<u8>,
    pub(super) offered: Vec<u8>,
    /// The group that is changed after its hash was signed.
    pub(super) changed: Option<u8>,
    pub(super) zone: &'a str,
}

impl Default for Chip<'_> {
    fn default() -> Self {
        Self {
            version: 3,
            content_type: "2.23.136.1.1.1",
            attribute_type: None,
            attributes: 1,
            signed_in: None,
            certificates: vec![Signer::dsc()],
            by_key_id: false,
            algorithm: ECDSA_SHA256,
            key: 11,
            tamper: false,
            list: None,
            list_version: 1,
            list_hash: SHA256,
            listed: vec![1, 2],
            offered: vec![1, 2],
            changed: None,
            zone: ZONE,
        }
    }
}

impl Chip<'_> {
    pub(super) fn by(signer: Signer) -> Self {
        Self { certificates: vec![signer], ..Self::default() }
    }

    fn group(&self, number: u8) -> Vec<u8> {
        match number {
            1 => tlv(0x61, &[&[0x5F, 0x1F][..], &tlv(0, self.zone.as_bytes())[1..]].concat()),
            15 => {
                let point = key(33).verifying_key().to_sec1_bytes();
                let algorithm = seq(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
                tlv(0x6F, &seq(&[&algorithm, &tlv(0x03, &[&[0][..], &point].concat())]))
            }
            // A face in the newer format, ISO/IEC 39794-5: the file of an image, somewhere within.
            _ => {
                let template = nest(0x7F2E, &[element(0x80, b"\xFF\xD8\xFF\xE0 a face")]);
                let template = nest(0x7F60, &[nest(0xA1, &[element(0x80, &[1, 1])]), template]);
                nest(0x75, &[nest(0x7F61, &[element(0x02, &[1]), template])])
            }
        }
    }

    fn content(&self) -> Vec<u8> {
        if let Some(list) = &self.list {
            return list.clone();
        }
        let hash = Hash::from_oid(&ObjectIdentifier::new_unwrap(self.list_hash)).unwrap_or(Hash::Sha256);
        let entry = |number: &u8| seq(&[&int(*number), &tlv(0x04, &hash.digest(&self.group(*number)))]);
        let entries: Vec<_> = self.listed.iter().flat_map(entry).collect();
        seq(&[&int(self.list_version), &seq(&[&oid(self.list_hash)]), &tlv(0x30, &entries)])
    }

    fn signer_info(&self, content: &[u8]) -> Vec<u8> {
        let attribute = |id: &str, value: &[u8]| seq(&[&oid(id), &tlv(0x31, value)]);
        let content_type = attribute("1.2.840.113549.1.9.3", &oid(self.attribute_type.unwrap_or(self.content_type)));
        let mut attributes = content_type.repeat(self.attributes.into());
        if let Some(signed_in) = self.signed_in {
            attributes.extend(attribute("1.2.840.113549.1.9.5", &year(signed_in)));
        }
        attributes.extend(attribute("1.2.840.113549.1.9.4", &tlv(0x04, &Hash::Sha256.digest(content))));
        let signature = sign(self.key, &tlv(0x31, &attributes));
        let attributes = if self.attributes == 0 { Vec::new() } else { tlv(0xA0, &attributes) };
        let id = if self.by_key_id { tlv(0x80, &key_id(11)) } else { seq(&[&name("UT", "Utopia CSCA"), &int(7)]) };
        let digest = seq(&[&oid(SHA256)]);
        let algorithm = seq(&[&oid(self.algorithm)]);
        seq(&[&int(1), &id, &digest, &attributes, &algorithm, &tlv(0x04, &signature)])
    }

    pub(super) fn sod(&self) -> Vec<u8> {
        let content = self.content();
        let signer = self.signer_info(&content);
        let mut content = content;
        if self.tamper {
            *content.last_mut().unwrap() ^= 1;
        }
        let certificates: Vec<_> = self.certificates.iter().flat_map(Signer::der).collect();
        let data = seq(&[
            &int(self.version),
            &tlv(0x31, &seq(&[&oid(SHA256)])),
            &seq(&[&oid(self.content_type), &tlv(0xA0, &tlv(0x04, &content))]),
            &tlv(0xA0, &certificates),
            &tlv(0x31, &signer),
        ]);
        tlv(0x77, &seq(&[&oid("1.2.840.113549.1.7.2"), &tlv(0xA0, &data)]))
    }

    pub(super) fn files(&self) -> ChipFiles {
        self.files_with(None)
    }

    pub(super) fn files_with(&self, active: Option<ActiveEvidence>) -> ChipFiles {
        let groups: BTreeMap<_, _> = self
            .offered
            .iter()
            .map(|number| {
                let mut bytes = self.group(*number);
                if self.changed == Some(*number) {
                    *bytes.last_mut().unwrap() ^= 1;
                }
                (GroupNumber::new(*number).unwrap(), bytes)
            })
            .collect();
        ChipFiles::new(self.sod(), groups, None, active).unwrap()
    }
}
