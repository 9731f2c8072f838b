//! Certificates of devices, as this service knows them: by serial number, with their days and whether they were revoked.

use std::fmt;

use crate::domain::ids::DeviceId;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

const SERIAL_BYTES: usize = 20;

/// A serial number: 20 bytes, positive, all but two bits of them random (RFC 5280 section 4.1.2.2 allows no more).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; SERIAL_BYTES]);

impl Serial {
    /// The serial number of these random bytes.
    pub const fn drawn(mut bytes: [u8; SERIAL_BYTES]) -> Self {
        // Positive, and never with a zero in front: its DER form has one length.
        bytes[0] = bytes[0] & 0x7f | 0x40;
        Self(bytes)
    }

    /// The serial number as a certificate has it; `None` if none of ours has such a one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self).filter(|serial| Self::drawn(serial.0) == *serial)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// In hexadecimal digits, for logs and the audit: it names a certificate and nobody.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

/// The name of an authority that issues them: SHA-256 over its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityId([u8; 32]);

impl AuthorityId {
    /// The name of these 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 32 bytes.
    ///
    /// # Errors
    /// If they are more or fewer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new("Not an authority's name.", "Không phải tên của bên cấp chứng thư.");
        bytes.try_into().map(Self).map_err(|_| WRONG)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The first 16 hexadecimal digits, which are enough to tell authorities apart.
impl fmt::Display for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityId({self})")
    }
}

/// A certificate that was issued to a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceCertificate {
    /// Its serial number.
    pub serial: Serial,
    /// The device.
    pub device: DeviceId,
    /// Who issued it.
    pub authority: AuthorityId,
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a certificate is worth at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateStanding {
    /// It is good.
    Valid,
    /// It was revoked, and so it stays after its days are over.
    Revoked,
    /// Its days are over.
    Expired,
}

impl DeviceCertificate {
    /// What it is worth at `now`.
    pub fn standing(&self, now: Timestamp) -> CertificateStanding {
        match self.revoked_at {
            Some(_) => CertificateStanding::Revoked,
            None if now >= self.expires_at => CertificateStanding::Expired,
            None => CertificateStanding::Valid,
        }
    }

    /// From when on another may be issued in its place: half of its life, so that a device that is seldom on line has time.
    pub fn renewable_from(&self) -> Timestamp {
        self.issued_at.plus(self.expires_at.since(self.issued_at) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    proptest! {
        #[test]
        fn a_serial_number_is_positive_and_has_always_twenty_bytes(bytes in any::<[u8; 20]>()) {
            let serial = Serial::drawn(bytes);
            prop_assert!((0x40..0x80).contains(&serial.as_bytes()[0]));
            prop_assert_eq!(serial.as_bytes()[1..].to_vec(), bytes[1..].to_vec());
            prop_assert_eq!(Serial::from_bytes(serial.as_bytes()), Some(serial));
        }
    }

    #[test]
    fn what_cannot_be_one_of_our_serial_numbers_is_none() {
        assert_eq!((Serial::from_bytes(&[0; 20]), Serial::from_bytes(&[0x41; 19])), (None, None));
    }

    #[test]
    fn a_certificate_is_good_until_its_end_and_revoked_for_ever() {
        let life = Duration::from_hours(48);
        let certificate = DeviceCertificate {
            serial: Serial::drawn([1; 20]),
            device: DeviceId::new(Uuid::nil()),
            authority: AuthorityId::new([2; 32]),
            der: Vec::new(),
            issued_at: NOW,
            expires_at: NOW.plus(life),
            revoked_at: None,
        };
        assert_eq!(certificate.standing(NOW), CertificateStanding::Valid);
        assert_eq!(certificate.standing(certificate.expires_at), CertificateStanding::Expired);
        assert_eq!(certificate.renewable_from(), NOW.plus(life / 2));
        let revoked = DeviceCertificate { revoked_at: Some(NOW), ..certificate };
        assert_eq!(revoked.standing(revoked.expires_at.plus(life)), CertificateStanding::Revoked);
    }
}
