//! Devices that hold a key of their own and sign with it.

use eid::domain::device::{DeviceKey, DeviceSignature, KeyThumbprint};
use p256::ecdsa::signature::Signer as _;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

/// A device in somebody's hands.
pub enum Phone {
    Ed25519(Ed25519KeyPair),
    P256(Box<p256::ecdsa::SigningKey>),
}

impl Phone {
    /// The device of a seed: odd ones have a key of one kind, even ones of the other.
    pub fn new(seed: u8) -> Self {
        Self::of([seed; 32])
    }

    /// The device with the key of these bytes.
    pub fn of(seed: [u8; 32]) -> Self {
        if seed[0].is_multiple_of(2) {
            Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap())
        } else {
            Self::P256(Box::new(p256::ecdsa::SigningKey::from_slice(&seed).unwrap()))
        }
    }

    /// Its public key, SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> Vec<u8> {
        let (head, point) = match self {
            Self::Ed25519(pair) => ("302a300506032b6570032100", pair.public_key().as_ref().to_vec()),
            Self::P256(key) => (
                "3059301306072a8648ce3d020106082a8648ce3d030107034200",
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            ),
        };
        [hex::decode(head).unwrap(), point].concat()
    }

    pub fn key(&self) -> DeviceKey {
        DeviceKey::parse(&self.spki()).unwrap()
    }

    pub fn thumbprint(&self) -> KeyThumbprint {
        self.key().thumbprint()
    }

    /// Its signature over a text.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(text.as_bytes());
                signature.to_der().as_bytes().to_vec()
            }
        }
    }

    pub fn signature(&self, text: &str) -> DeviceSignature {
        DeviceSignature::parse(&self.sign(text)).unwrap()
    }
}
