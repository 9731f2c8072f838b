//! The data groups of a practice passport (Doc 9303-10, section 4.7), and the hashes of them that its issuer signs.

use crate::practice::country::der;
use crate::practice::country::hash::Hash;

/// Two faces that nobody has, 240 by 320 pixels.
const JPEG: &[u8] = include_bytes!("face.jpg");
const JPEG2000: &[u8] = include_bytes!("face.jp2");

/// How the portrait is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Portrait {
    /// JPEG.
    Jpeg,
    /// JPEG 2000.
    Jpeg2000,
}

/// What the personalizer of a passport knows about the holder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bearer<'a> {
    /// The machine readable zone as printed, with or without line breaks.
    pub zone: &'a str,
    /// Family name and given names in full, for DG11.
    pub name: Option<(&'a str, &'a str)>,
    /// Day of birth as `YYYYMMDD`, for DG11.
    pub born: Option<&'a str>,
    /// Day of issue as `YYYYMMDD`, for DG12.
    pub issued: Option<&'a str>,
    /// How the portrait is coded.
    pub portrait: Portrait,
}

impl<'a> Bearer<'a> {
    /// A passport with a zone and nothing else: DG11 and DG12 are left out.
    pub fn with_zone(zone: &'a str) -> Self {
        Self { zone, name: None, born: None, issued: None, portrait: Portrait::Jpeg }
    }
}

/// DG1: the zone without line breaks.
pub(super) fn dg1(zone: &str) -> Vec<u8> {
    let cells: String = zone.split_ascii_whitespace().collect();
    der::tlv(0x61, &[&der::tagged(&[0x5F, 0x1F], &[cells.as_bytes()])])
}

/// DG2: one portrait in an ISO/IEC 19794-5 record. The zone goes into a comment of the image, so that no two holders
/// have the same.
pub(super) fn dg2(portrait: Portrait, zone: &str) -> Vec<u8> {
    let mark = Hash::Sha256.digest(zone.as_bytes());
    let (code, image) = match portrait {
        Portrait::Jpeg => (0, jpeg(&mark)),
        Portrait::Jpeg2000 => (1, jpeg2000(&mark)),
    };
    let header = der::tlv(
        0xA1,
        &[
            &der::implicit(0, &[1, 1]),
            &der::implicit(1, &[2]),
            &der::implicit(2, &[0]),
            &der::implicit(7, &[1, 1]),
            &der::implicit(8, &[0, 8]),
        ],
    );
    let block = der::tagged(&[0x5F, 0x2E], &[&face_record(code, &image)]);
    let template = der::tagged(&[0x7F, 0x60], &[&header, &block]);
    der::tlv(0x75, &[&der::tagged(&[0x7F, 0x61], &[&der::small(1), &template])])
}

/// Facial record, facial information, image information, image (ISO/IEC 19794-5:2005, section 5).
fn face_record(code: u8, image: &[u8]) -> Vec<u8> {
    let len = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    let facial_information = [0; 16];
    // Full frontal, the code of the format, 240 by 320 pixels, grey, from a digital still camera.
    let image_information = [1, code, 0, 240, 1, 64, 3, 2, 0, 0, 0, 0];
    let face = [&facial_information, image_information.as_slice(), image].concat();
    let face = [len(face.len() + 4).as_slice(), &face].concat();
    [b"FAC\x00010\x00", len(face.len() + 14).as_slice(), &[0, 1], &face].concat()
}

/// The picture with a comment segment after its first marker: no mark, no picture like another.
pub(in crate::practice) fn jpeg(mark: &[u8]) -> Vec<u8> {
    let (start, rest) = JPEG.split_at(2.min(JPEG.len()));
    let len = u16::try_from(mark.len() + 2).unwrap_or(2).to_be_bytes();
    [start, &[0xFF, 0xFE], &len, mark, rest].concat()
}

/// The picture with a box of its own kind at the end, which readers pass over.
fn jpeg2000(mark: &[u8]) -> Vec<u8> {
    let len = u32::try_from(mark.len() + 24).unwrap_or(24).to_be_bytes();
    [JPEG2000, &len, b"uuid", b"eid practice box", mark].concat()
}

/// DG11: name and day of birth.
pub(super) fn dg11(bearer: &Bearer<'_>) -> Option<Vec<u8>> {
    let (family, given) = bearer.name?;
    let name = [family, given].map(|part| part.split_whitespace().collect::<Vec<_>>().join("<"));
    let [family, given] = &name;
    // A single name is a primary identifier, whichever it was typed as (Doc 9303-3, section 4.6).
    let name = if family.is_empty() || given.is_empty() { name.concat() } else { format!("{family}<<{given}") };
    let mut fields: Vec<([u8; 2], Vec<u8>)> = vec![([0x5F, 0x0E], name.into_bytes())];
    fields.extend(bearer.born.map(|day| ([0x5F, 0x2B], day.as_bytes().to_vec())));
    fields.push(([0x5F, 0x11], b"PRACTICE<TOWN".to_vec()));
    Some(listed(0x6B, &fields))
}

