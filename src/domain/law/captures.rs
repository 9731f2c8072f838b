//! What is taken of a person, how good it must be, and until when it is kept.

use std::time::Duration;

use super::Item;

/// See [`FACE_PIXELS_MIN`].
pub const FACE_ITEM: Item = Item {
    name: "captures::FACE_PIXELS_MIN",
    basis: "ISO/IEC 19794-5 section 8.4.1; Doc 9303-3",
    domain: "DOMAIN 1.5",
};

/// Least width and height of a face image in pixels. The standard asks for a head 180 pixels wide, and for an image as wide
/// as four thirds of the head or more, three to four: 240 by 320. The head itself is not looked for here.
pub const FACE_PIXELS_MIN: (u32, u32) = (240, 320);

/// Most width and height of a face image in pixels. No standard gives one: beyond this a picture of half a megabyte is
/// compressed too far to be used, or made to exhaust whoever decodes it.
pub const FACE_PIXELS_MAX: (u32, u32) = (4_096, 4_096);

/// See [`QUALITY_MIN`].
pub const QUALITY_ITEM: Item = Item { name: "captures::QUALITY_MIN", basis: "ISO/IEC 29794-1", domain: "DOMAIN 8.1" };

/// Below this a template is of the lowest of the four bands of quality, and may match nobody.
pub const QUALITY_MIN: u8 = 26;

/// See [`OVERDUE`].
pub const OVERDUE_ITEM: Item =
    Item { name: "captures::OVERDUE", basis: "Law 91/2025 art. 31; Decree 356/2025 art. 4.2", domain: "DOMAIN 7.2" };

/// How long after the decision captures may still be here before an operator is told. The law gives no figure; the longest
/// limit for a decision is seven working days, and the authority has had them before it decides.
pub const OVERDUE: Duration = Duration::from_hours(24);
