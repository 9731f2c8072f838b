//! The development PKI: certificates for practice, so that nobody needs real ones to see the service work.
//!
//! Owns the minting of certificates, for development and for tests. Refuses to overwrite a PKI that is there, and
//! throws its CA keys away: a development PKI is replaced, never extended. Keys are written to files that only their
//! owner can read, and appear in no error, log or debug output. Production certificates come from elsewhere; see
//! `certs/README.md`.

mod authority;
mod caller;
mod crowd;
mod development;
mod fault;

pub use authority::{Authority, Issued, Leaf, Usage};
pub use caller::PracticeCaller;
pub use crowd::gather;
pub use development::{DevelopmentPki, develop, load};
pub use fault::PkiFault;