/// DG12: issuing authority and day of issue.
pub(super) fn dg12(bearer: &Bearer<'_>) -> Option<Vec<u8>> {
    let day = bearer.issued?;
    Some(listed(0x6C, &[([0x5F, 0x19], b"PRACTICE PASSPORT OFFICE".to_vec()), ([0x5F, 0x26], day.as_bytes().to_vec())]))
}

/// A template that begins with the list of its tags.
fn listed(tag: u8, fields: &[([u8; 2], Vec<u8>)]) -> Vec<u8> {
    let tags: Vec<u8> = fields.iter().flat_map(|(tag, _)| *tag).collect();
    let fields: Vec<u8> = fields.iter().flat_map(|(tag, value)| der::tagged(tag, &[value])).collect();
    der::tlv(tag, &[&der::tlv(0x5C, &[&tags]), &fields])
}

/// DG14: chip authentication with a key on P-256 and, if the chip answers with ECDSA, over which hash function.
pub(super) fn dg14(chip_authentication_key: &[u8], answers_with: Option<Hash>) -> Vec<u8> {
    let key = der::sequence(&[&der::oid("0.4.0.127.0.7.2.2.1.2"), chip_authentication_key]);
    let protocol = der::sequence(&[&der::oid("0.4.0.127.0.7.2.2.3.2.2"), &der::small(1)]);
    let mut infos = vec![key, protocol];
    if let Some(hash) = answers_with {
        let algorithm = der::oid(match hash {
            Hash::Sha1 => "0.4.0.127.0.7.1.1.4.1.1",
            Hash::Sha224 => "0.4.0.127.0.7.1.1.4.1.2",
            Hash::Sha256 => "0.4.0.127.0.7.1.1.4.1.3",
            Hash::Sha384 => "0.4.0.127.0.7.1.1.4.1.4",
            Hash::Sha512 => "0.4.0.127.0.7.1.1.4.1.5",
        });
        infos.push(der::sequence(&[&der::oid("2.23.136.1.1.5"), &der::small(1), &algorithm]));
    }
    der::tlv(0x6E, &[&der::set_of(&infos)])
}

/// DG15: the key with which the chip answers.
pub(super) fn dg15(key: &[u8]) -> Vec<u8> {
    der::tlv(0x6F, &[key])
}

/// EF.COM: version of the data structure 1.7, Unicode 4.0.0, tags of the groups.
pub(super) fn com(tags: &[u8]) -> Vec<u8> {
    der::tlv(
        0x60,
        &[&der::tagged(&[0x5F, 0x01], &[b"0107"]), &der::tagged(&[0x5F, 0x36], &[b"040000"]), &der::tlv(0x5C, &[tags])],
    )
}

/// LDSSecurityObject (Doc 9303-10, section 4.6.2.3): version 1 says which data structure it belongs to.
pub(super) fn security_object(version: u8, hash: Hash, hashes: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let one = |(number, digest): &(u32, Vec<u8>)| {
        der::sequence(&[&der::unsigned(&number.to_be_bytes()), &der::octets(digest)])
    };
    let hashes: Vec<u8> = hashes.iter().flat_map(one).collect();
    let info = match version {
        0 => Vec::new(),
        _ => der::sequence(&[&der::printable("0108"), &der::printable("040000")]),
    };
    der::sequence(&[&der::small(version), &hash.identifier(), &der::sequence(&[&hashes]), &info])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portrait_is_an_image_of_240_by_320_pixels() {
        let size = imagesize::blob_size(&jpeg(&[7; 32])).unwrap();
        assert_eq!((size.width, size.height), (240, 320));
        // The box `ihdr`: height, width.
        let image = jpeg2000(&[7; 32]);
        let header = image.windows(4).position(|bytes| bytes == b"ihdr").unwrap();
        assert_eq!(image[header + 4..header + 12], [0, 0, 1, 64, 0, 0, 0, 240]);
        assert_eq!(image[..8], [0, 0, 0, 12, b'j', b'P', b' ', b' ']);
    }

    #[test]
    fn the_lengths_of_the_face_record_agree_with_its_bytes() {
        let record = face_record(0, &[9; 100]);
        let number = |at: usize| u32::from_be_bytes(record[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((number(8), number(14)), (record.len(), record.len() - 14));
        assert_eq!(record[record.len() - 101], 0);
    }

    #[test]
    fn the_first_group_holds_the_zone_without_breaks() {
        let zone = format!("{}\n{}", "A".repeat(44), "B".repeat(44));
        let group = dg1(&zone);
        assert_eq!(group[..5], [0x61, 91, 0x5F, 0x1F, 88]);
        assert_eq!(group.len(), 93);
    }
}
