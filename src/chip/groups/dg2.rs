//! DG2: the holder's face as an image (Doc 9303-10 section 4.7.2; ISO/IEC 19794-5:2005, ISO/IEC 39794-5).
//!
//! Finds each image, its kind and its digest, and never decodes one. Refuses more than [`TEMPLATES_MAX`] templates or
//! [`IMAGES_MAX`] images, and images that are neither JPEG nor JPEG 2000.

use sha2::{Digest as _, Sha256};

use super::tlv::{Element, Fault, Reader};
use crate::domain::chip_content::ImageKind;

/// Most biometric templates. Doc 9303-10 allows nine; states write one.
pub const TEMPLATES_MAX: usize = 9;

/// Most images in all.
pub const IMAGES_MAX: usize = 9;

/// How deep the templates of ISO/IEC 39794-5 are followed. Its image lies eight levels down.
const DEPTH_MAX: u8 = 12;

/// Most elements that are looked at within one template of ISO/IEC 39794-5.
const LOOKS_MAX: u16 = 1024;

/// A face image as the chip holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Face<'a> {
    /// JPEG or JPEG 2000.
    pub kind: ImageKind,
    /// The image file.
    pub image: &'a [u8],
}

impl Face<'_> {
    /// SHA-256 of the image file.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.image).into()
    }
}

/// Reads the face images, at least one.
pub fn read(bytes: &[u8]) -> Result<Vec<Face<'_>>, Fault> {
    let mut group = Reader::new(Element::file(bytes, 0x75)?);
    let mut reader = Reader::new(group.expect(0x7F61)?);
    group.end()?;
    let count = match *reader.expect(0x02)? {
        [count] if (1..=TEMPLATES_MAX).contains(&usize::from(count)) => count,
        _ => return Err(Fault::Value(0x02)),
    };
    let mut faces = Vec::new();
    for _ in 0..count {
        template(reader.expect(0x7F60)?, &mut faces)?;
    }
    reader.end()?;
    match faces.len() {
        0 => Err(Fault::Missing(0x5F2E)),
        1..=IMAGES_MAX => Ok(faces),
        _ => Err(Fault::Many),
    }
}

/// A biometric information template: its header, and a block of data in one of two formats.
fn template<'a>(bytes: &'a [u8], faces: &mut Vec<Face<'a>>) -> Result<(), Fault> {
    let mut reader = Reader::new(bytes);
    reader.expect(0xA1)?;
    let data = reader.element()?.ok_or(Fault::Missing(0x5F2E))?;
    reader.end()?;
    match data.tag {
        0x5F2E => record(data.value, faces),
        0x7F2E => {
            let (before, mut looks) = (faces.len(), LOOKS_MAX);
            search(data.value, DEPTH_MAX, &mut looks, faces)?;
            if faces.len() > before { Ok(()) } else { Err(Fault::Value(0x7F2E)) }
        }
        found => Err(Fault::Unexpected { expected: 0x5F2E, found }),
    }
}

/// A facial record of ISO/IEC 19794-5:2005: a header, and each face's block of information with its image.
fn record<'a>(bytes: &'a [u8], faces: &mut Vec<Face<'a>>) -> Result<(), Fault> {
    const WRONG: Fault = Fault::Value(0x5F2E);
    let mut cursor = Cursor(bytes);
    let header = cursor.take(8)?;
    let length = cursor.number::<4>()?;
    let count = cursor.number::<2>()?;
    if header != b"FAC\x00010\x00" || length != bytes.len() || !(1..=IMAGES_MAX).contains(&count) {
        return Err(WRONG);
    }
    for _ in 0..count {
        let length = cursor.number::<4>()?.checked_sub(4).ok_or(WRONG)?;
        let mut block = Cursor(cursor.take(length)?);
        let points = block.number::<2>()?;
        // Sex, colours of eyes and hair, properties, expression, pose and its uncertainty.
        block.take(14)?;
        block.take(points * 8)?;
        // Type of image, its format, width, height, colour space, source, device, quality.
        block.take(12)?;
        faces.push(image(block.0).ok_or(WRONG)?);
    }
    if cursor.0.is_empty() { Ok(()) } else { Err(Fault::Trailing) }
}

/// Follows a template of ISO/IEC 39794-5 down to the primitive elements that hold an image.
fn search<'a>(bytes: &'a [u8], depth: u8, looks: &mut u16, faces: &mut Vec<Face<'a>>) -> Result<(), Fault> {
    let depth = depth.checked_sub(1).ok_or(Fault::Many)?;
    let mut reader = Reader::new(bytes);
    while let Some(element) = reader.element()? {
        *looks = looks.checked_sub(1).ok_or(Fault::Many)?;
        if element.is_constructed() {
            search(element.value, depth, looks, faces)?;
        } else if let Some(face) = image(element.value) {
            faces.push(face);
        }
    }
    Ok(())
}

/// The image, by how its file begins; the kind that a header names beside it is not asked.
fn image(bytes: &[u8]) -> Option<Face<'_>> {
    ImageKind::of(bytes).map(|kind| Face { kind, image: bytes })
}

