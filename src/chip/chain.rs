//! From a signer's certificate to a trusted authority: one signature, or two with a link certificate that came along.
//!
//! Owns the search. Signatures alone count here; dates, countries and revocation are looked at by `passive` each time.

use super::certificate::{Certificate, KeyUsage};
use super::key::SignatureFault;
use super::trust::Trust;

/// Most link certificates of a document that are tried.
const LINKS_MAX: usize = 2;

/// A chain whose signatures hold.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The link certificate between signer and authority, if the document brought one that was needed.
    pub link: Option<Certificate>,
    /// The authority: its number in the snapshot of trust.
    pub(super) authority: usize,
    /// A signature of the chain holds only without the NULL in its `DigestInfo`.
    pub(super) without_null: bool,
}

/// Why there is no chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Untrusted {
    /// No authority that is known signed the certificate.
    Unknown,
    /// The certificate names the key of an authority that is known, and that key did not sign it.
    Forged,
}

/// Finds the authority behind `signer`. `others` are the other certificates of the document.
///
/// # Errors
/// [`Untrusted`] if there is none.
pub fn find(signer: &Certificate, others: &[Certificate], trust: &Trust, practice: bool) -> Result<Chain, Untrusted> {
    let fingerprint = signer.fingerprint();
    if let Some(chain) = trust.known().find(fingerprint, practice) {
        return Ok(chain);
    }
    let direct = issuer(signer, trust, practice);
    let chain = direct.map(|(authority, without_null)| Chain { link: None, authority, without_null });
    let chain = chain.or_else(|| linked(signer, others, trust, practice));
    match chain {
        Some(chain) => {
            trust.known().keep(fingerprint, practice, &chain);
            Ok(chain)
        }
        None if is_forged(signer, trust, practice) => Err(Untrusted::Forged),
        None => Err(Untrusted::Unknown),
    }
}

/// Whether a known key that the certificate names as its issuer's gives a wrong signature; a signature that cannot be
/// checked at all is not a wrong one.
fn is_forged(certificate: &Certificate, trust: &Trust, practice: bool) -> bool {
    let mut keys = trust.named(certificate, practice).filter_map(|issuer| issuer.key().ok());
    keys.any(|key| certificate.verify_signed_by(key) == Err(SignatureFault::Wrong))
}

/// The trusted key that signed `certificate`, and whether it did so without the NULL.
fn issuer(certificate: &Certificate, trust: &Trust, practice: bool) -> Option<(usize, bool)> {
    trust.candidates(certificate, practice).into_iter().find_map(|at| {
        let authority = trust.authority(at)?.certificates().first()?;
        Some((at, signed(certificate, authority)?))
    })
}

/// Whether `issuer` signed `certificate` without the NULL; `None` if it did not sign it.
fn signed(certificate: &Certificate, issuer: &Certificate) -> Option<bool> {
    match certificate.verify_signed_by(issuer.key().ok()?) {
        Ok(()) => Some(false),
        Err(SignatureFault::DigestInfoWithoutNull) => Some(true),
        Err(_) => None,
    }
}

fn linked(signer: &Certificate, others: &[Certificate], trust: &Trust, practice: bool) -> Option<Chain> {
    let may_sign = |other: &&Certificate| {
        other.is_ca()
            && other.key_usage().is_none_or(KeyUsage::key_cert_sign)
            && other.subject_key() == signer.issuer_key()
    };
    others.iter().filter(may_sign).take(LINKS_MAX).find_map(|link| {
        let first = signed(signer, link)?;
        let (authority, second) = issuer(link, trust, practice)?;
        // A link leads from one key of a state to the next: an authority below another state's is none.
        let anchor = trust.authority(authority)?.certificates().first()?;
        (anchor.subject_country() == link.subject_country()).then_some(())?;
        Some(Chain { link: Some(link.clone()), authority, without_null: first || second })
    })
}
