//! Devices: what a binding code must be like, and what makes a binding sure.

use std::time::Duration;

use super::Item;
use crate::domain::device::Assurance;

/// See [`BINDING_CODE_LIFETIME_MAX`].
pub const BINDING_CODE_LIFETIME_ITEM: Item = Item {
    name: "devices::BINDING_CODE_LIFETIME_MAX",
    basis: "NIST SP 800-63B-4 section 4.1.2.2",
    domain: "DOMAIN 8.2",
};

/// Longest life of a code by which another device is bound. NIST SP 800-63B-4 section 4.1.2.2.
pub const BINDING_CODE_LIFETIME_MAX: Duration = Duration::from_mins(10);

/// See [`BINDING_CODE_BITS_MIN`].
pub const BINDING_CODE_BITS_ITEM: Item =
    Item { name: "devices::BINDING_CODE_BITS_MIN", basis: "NIST SP 800-63B-4 section 4.1.2.2", domain: "DOMAIN 8.2" };

/// Bits that such a code has at least, when it comes together with an identifier. NIST SP 800-63B-4 section 4.1.2.2.
pub const BINDING_CODE_BITS_MIN: u32 = 40;

/// See [`WITH_FACE_CHECK`].
pub const WITH_FACE_CHECK_ITEM: Item =
    Item {
        name: "devices::WITH_FACE_CHECK", basis: "Regulation (EU) 2015/1502 annex 2.2.2", domain: "DOMAIN 8.1–8.3"
    };

/// What a binding is worth that a face check verified to be the owner's. Regulation (EU) 2015/1502 annex 2.2.2.
pub const WITH_FACE_CHECK: Assurance = Assurance::High;

/// See [`WITHOUT_FACE_CHECK`].
pub const WITHOUT_FACE_CHECK_ITEM: Item =
    Item { name: "devices::WITHOUT_FACE_CHECK", basis: "Regulation (EU) 2015/1502 annex 2.2.2", domain: "DOMAIN 8.3" };

/// What a binding is worth without: it can be assumed that it reached only the owner. Regulation (EU) 2015/1502 annex 2.2.2.
pub const WITHOUT_FACE_CHECK: Assurance = Assurance::Substantial;
