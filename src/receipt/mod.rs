//! The signed receipt of a request, and the slip on which the applicant takes it home.
//!
//! Owns what a receipt claims, its text form (a JSON Web Signature), the form in which a QR code holds it, the public keys
//! by which anyone checks it, and the printed page. Bytes in, verdicts out: it refuses to know where keys are kept, what is
//! stored and who asks. No claim names a person; `docs/receipts.md` says which bytes the content hash is of.

mod activation;
mod claims;
mod content;
mod digits;
mod jws;
mod key;
mod qr;
mod slip;
mod verdict;

pub use activation::{ActivationSlip, NotPrinted};
pub use claims::{Claims, Due};
pub use content::{ContentHash, PlainDigest, SALT_BYTES, Salt};
pub use jws::{Genuine, Signed, TEXT_BYTES_MAX, open, read, seal, sign};
pub use key::{JwkSet, KeyFileFault, KeyId, PublicKey, SEED_BYTES, SigningKey};
pub use qr::{Drawing, TooMuch};
pub use slip::{At, Printed, Slip};
pub use verdict::NotGenuine;
