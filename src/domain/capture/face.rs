//! A face image: JPEG or JPEG 2000, complete as far as its headers tell.
//!
//! Owns what can be known without decoding: the format, the size in bytes and pixels, and whether the end is there. The
//! dimensions are judged by [`crate::domain::check`], against `law::captures`.

use hayro_jpeg2000::{DecodeSettings, Image};
use serde::{Deserialize, Serialize};

use super::Content;
use crate::domain::text::Malformed;

/// The largest face image taken: 512 KiB. ICAO asks 15 to 20 KB of a chip; what an office takes may be better.
pub const FACE_BYTES_MAX: usize = 512 << 10;

const TOO_LARGE: Malformed = Malformed::new(
    "Larger than 524288 bytes (512 KiB). Compress the image more, or crop it to head and shoulders.",
    "Lớn hơn 524288 byte (512 KiB). Hãy nén ảnh thêm hoặc cắt còn phần đầu và vai.",
);
const NOT_AN_IMAGE: Malformed = Malformed::new(
    "Neither JPEG nor JPEG 2000. Send the file of the camera as it is, without any wrapping.",
    "Không phải ảnh JPEG hay JPEG 2000. Hãy gửi nguyên tệp của máy ảnh, không bọc thêm định dạng khác.",
);
const BROKEN: Malformed = Malformed::new(
    "The image's header cannot be read. Take the photo again.",
    "Không đọc được phần đầu của ảnh. Hãy chụp lại.",
);
const CUT_OFF: Malformed = Malformed::new(
    "The image is cut off before its end. Send it again.",
    "Ảnh bị cắt trước khi kết thúc. Hãy gửi lại.",
);

/// Formats of a face image (Doc 9303-10 section 4.7.2; ISO/IEC 19794-5 section 5.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ImageFormat {
    /// ISO/IEC 10918.
    Jpeg,
    /// ISO/IEC 15444, in a JP2 file or as a bare codestream.
    Jpeg2000,
}

/// A face image whose headers are right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaceImage {
    format: ImageFormat,
    width: u32,
    height: u32,
    content: Content,
}

impl FaceImage {
    /// Reads an image's headers.
    ///
    /// # Errors
    /// If it is no JPEG or JPEG 2000, too large, broken or cut off.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Malformed> {
        let content = Content::new(bytes);
        let bytes = content.as_bytes();
        if bytes.len() > FACE_BYTES_MAX {
            return Err(TOO_LARGE);
        }
        let format = format_of(bytes).ok_or(NOT_AN_IMAGE)?;
        if !is_complete(bytes) {
            return Err(CUT_OFF);
        }
        let (width, height) = match format {
            ImageFormat::Jpeg => jpeg_size(bytes),
            ImageFormat::Jpeg2000 => jpeg2000_size(bytes),
        }
        .filter(|(width, height)| *width > 0 && *height > 0)
        .ok_or(BROKEN)?;
        Ok(Self { format, width, height, content })
    }

    /// How it is encoded.
    pub const fn format(&self) -> ImageFormat {
        self.format
    }

    /// Width and height in pixels, as the header has them.
    pub const fn pixels(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The image itself.
    pub const fn content(&self) -> &Content {
        &self.content
    }
}

fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    const JPEG: &[u8] = b"\xff\xd8\xff";
    const JP2: &[u8] = b"\x00\x00\x00\x0cjP  \r\n\x87\n";
    /// Start of codestream, image and tile size.
    const CODESTREAM: &[u8] = b"\xff\x4f\xff\x51";
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(JPEG) {
        Some(ImageFormat::Jpeg)
    } else if begins(JP2) || begins(CODESTREAM) {
        Some(ImageFormat::Jpeg2000)
    } else {
        None
    }
}

/// Both formats end with the marker 0xFFD9; some cameras pad with zeros behind it.
fn is_complete(bytes: &[u8]) -> bool {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).is_some_and(|bytes| bytes.ends_with(b"\xff\xd9"))
}

fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(bytes).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