/// Fields of fixed length.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (field, rest) = self.0.split_at_checked(length).ok_or(Fault::CutOff)?;
        self.0 = rest;
        Ok(field)
    }

    fn number<const N: usize>(&mut self) -> Result<usize, Fault> {
        let field = self.take(N)?;
        Ok(field.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;
    use proptest::prelude::*;

    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a face";
    const JPEG_2000: &[u8] = b"\x00\x00\x00\x0CjP  \r\n\x87\n a face";

    fn block(points: u16, image: &[u8]) -> Vec<u8> {
        let length = u32::try_from(20 + usize::from(points) * 8 + 12 + image.len()).unwrap();
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&points.to_be_bytes());
        bytes.extend(vec![0; 14 + usize::from(points) * 8 + 12]);
        bytes.extend_from_slice(image);
        bytes
    }

    fn fac(blocks: &[Vec<u8>]) -> Vec<u8> {
        let body = blocks.concat();
        let mut bytes = b"FAC\x00010\x00".to_vec();
        bytes.extend_from_slice(&u32::try_from(14 + body.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&u16::try_from(blocks.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn template(tag: u16, data: &[u8]) -> Vec<u8> {
        nest(0x7F60, &[nest(0xA1, &[element(0x80, &[1, 1])]), element(tag, data)])
    }

    fn file(count: u8, templates: &[Vec<u8>]) -> Vec<u8> {
        nest(0x75, &[nest(0x7F61, &[element(0x02, &[count]), templates.concat()])])
    }

    #[test]
    fn the_image_is_found_behind_its_feature_points_with_its_kind_and_digest() {
        let bytes = file(1, &[template(0x5F2E, &fac(&[block(3, JPEG_2000)]))]);
        let faces = read(&bytes).unwrap();
        assert_eq!((faces.len(), faces[0].kind, faces[0].image), (1, ImageKind::Jpeg2000, JPEG_2000));
        assert_eq!(&faces[0].sha256()[..], ring::digest::digest(&ring::digest::SHA256, JPEG_2000).as_ref());
    }

    #[test]
    fn several_templates_and_several_images_in_one_are_read() {
        let both = template(0x5F2E, &fac(&[block(0, JPEG), block(1, JPEG_2000)]));
        let bytes = file(2, &[both, template(0x5F2E, &fac(&[block(0, JPEG)]))]);
        let kinds: Vec<_> = read(&bytes).unwrap().iter().map(|face| face.kind).collect();
        assert_eq!(kinds, [ImageKind::Jpeg, ImageKind::Jpeg2000, ImageKind::Jpeg]);
    }

    #[test]
    fn the_image_of_the_newer_format_is_found_wherever_it_lies() {
        let deep = (0..6).fold(element(0x80, JPEG), |inner, _| nest(0xA1, &[element(0x81, &[0]), inner]));
        let bytes = file(1, &[template(0x7F2E, &nest(0x65, &[deep]))]);
        assert_eq!(read(&bytes).unwrap()[0].image, JPEG);
        let empty = file(1, &[template(0x7F2E, &element(0x65, &[]))]);
        assert_eq!(read(&empty).err(), Some(Fault::Value(0x7F2E)));
    }

    #[test]
    fn what_nests_too_deep_or_has_too_many_elements_is_refused() {
        const ELEMENTS: usize = 100;
        let deep = (0..10_000).fold(element(0x80, JPEG), |inner, _| element(0xA1, &inner));
        assert_eq!(read(&file(1, &[template(0x7F2E, &deep)])).err(), Some(Fault::Many));
        let wide = vec![nest(0xA1, &vec![element(0x80, b"x"); ELEMENTS]); ELEMENTS].concat();
        assert_eq!(read(&file(1, &[template(0x7F2E, &wide)])).err(), Some(Fault::Many));
    }

    #[test]
    fn lengths_and_counts_that_do_not_hold_and_images_of_another_kind_are_refused() {
        let good = fac(&[block(0, JPEG)]);
        let mut long = good.clone();
        long[11] += 1;
        let mut longer_block = good.clone();
        longer_block[17] += 1;
        let mut tiny_block = good.clone();
        tiny_block[14..18].copy_from_slice(&3_u32.to_be_bytes());
        let mut none = good.clone();
        none[13] = 0;
        let png = fac(&[block(0, b"\x89PNG\r\n\x1A\n")]);
        for (record, fault) in [
            (long, Fault::Value(0x5F2E)),
            (longer_block, Fault::CutOff),
            (tiny_block, Fault::Value(0x5F2E)),
            (none, Fault::Value(0x5F2E)),
            (png, Fault::Value(0x5F2E)),
            (b"FAC".to_vec(), Fault::CutOff),
        ] {
            assert_eq!(read(&file(1, &[template(0x5F2E, &record)])).err(), Some(fault));
        }
        for (count, fault) in [(0, Fault::Value(0x02)), (10, Fault::Value(0x02)), (2, Fault::Missing(0x7F60))] {
            assert_eq!(read(&file(count, &[template(0x5F2E, &good)])).err(), Some(fault));
        }
    }

    proptest! {
        #[test]
        fn no_changed_byte_makes_the_reader_panic(at in 0_usize..200, to in any::<u8>()) {
            let mut bytes = file(1, &[template(0x5F2E, &fac(&[block(2, JPEG), block(0, JPEG_2000)]))]);
            let at = at % bytes.len();
            bytes[at] = to;
            let _ = read(&bytes);
        }
    }
}
