//! Lists of revoked certificates (RFC 5280 section 5), signed by the authority that issued them.

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};

use super::authority::{Authority, BACKDATED, moment};
use crate::device_ca::CaFault;
use crate::domain::device::{EndReason, Serial};
use crate::domain::time::Timestamp;

/// A certificate that was revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revoked {
    /// Which.
    pub serial: Serial,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

/// What a list says.
#[derive(Clone, Debug)]
pub struct RevocationList<'a> {
    /// Its number: each list has a higher one than the list before.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the next one is there at the latest.
    pub next_at: Timestamp,
    /// The certificates.
    pub revoked: &'a [Revoked],
}

impl Authority {
    /// Signs a list; DER.
    ///
    /// # Errors
    /// If it cannot be dated or signed.
    pub fn list(&self, list: &RevocationList<'_>) -> Result<Vec<u8>, CaFault> {
        let entry = |revoked: &Revoked| {
            Ok::<_, CaFault>(RevokedCertParams {
                serial_number: SerialNumber::from_slice(revoked.serial.as_bytes()),
                revocation_time: moment(revoked.at)?,
                reason_code: Some(match revoked.reason {
                    EndReason::Replaced => RevocationReason::Superseded,
                    EndReason::Lost => RevocationReason::KeyCompromise,
                    EndReason::GivenUp => RevocationReason::CessationOfOperation,
                }),
                invalidity_date: None,
            })
        };
        let params = CertificateRevocationListParams {
            this_update: moment(list.made_at.minus(BACKDATED))?,
            next_update: moment(list.next_at)?,
            crl_number: SerialNumber::from(list.number),
            issuing_distribution_point: None,
            revoked_certs: list.revoked.iter().map(entry).collect::<Result<_, _>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(self.issuer())?.der().to_vec())
    }
}
