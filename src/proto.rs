//! The protocols, generated from `proto/` at build time: messages, servers and clients of `eid.issuance.v1`, and below
//! [`registry`] those of `eid.registry.v1`.
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

/// `eid.registry.v1`: the immigration record, asked for and served.
pub mod registry {
    tonic::include_proto!("eid.registry.v1");
    include!(concat!(env!("OUT_DIR"), "/opaque_registry.rs"));
}

/// The protocols as a serialised `FileDescriptorSet`, for reflection and for the JSON form of messages.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/eid.binpb"));
