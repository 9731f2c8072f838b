//! The authority that issues certificates to devices, and lists those it revoked.
//!
//! Owns the shape of its certificates and lists (RFC 5280). Keys and days in, DER out: it refuses to know where keys are
//! kept, what is stored and who asks. No certificate and no list names a person: a device and an account stand in them as
//! opaque identifiers.

mod authority;
mod key;
mod list;

#[cfg(test)]
mod tests;

pub use authority::{Authority, Leaf, serial_of};
pub use key::{AuthorityKey, SEED_BYTES};
pub use list::{RevocationList, Revoked};

use crate::domain::time::Timestamp;

/// Why a certificate or a list cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CaFault {
    /// It cannot carry this instant.
    #[error("a certificate cannot be dated {0}")]
    Date(Timestamp),
    /// The authority's own certificate has ended, or ends before anything could be issued.
    #[error("the certificate of the authority for devices has ended: take a new key with `eid keys rotate-device`")]
    Ended,
    /// The certificate kept is not of the authority's key.
    #[error("the certificate kept for the authority of devices is not of its key")]
    NotOfKey,
    /// It could not be written or signed.
    #[error("a certificate or a revocation list cannot be made")]
    Mint(#[from] rcgen::Error),
}
