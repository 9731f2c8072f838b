//! Bytes of tokens: fixed fields one after another, under a version and a checksum.
//!
//! A token says where to go on and grants nothing: what its holder may see is asked anew at each use. So it is checked
//! against damage, and not signed.

use sha2::{Digest as _, Sha256};

use super::staff::OfficeCode;

const CHECK: usize = 4;

/// A fingerprint of an event, by which a position is known to be in the same history still: a store that was restored from
/// a backup counts on from an earlier position, and other events come to stand where the token points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventPrint(pub(super) [u8; 8]);

/// A token being written.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(version: u8) -> Self {
        Self(vec![version])
    }

    pub(super) fn put(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let check = check(&self.0);
        self.0.extend_from_slice(&check);
        self.0
    }
}

/// A token being read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// `None` for another version, and for what is damaged.
    pub(super) fn open(token: &'a [u8], version: u8) -> Option<Self> {
        let (body, found) = token.split_last_chunk::<CHECK>()?;
        let (first, rest) = body.split_first()?;
        (*found == check(body) && *first == version).then_some(Self(rest))
    }

    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn office(&mut self) -> Option<OfficeCode> {
        let text = self.take::<5>()?;
        OfficeCode::parse(std::str::from_utf8(&text).ok()?).ok()
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

fn check(body: &[u8]) -> [u8; CHECK] {
    hash(&[body])
}

/// The first bytes of SHA-256 over the parts, each with its length before it.
pub(super) fn hash<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().first_chunk::<N>().copied().unwrap_or([0; N])
}
