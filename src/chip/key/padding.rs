//! The encodings of a message within an RSA signature: EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 section 9).
//!
//! Owns the comparison of whole encodings: what a signer would have written is built and compared byte by byte, nothing is
//! skipped over and nothing may follow. Refuses everything else.

use super::SignatureFault;
use crate::chip::hash::Hash;

/// EMSA-PKCS1-v1_5, RFC 8017 section 9.2: `encoded` is as long as the modulus.
pub(super) fn verify_pkcs1(hash: Hash, digest: &[u8], encoded: &[u8]) -> Result<(), SignatureFault> {
    if encode_pkcs1(hash, digest, encoded.len(), true).is_some_and(|expected| expected == encoded) {
        return Ok(());
    }
    if encode_pkcs1(hash, digest, encoded.len(), false).is_some_and(|expected| expected == encoded) {
        return Err(SignatureFault::DigestInfoWithoutNull);
    }
    Err(SignatureFault::Wrong)
}

/// `00 01 FF … FF 00 DigestInfo`; `None` if fewer than eight bytes of padding fit.
fn encode_pkcs1(hash: Hash, digest: &[u8], len: usize, with_null: bool) -> Option<Vec<u8>> {
    let oid = hash.oid();
    let null: &[u8] = if with_null { &[0x05, 0x00] } else { &[] };
    let algorithm = tlv(0x30, &[&tlv(0x06, &[oid.as_bytes()])?, null])?;
    let info = tlv(0x30, &[&algorithm, &tlv(0x04, &[digest])?])?;
    let padding = len.checked_sub(info.len() + 3).filter(|padding| *padding >= 8)?;
    let mut encoded = vec![0x00, 0x01];
    encoded.resize(2 + padding, 0xFF);
    encoded.push(0x00);
    encoded.extend(info);
    Some(encoded)
}

/// A value in DER whose length is below 128.
fn tlv(tag: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let content = parts.concat();
    let len = u8::try_from(content.len()).ok().filter(|len| *len < 128)?;
    Some([&[tag, len], content.as_slice()].concat())
}

/// EMSA-PSS-VERIFY, RFC 8017 section 9.1.2. `encoded` is as long as the modulus, `bits` is one less than the modulus has:
/// where that saves a byte, the first one has to be zero.
pub(super) fn verify_pss(
    hash: Hash,
    mgf: Hash,
    salt_len: usize,
    digest: &[u8],
    encoded: &[u8],
    bits: usize,
) -> Result<(), SignatureFault> {
    let salt = recover_salt(hash, mgf, salt_len, encoded, bits).ok_or(SignatureFault::Wrong)?;
    let expected = hash.digest_parts(&[&[0; 8], digest, &salt.salt]);
    if *expected == *salt.hash { Ok(()) } else { Err(SignatureFault::Wrong) }
}

/// What an encoded message holds: the salt, and the hash over digest and salt.
struct Recovered<'a> {
    salt: Vec<u8>,
    hash: &'a [u8],
}

/// Steps 3 to 11 of section 9.1.2.
fn recover_salt(hash: Hash, mgf: Hash, salt_len: usize, encoded: &[u8], bits: usize) -> Option<Recovered<'_>> {
    let len = bits.div_ceil(8);
    let (before, encoded) = encoded.split_at_checked(encoded.len().checked_sub(len)?)?;
    let (rest, trailer) = encoded.split_at_checked(len.checked_sub(1)?)?;
    let (masked, found) = rest.split_at_checked(rest.len().checked_sub(hash.len())?)?;
    let zeros = masked.len().checked_sub(salt_len + 1)?;
    if before.iter().any(|byte| *byte != 0) || trailer != [0xBC] {
        return None;
    }
    // Bits of the first byte that lie beyond `bits`.
    let unused = !(0xFF_u8 >> (8 * len - bits));
    if masked.first()? & unused != 0 {
        return None;
    }
    let mut block = mask(mgf, found, masked.len());
    block.iter_mut().zip(masked).for_each(|(mask, byte)| *mask ^= byte);
    *block.first_mut()? &= !unused;
    let (padding, salt) = block.split_at_checked(zeros)?;
    let (one, salt) = salt.split_first()?;
    let right = padding.iter().all(|byte| *byte == 0) && *one == 1;
    right.then(|| Recovered { salt: salt.to_vec(), hash: found })
}

/// MGF1, RFC 8017 appendix B.2.1.
fn mask(hash: Hash, seed: &[u8], len: usize) -> Vec<u8> {
    let blocks = (0_u32..).map(|counter| hash.digest_parts(&[seed, &counter.to_be_bytes()]));
    let mut mask: Vec<u8> = Vec::with_capacity(len + hash.len());
    for block in blocks.take(len.div_ceil(hash.len())) {
        mask.extend_from_slice(&block);
    }
    mask.truncate(len);
    mask
}
