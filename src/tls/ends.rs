//! When certificates end.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::domain::time::Timestamp;

/// When the first of the certificates in a PEM text ends; `None` if there is none that can be read.
pub fn first_end(pem: &[u8]) -> Option<Timestamp> {
    let ends = CertificateDer::pem_slice_iter(pem).filter_map(|der| {
        let der = der.ok()?;
        let (_, read) = X509Certificate::from_der(&der).ok()?;
        Some(read.validity().not_after.timestamp())
    });
    ends.min().map(|secs| Timestamp::from_micros(secs.saturating_mul(1_000_000)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn ending(day: i64) -> String {
        let mut params = CertificateParams::default();
        params.not_before = OffsetDateTime::UNIX_EPOCH;
        params.not_after = OffsetDateTime::UNIX_EPOCH + Duration::days(day);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn of_several_certificates_the_first_end_counts() {
        let day = |day: i64| Timestamp::from_micros(day * 86_400_000_000);
        assert_eq!(first_end((ending(20_005) + &ending(20_001)).as_bytes()), Some(day(20_001)));
        assert_eq!(first_end(b"nothing"), None);
    }
}
