//! A personalized chip: its files as a reader gets them, and the key with which it answers.

use crate::practice::country::curve::Curve;
use crate::practice::country::ecdsa::{EcKey, Parameters};
use crate::practice::country::groups::{self, Bearer};
use crate::practice::country::hash::Hash;
use crate::practice::country::rsa::{Bits, Owner, RsaKey};

/// How a chip proves that it is no copy (active authentication: Doc 9303-11, section 6.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answering {
    /// Not at all: there is no DG15.
    Never,
    /// ISO/IEC 9796-2 scheme 1 over RSA-2048. All practice chips share that key.
    Rsa(Hash),
    /// Plain ECDSA on P-256, with a key of the chip's own.
    Ecdsa(Hash),
}

/// The files of a chip. Whole elementary files, tag and length included.
#[derive(Clone, PartialEq, Eq)]
pub struct Chip {
    /// EF.SOD, the security object.
    pub sod: Vec<u8>,
    /// EF.COM, the list of groups. Nobody signs it.
    pub com: Vec<u8>,
    /// The machine readable zone.
    pub dg1: Vec<u8>,
    /// The portrait.
    pub dg2: Vec<u8>,
    /// Further details of the person.
    pub dg11: Option<Vec<u8>>,
    /// Further details of the document.
    pub dg12: Option<Vec<u8>>,
    /// Security options.
    pub dg14: Option<Vec<u8>>,
    /// The key with which the chip answers.
    pub dg15: Option<Vec<u8>>,
    pub(super) secret: Secret,
}

/// What tells the chip's key; the key itself is made when it is needed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) answering: Answering,
    pub(super) seed: u64,
    pub(super) name: String,
}

impl Secret {
    fn ec(&self) -> EcKey {
        EcKey::drawn(Curve::P256, Parameters::Named, self.seed, &self.name)
    }

    fn public_key_info(&self) -> Option<Vec<u8>> {
        match self.answering {
            Answering::Never => None,
            Answering::Rsa(_) => Some(RsaKey::fixed(Bits::B2048, Owner::Chip).public_key_info()),
            Answering::Ecdsa(_) => Some(self.ec().public_key_info()),
        }
    }

    /// DG15; `None` for a chip that never answers.
    pub(super) fn dg15(&self) -> Option<Vec<u8>> {
        self.public_key_info().map(|key| groups::dg15(&key))
    }
}

impl Chip {
    /// The files of a chip that nobody has signed yet.
    pub(super) fn unsigned(bearer: &Bearer<'_>, secret: Secret, chip_authentication_key: &[u8]) -> Self {
        let answers_with = match secret.answering {
            Answering::Ecdsa(hash) => Some(hash),
            Answering::Never | Answering::Rsa(_) => None,
        };
        let mut chip = Self {
            sod: Vec::new(),
            com: Vec::new(),
            dg1: groups::dg1(bearer.zone),
            dg2: groups::dg2(bearer.portrait, bearer.zone),
            dg11: groups::dg11(bearer),
            dg12: groups::dg12(bearer),
            dg14: Some(groups::dg14(chip_authentication_key, answers_with)),
            dg15: secret.dg15(),
            secret,
        };
        let tags: Vec<u8> = chip.groups().iter().filter_map(|(_, file)| file.first().copied()).collect();
        chip.com = groups::com(&tags);
        chip
    }

    /// The data groups that are there, with their numbers.
    pub fn groups(&self) -> Vec<(u32, &[u8])> {
        let optional = [(11, &self.dg11), (12, &self.dg12), (14, &self.dg14), (15, &self.dg15)];
        let optional = optional.into_iter().filter_map(|(number, file)| Some((number, file.as_deref()?)));
        [(1, self.dg1.as_slice()), (2, &self.dg2)].into_iter().chain(optional).collect()
    }

    /// What the chip answers to a challenge; `None` if it cannot.
    pub fn answer(&self, challenge: &[u8]) -> Option<Vec<u8>> {
        match self.secret.answering {
            Answering::Never => None,
            Answering::Rsa(hash) => Some(RsaKey::fixed(Bits::B2048, Owner::Chip).iso9796(hash, challenge)),
            Answering::Ecdsa(hash) => {
                let (r, s) = self.secret.ec().sign(&hash.digest(challenge));
                Some([r, s].concat())
            }
        }
    }
}
