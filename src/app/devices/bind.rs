//! Binding: a device whose key was proven gets its certificate and the secret of its offline codes, and the evidence at hand
//! decides how sure the binding is.

use serde::Deserialize;

use crate::app::{App, Error};
use crate::device_ca::{Authority, Leaf};
use crate::domain::device::{
    Assurance, Device, DeviceCertificate, FaceCheck, FaceFault, KeyProof, KeyThumbprint, MatchClass, Route, Serial,
    TotpSecret, Uri,
};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::time::Timestamp;
use crate::receipt;
use crate::store::{self, Change, Reader};

/// The type of signed evidence of a face check.
const EVIDENCE_TYPE: &str = "eid-face-check+jwt";
/// Longest evidence that is looked into.
const EVIDENCE_BYTES_MAX: usize = 2 << 10;

/// A device as it is handed to the app.
#[derive(Debug)]
pub struct BoundDevice {
    /// The device.
    pub device: Device,
    /// Its certificate.
    pub certificate: DeviceCertificate,
    /// The certificate of the authority that issued it, in DER.
    pub authority: Vec<u8>,
    /// What an authenticator reads; absent once an offline code was taken.
    pub totp: Option<Uri>,
}

/// What evidence of a face check claims. A member beside these is refused: it could be anything of a face.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    /// The account.
    sub: String,
    /// Thumbprint of the device's key.
    key: String,
    /// When, in seconds since the Unix epoch.
    iat: i64,
    /// How good the match was.
    class: String,
}

impl Claims {
    fn read(payload: &[u8]) -> Option<FaceCheck> {
        let claims: Self = serde_json::from_slice(payload).ok()?;
        Some(FaceCheck {
            account: AccountId::parse(&claims.sub).ok()?,
            key: KeyThumbprint::parse_text(&claims.key).ok()?,
            checked_at: Timestamp::from_micros(claims.iat.checked_mul(1_000_000)?),
            class: MatchClass::from_name(&claims.class)?,
        })
    }
}

impl App {
    /// How sure a binding is with this evidence of a face check, or without.
    ///
    /// # Errors
    /// If there is evidence, and it is not a configured verifier's about this account, this device and this sitting.
    pub(in crate::app) fn assurance(
        &self,
        evidence: Option<&str>,
        (account, key): (AccountId, KeyThumbprint),
        now: Timestamp,
    ) -> Result<Assurance, FaceFault> {
        let Some(evidence) = evidence else { return Ok(Assurance::of(None)) };
        if evidence.len() > EVIDENCE_BYTES_MAX {
            return Err(FaceFault::NotGenuine);
        }
        let opened = receipt::open(evidence, EVIDENCE_TYPE, &self.settings().devices.verifiers);
        let (payload, _) = opened.map_err(|_| FaceFault::NotGenuine)?;
        let check = Claims::read(&payload).ok_or(FaceFault::NotGenuine)?;
        check.class_for(account, key, now).map(|class| Assurance::of(Some(class)))
    }

    /// Binds the device whose key was proven: what the app gets, and the changes for the unit that binds it. They spend the
    /// challenge too.
    ///
    /// # Errors
    /// If no certificate can be issued.
    pub(in crate::app) fn bind_device(
        &self,
        authority: &Authority,
        proof: &KeyProof,
        (route, assurance): (Route, Assurance),
        now: Timestamp,
    ) -> Result<(BoundDevice, [Change; 2]), Error> {
        let device = Device::bind(DeviceId::new(self.dice().id(now)), proof, route, assurance, now);
        let certificate = self.certificate(authority, &device, now)?;
        let secret = TotpSecret::new(self.dice().bytes());
        let totp = Some(self.totp_uri(&secret, device.account)?);
        let secret = self.seal_totp(device.id, &secret)?;
        let kept = store::BoundDevice { device: device.clone(), certificate: certificate.clone(), secret };
        let spent = Change::SpendDeviceChallenge(proof.challenge().value);
        let bound = BoundDevice { device, certificate, authority: authority.certificate().to_vec(), totp };
        Ok((bound, [spent, Change::BindDevice(Box::new(kept))]))
    }

    /// A device as it was handed out when it was bound, for a repeat of that call.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub(in crate::app) async fn bound_device(&self, reader: &mut Reader, id: DeviceId) -> Result<BoundDevice, Error> {
        let device = reader.device(id).await?.ok_or_else(|| lost("device"))?;
        let certificate = reader.latest_certificate(id).await?.ok_or_else(|| lost("device_certificate"))?;
        let authority = reader.device_authority(certificate.authority).await?;
        let secret = reader.unused_totp(id).await?;
        let totp = secret.map(|secret| self.totp_uri(&self.open_totp(id, &secret)?, device.account)).transpose()?;
        Ok(BoundDevice { device, certificate, authority: authority.ok_or_else(|| lost("device_authority"))?, totp })
    }

    /// Another certificate for a device.
    pub(super) fn certificate(
        &self,
        authority: &Authority,
        device: &Device,
        now: Timestamp,
    ) -> Result<DeviceCertificate, Error> {
        let settings = &self.settings().devices;
        // Each authority has a list of its own, and so an address.
        let named = |url: &String| url.replace("{authority}", &authority.id().to_string());
        let list_url = settings.list_url.as_ref().map(named);
        let leaf = Leaf {
            serial: Serial::drawn(self.dice().bytes()),
            device: device.id,
            key: &device.key,
            account: device.account,
            lifetime: settings.certificate_lifetime,
            crl_url: list_url.as_deref(),
        };
        Ok(authority.certify(&leaf, now)?)
    }

    fn totp_uri(&self, secret: &TotpSecret, account: AccountId) -> Result<Uri, Error> {
        // What the error says may quote the issuer's name, and nothing else.
        secret.uri(&self.settings().devices.issuer, account).map_err(|error| Error::Broken(Box::new(error)))
    }
}

/// A row that another refers to, and that is not there.
#[derive(Debug, thiserror::Error)]
#[error("a row of {0} is missing")]
struct Lost(&'static str);

pub(super) fn lost(table: &'static str) -> Error {
    Error::Broken(Box::new(Lost(table)))
}
