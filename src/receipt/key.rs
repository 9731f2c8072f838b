//! Keys of receipts: Ed25519 (RFC 8032), named by their RFC 7638 thumbprint, handed out as a JWK set (RFC 7517, RFC 8037).
//!
//! A name is computed, never believed: what a file calls a key does not matter. Refuses sets that hold private keys.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a private key.
pub const SEED_BYTES: usize = 32;
/// Bytes of a signature.
pub(super) const SIGNATURE_BYTES: usize = 64;
/// Longest text of a JWK set that is read: room for some hundred keys.
const SET_BYTES_MAX: usize = 64 << 10;

/// Name of a key: its RFC 7638 thumbprint, SHA-256, 43 characters of base64url.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyId(String);

impl KeyId {
    /// Reads what has the form of a thumbprint; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let right = text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok();
        right.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key by which receipts are checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    point: [u8; 32],
    id: KeyId,
}

impl PublicKey {
    /// The key of these 32 bytes.
    pub fn new(point: [u8; 32]) -> Self {
        // The required members in the order of their names, without white space: RFC 7638 section 3, RFC 8037 appendix A.3.
        let required = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(point));
        Self { point, id: KeyId(URL_SAFE_NO_PAD.encode(Sha256::digest(required))) }
    }

    /// Its name.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Whether `signature` is this key's under `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.point).verify(message, signature).is_ok()
    }
}

/// A key that signs receipts.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// The key of a seed. `None` for none of 32 bytes' length: ring takes them all.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = PublicKey::new(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// The key by which its signatures are checked.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.pair.sign(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id)
    }
}

/// Why a file is no set of public keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyFileFault {
    /// It is no JWK set.
    #[error("it is not a JWK set (RFC 7517); fetch one with `eid receipt keys`")]
    NotASet,
    /// It holds a private key, which nobody but the service may have.
    #[error("it holds a private key; keep it secret, and check with the public keys of `eid receipt keys`")]
    Private,
    /// It has no key of the kind that signs receipts.
    #[error("it has no Ed25519 key; fetch the service's with `eid receipt keys`")]
    NoKey,
}

/// The keys by which receipts are checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JwkSet(Vec<PublicKey>);

/// A key as JSON has it. Members that are not known are passed over, and so are keys of other kinds (RFC 7517 section 5).
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing)]
    d: Option<serde::de::IgnoredAny>,
    #[serde(default, skip_serializing)]
    k: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// A set of these keys.
    pub const fn new(keys: Vec<PublicKey>) -> Self {
        Self(keys)
    }

    /// Reads a JWK set.
    ///
    /// # Errors
    /// If it is none, holds a private key, or has no Ed25519 key.
    pub fn parse(json: &str) -> Result<Self, KeyFileFault> {
        let set = (json.len() <= SET_BYTES_MAX).then(|| serde_json::from_str::<Set>(json).ok()).flatten();
        let set = set.ok_or(KeyFileFault::NotASet)?;
        if set.keys.iter().any(|key| key.d.is_some() || key.k.is_some()) {
            return Err(KeyFileFault::Private);
        }
        let keys: Vec<_> = set.keys.iter().filter_map(Jwk::public).collect();
        if keys.is_empty() { Err(KeyFileFault::NoKey) } else { Ok(Self(keys)) }
    }

    /// The set as JSON, one key on a line.
    pub fn to_json(&self) -> String {
        let jwk = |key: &PublicKey| serde_json::to_string(&Jwk::from(key)).unwrap_or_default();
        let keys: Vec<_> = self.0.iter().map(jwk).collect();
        format!("{{\"keys\":[\n{}\n]}}\n", keys.join(",\n"))
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }

    /// The key of that name.
    pub fn find(&self, id: &KeyId) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.id == *id)
    }
}

impl From<&PublicKey> for Jwk {
    fn from(key: &PublicKey) -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            kty: "OKP".to_owned(),
            crv: text("Ed25519"),
            x: Some(URL_SAFE_NO_PAD.encode(key.point)),
            kid: text(key.id.as_str()),
            purpose: text("sig"),
            alg: text("EdDSA"),
            d: None,
            k: None,
        }
    }
}

impl Jwk {
    /// The key, if it is one that may sign receipts.
    fn public(&self) -> Option<PublicKey> {
        let is = |member: &Option<String>, value: &str| member.as_deref() == Some(value);
        let signs = self.purpose.is_none() || is(&self.purpose, "sig");
        let kind = self.kty == "OKP" && is(&self.crv, "Ed25519");
        let point = URL_SAFE_NO_PAD.decode(self.x.as_ref()?).ok()?;
        (signs && kind).then(|| point.try_into().ok()).flatten().map(PublicKey::new)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The key of RFC 8037 appendix A.1 and A.2.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    pub(in crate::receipt) fn rfc_8037() -> SigningKey {
        SigningKey::from_seed(&URL_SAFE_NO_PAD.decode(D).unwrap().try_into().unwrap()).unwrap()
    }

    #[test]
    fn a_key_is_named_as_rfc_8037_names_it() {
        let key = rfc_8037();
        assert_eq!(URL_SAFE_NO_PAD.encode(key.public().point), X);
        assert_eq!(key.public().id().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_signature_is_the_one_of_rfc_8037() {
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = URL_SAFE_NO_PAD.encode(rfc_8037().sign(signed.as_bytes()));
        assert_eq!(signature, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    }

    #[test]
    fn a_set_is_read_back_and_the_names_in_it_are_not_believed() {
        let set = JwkSet::new(vec![rfc_8037().public().clone(), PublicKey::new([9; 32])]);
        assert_eq!(JwkSet::parse(&set.to_json()), Ok(set.clone()));
        let renamed = set.to_json().replace("kPrK_qmx", "AAAA_AAA");
        assert_eq!(JwkSet::parse(&renamed), Ok(set));
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let own = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","use":"sig","new":1}}"#);
        let others = [
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(),
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_owned(),
            format!(r#"{{"kty":"OKP","crv":"X25519","x":"{X}"}}"#),
            format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","use":"enc"}}"#),
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#.to_owned(),
        ];
        let set = |keys: &[String]| JwkSet::parse(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")));
        assert_eq!(set(&others), Err(KeyFileFault::NoKey));
        let all: Vec<_> = others.into_iter().chain([own]).collect();
        assert_eq!(set(&all).unwrap().keys(), [rfc_8037().public().clone()]);
    }

    #[test]
    fn a_private_key_among_the_public_ones_is_refused() {
        let private = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"{D}"}}]}}"#);
        assert_eq!(JwkSet::parse(&private), Err(KeyFileFault::Private));
        for wrong in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[{}]}"#, &" ".repeat(SET_BYTES_MAX + 1)] {
            assert_eq!(JwkSet::parse(wrong), Err(KeyFileFault::NotASet));
        }
    }

    #[test]
    fn a_private_key_never_prints() {
        assert_eq!(format!("{:?}", rfc_8037()), "SigningKey(kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)");
    }
}