/// Reads every main header and decodes nothing.
fn jpeg2000_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let image = Image::new(bytes, &DecodeSettings::default()).ok()?;
    Some((image.width(), image.height()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A JPEG of these dimensions as far as its headers tell.
    pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let ([w1, w0], [h1, h0]) = (width.to_be_bytes(), height.to_be_bytes());
        let mut image = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".to_vec();
        image.extend([0xff, 0xc0, 0, 11, 8, h1, h0, w1, w0, 1, 1, 0x11, 0]);
        image.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x5a, 0xff, 0xd9]);
        image
    }

    /// A JPEG 2000 codestream of these dimensions as far as its headers tell.
    fn codestream(width: u32, height: u32) -> Vec<u8> {
        let mut stream = b"\xff\x4f\xff\x51\x00\x29\x00\x00".to_vec();
        for side in [width, height, 0, 0, width, height, 0, 0] {
            stream.extend(side.to_be_bytes());
        }
        stream.extend(b"\x00\x01\x07\x01\x01\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x00\x04\x04\x00\x01");
        stream.extend(b"\xff\x5c\x00\x04\x40\x40\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x0e\x00\x01\xff\x93\xff\xd9");
        stream
    }

    /// The same in a JP2 file.
    fn jp2(width: u32, height: u32) -> Vec<u8> {
        fn boxed(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            let inside = parts.concat();
            let size = u32::try_from(inside.len() + 8).unwrap();
            [&size.to_be_bytes(), kind, &inside].concat()
        }
        let header = boxed(b"ihdr", &[&height.to_be_bytes(), &width.to_be_bytes(), b"\x00\x01\x07\x07\x00\x00"]);
        let colour = boxed(b"colr", &[b"\x01\x00\x00\x00\x00\x00\x11"]);
        [
            boxed(b"jP  ", &[b"\r\n\x87\n"]),
            boxed(b"ftyp", &[b"jp2 \x00\x00\x00\x00jp2 "]),
            boxed(b"jp2h", &[&header, &colour]),
            boxed(b"jp2c", &[&codestream(width, height)]),
        ]
        .concat()
    }

    #[test]
    fn format_and_dimensions_are_read_from_the_headers() {
        for (image, format) in [
            (jpeg(480, 640), ImageFormat::Jpeg),
            (codestream(480, 640), ImageFormat::Jpeg2000),
            (jp2(480, 640), ImageFormat::Jpeg2000),
        ] {
            let padded = [image.clone(), vec![0; 16]].concat();
            for image in [image, padded] {
                let face = FaceImage::read(image.clone()).unwrap();
                assert_eq!((face.format(), face.pixels()), (format, (480, 640)));
                assert_eq!(face.content().as_bytes(), image);
            }
        }
    }

    #[test]
    fn what_is_no_image_or_too_large_is_refused() {
        let png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\xff\xd9";
        for wrong in [&b""[..], b"\xff\xd8", b"GIF89a", png, b"%PDF-1.7", b"<svg/>"] {
            assert_eq!(FaceImage::read(wrong.to_vec()), Err(NOT_AN_IMAGE));
        }
        let mut largest = jpeg(480, 640);
        largest.resize(FACE_BYTES_MAX, 0);
        assert!(FaceImage::read(largest.clone()).is_ok());
        largest.push(0);
        assert_eq!(FaceImage::read(largest), Err(TOO_LARGE));
    }

    #[test]
    fn an_image_cut_anywhere_is_refused() {
        for image in [jpeg(480, 640), codestream(480, 640), jp2(480, 640)] {
            for end in 12..image.len() {
                assert_eq!(FaceImage::read(image[..end].to_vec()), Err(CUT_OFF), "{end}");
            }
        }
    }

    #[test]
    fn an_image_without_dimensions_is_refused() {
        assert_eq!(FaceImage::read(jpeg(0, 640)), Err(BROKEN));
        assert_eq!(FaceImage::read(codestream(480, 0)), Err(BROKEN));
        assert_eq!(FaceImage::read(b"\xff\xd8\xff\xd9".to_vec()), Err(BROKEN));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            seed in 0..3_usize,
            changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..12),
            tail in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut image = [jpeg(480, 640), codestream(480, 640), jp2(480, 640)][seed].clone();
            for (at, byte) in changes {
                let at = usize::from(at) % image.len();
                image[at] = byte;
            }
            image.extend(tail);
            image.extend(b"\xff\xd9");
            if let Ok(face) = FaceImage::read(image) {
                prop_assert!(face.pixels().0 > 0 && face.pixels().1 > 0);
            }
        }
    }
}
