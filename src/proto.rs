//! The protocol `eid.issuance.v1`, generated from `proto/` at build time: messages, servers and clients.
//!
//! Messages have no `Debug`: they carry personal data, and what cannot be printed cannot be logged.

#![expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    reason = "generated; documented in proto/"
)]

tonic::include_proto!("eid.issuance.v1");

/// The protocol as a serialised `FileDescriptorSet`, for reflection and for the JSON form of messages.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/eid.binpb"));
