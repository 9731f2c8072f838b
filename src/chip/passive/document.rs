//! The signed message of EF.SOD: its shape, who signed it, and whether that signature holds.

use crate::chip::at;
use crate::chip::certificate::Certificate;
use crate::chip::key::SignatureFault;
use crate::chip::scheme::Scheme;
use crate::chip::signed_data::{Attributes, SignedData, Signer};
use crate::chip::sod::{EARLIER_NAMES, LDS_SECURITY_OBJECT, PLAIN_DATA};
use crate::domain::finding::{
    CHIP_ALGORITHM_UNKNOWN, CHIP_ATTRIBUTES, CHIP_CONTENT_TYPE, CHIP_CONTENT_UNNAMED, CHIP_DIGEST_DIFFERS,
    CHIP_SIGNATURE_WRONG, CHIP_SIGNING_TIME, CHIP_SOD_VERSION, Finding,
};
use crate::domain::time::Timestamp;

/// What is wrong with the message's shape, and whether its content can be a list of data groups.
pub(super) fn shape(message: &SignedData<'_>) -> (Vec<Finding>, bool) {
    let mut found = Vec::new();
    // Plain data under a signer named by issuer and serial number is version 1 by RFC 5652 section 5.1.
    if message.version != 3 && (message.version, message.content_type) != (1, PLAIN_DATA) {
        found.push(at(&CHIP_SOD_VERSION, "chip.sod"));
    }
    let is_list = match message.content_type {
        LDS_SECURITY_OBJECT => true,
        name if name == PLAIN_DATA || EARLIER_NAMES.contains(&name) => {
            found.push(at(&CHIP_CONTENT_UNNAMED, "chip.sod"));
            true
        }
        _ => {
            found.push(at(&CHIP_CONTENT_TYPE, "chip.sod"));
            false
        }
    };
    (found, is_list)
}

/// The first signer whose certificate came along. States may add others, for readers of other kinds.
pub(super) fn signer<'m, 'd, 'c>(
    message: &'m SignedData<'d>,
    certificates: &'c [Certificate],
) -> Option<(&'m Signer<'d>, &'c Certificate)> {
    message.signers.iter().find_map(|signer| {
        let certificate = certificates.iter().find(|certificate| signer.id.names(certificate))?;
        Some((signer, certificate))
    })
}

/// What the check of the signature gave.
pub(super) struct Signature {
    /// Attributes, digest and signature all hold.
    pub(super) holds: bool,
    /// How it was made, if that is known.
    pub(super) scheme: Option<Scheme>,
    /// It holds only without the NULL in its `DigestInfo`.
    pub(super) without_null: bool,
    /// What is wrong.
    pub(super) found: Vec<Finding>,
}

/// Checks the signed attributes against the content, and the signature over them. A message without signed attributes is
/// refused: then the content could be taken for attributes, and a signature made for one be used for the other.
pub(super) fn signature(message: &SignedData<'_>, signer: &Signer<'_>, certificate: &Certificate) -> Signature {
    let scheme = Scheme::read(signer.algorithm, signer.digest).ok();
    let read = signer.attributes();
    let mut found = attributes(message, signer, read);
    let mut without_null = false;
    match (scheme, certificate.key(), signer.signed_bytes()) {
        (Some(scheme), Ok(key), Some(signed)) => match key.verify(&scheme, &signed, signer.signature) {
            Ok(()) => (),
            Err(SignatureFault::DigestInfoWithoutNull) => without_null = true,
            Err(_) => found.push(at(&CHIP_SIGNATURE_WRONG, "chip.sod")),
        },
        (_, _, None) => (),
        _ => found.push(at(&CHIP_ALGORITHM_UNKNOWN, "chip.sod")),
    }
    let holds = found.is_empty();
    if holds {
        found.extend(read.and_then(|read| signing_time(read, certificate)));
    }
    Signature { holds, scheme, without_null, found }
}

fn attributes(message: &SignedData<'_>, signer: &Signer<'_>, read: Option<Attributes<'_>>) -> Vec<Finding> {
    let Some(attributes) = read else { return vec![at(&CHIP_ATTRIBUTES, "chip.sod")] };
    let mut found = Vec::new();
    if attributes.content_type != message.content_type {
        found.push(at(&CHIP_ATTRIBUTES, "chip.sod"));
    }
    match signer.digest {
        None => found.push(at(&CHIP_ALGORITHM_UNKNOWN, "chip.sod")),
        Some(hash) if *hash.digest(message.content) != *attributes.message_digest => {
            found.push(at(&CHIP_DIGEST_DIFFERS, "chip.sod"));
        }
        Some(_) => (),
    }
    found
}

/// The signer's own word of when it signed, against the time in which its key may sign. It proves nothing, for who holds
/// the key chooses the word; but a word that contradicts the certificate is worth a look.
fn signing_time(read: Attributes<'_>, certificate: &Certificate) -> Option<Finding> {
    let signed: Timestamp = read.signing_time?;
    let period = certificate.private_key_usage_period();
    let from = period.and_then(|period| period.not_before).unwrap_or_else(|| certificate.not_before());
    let until = period.and_then(|period| period.not_after).unwrap_or_else(|| certificate.not_after());
    (signed < from || signed > until).then(|| at(&CHIP_SIGNING_TIME, "chip.sod"))
}
