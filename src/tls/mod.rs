//! The mTLS edge: who is at the other end of a connection, proved before a single byte of a request is read.
//!
//! Owns the TLS settings, the acceptor and the reading of a client certificate's name. Refuses everything but TLS 1.3
//! with a client certificate that one of the trusted authorities issued. What a name may do is not decided here.

mod acceptor;
mod certificate;
mod connection;
mod ends;
mod issuer;
mod revocation;
mod settings;
#[cfg(test)]
mod tests;

pub use acceptor::{Incoming, Limits, incoming};
pub use certificate::{CertificateFault, name_of, name_of_pem};
pub use connection::{Connection, Peer};
pub use ends::first_end;
pub use revocation::{CrlFault, Crls, OpenConnections};
pub use settings::{PemFile, TlsFault, server_config, server_config_with};
