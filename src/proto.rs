//! The protocol `eid.issuance.v1`, generated from `proto/` at build time: messages, servers and clients.
//!
//! Messages carry personal data: printed with `Debug`, they show their name and nothing else.

#![expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    reason = "generated; documented in proto/"
)]

tonic::include_proto!("eid.issuance.v1");
include!(concat!(env!("OUT_DIR"), "/opaque.rs"));

/// The protocol as a serialised `FileDescriptorSet`, for reflection and for the JSON form of messages.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/eid.binpb"));
