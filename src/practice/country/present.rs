//! A passport as it lies on the counter, in order or with one flaw, together with what the checker knows of its country.

use time::{Date, Duration};

use crate::practice::country::algorithm::Algorithm;
use crate::practice::country::certificate::Term;
use crate::practice::country::chip::{Answering, Chip, Secret};
use crate::practice::country::cms::{ContentType, DATA, Message, Sid, Signature};
use crate::practice::country::curve::Curve;
use crate::practice::country::flaw::Flaw;
use crate::practice::country::groups::{self, Bearer, Portrait};
use crate::practice::country::hash::Hash;
use crate::practice::country::rsa::Bits;
use crate::practice::country::signer::{Authority, ELSEWHERE, FIRST_KEY, Signer, Wish};
use crate::practice::country::{Country, LDS_SECURITY_OBJECT, der};

/// How many hashes and how many elements within one another are too many.
const TOO_MANY: u32 = 10_000;

/// What a reader got from a passport, and what a checker may know.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The files of the chip.
    pub chip: Chip,
    /// The challenge that the checker sent: eight bytes.
    pub challenge: Vec<u8>,
    /// What the chip answered, if it answers.
    pub answer: Option<Vec<u8>>,
    /// Certificates of authorities that the checker trusts, and link certificates, in DER.
    pub authorities: Vec<Vec<u8>>,
    /// Revocation lists that the checker has, in DER.
    pub revocation_lists: Vec<Vec<u8>>,
}

impl Country {
    /// The passport of a bearer on a day, in order or with one flaw. A flaw that needs another algorithm or another
    /// authority brings its own.
    pub fn present(&self, bearer: &Bearer<'_>, answering: Answering, flaw: Option<Flaw>, on: Date) -> Presented {
        let issuer = flaw.and_then(|flaw| self.instead(flaw));
        let issuer = issuer.as_ref().unwrap_or(self);
        let signer = issuer.signer(wish(flaw));
        let chip = issuer.chip_with(&signer, bearer, answering, flaw);
        let challenge = Hash::Sha256.digest(&chip.sod).into_iter().take(8).collect::<Vec<_>>();
        let answered = if flaw == Some(Flaw::AnswerToAnotherChallenge) { vec![0; 8] } else { challenge.clone() };
        Presented {
            answer: chip.answer(&answered),
            chip,
            challenge,
            authorities: self.authorities(issuer, flaw),
            revocation_lists: issuer.revocation_lists(self, &signer, flaw, on),
        }
    }

    /// The country that issues in place of this one; `None` if this one does.
    fn instead(&self, flaw: Flaw) -> Option<Self> {
        let seed = self.seed;
        let signing = |algorithm| Self::mixed(seed, self.authority.algorithm, algorithm);
        let under = |algorithm, country, seed, term| {
            Self::under(Authority::new(algorithm, country, seed, FIRST_KEY, term), seed, self.signer_algorithm)
        };
        let (own, country) = (self.authority.algorithm, self.authority.name.country.as_str());
        Some(match flaw {
            Flaw::Sha1 => signing(self.signer_algorithm.with_hash(Hash::Sha1)),
            Flaw::Rsa1024 => signing(Algorithm::Pkcs1 { bits: Bits::B1024, hash: Hash::Sha256 }),
            Flaw::P224 => signing(Algorithm::explicit(Curve::P224, Hash::Sha224)),
            Flaw::BrainpoolP224 => signing(Algorithm::explicit(Curve::BrainpoolP224r1, Hash::Sha224)),
            Flaw::AnotherBasePoint => signing(Algorithm::explicit(Curve::P256, Hash::Sha256)),
            Flaw::DigestInfoWithoutNull => signing(Algorithm::Pkcs1 { bits: Bits::B2048, hash: Hash::Sha256 }),
            Flaw::AuthorityWithSha1 => under(own.with_hash(Hash::Sha1), country, seed, Term::LONG),
            Flaw::AuthorityExpired => under(own, country, seed, Term::OVER),
            Flaw::CountryOfAnotherState => under(own, ELSEWHERE, seed, Term::LONG),
            Flaw::UnknownAuthority => self.with_unknown_authority(),
            Flaw::LinkNeeded => self.renewed(),
            _ => return None,
        })
    }

    /// The same signers below an authority of the same name, which nobody knows. Its keys are no fixed ones, so that it
    /// has another one also where this country's are.
    fn with_unknown_authority(&self) -> Self {
        let algorithm = Algorithm::explicit(Curve::P256, Hash::Sha256);
        let country = &self.authority.name.country;
        let authority = Authority::new(algorithm, country, self.seed, "authority that nobody knows", Term::LONG);
        Self::under(authority, self.seed, self.signer_algorithm)
    }

    fn authorities(&self, issuer: &Self, flaw: Option<Flaw>) -> Vec<Vec<u8>> {
        match flaw {
            Some(Flaw::UnknownAuthority) => vec![self.csca().to_vec()],
            Some(Flaw::LinkNeeded) => vec![self.csca().to_vec(), self.link_to(issuer)],
            _ => vec![issuer.csca().to_vec()],
        }
    }

    fn revocation_lists(&self, known: &Self, signer: &Signer, flaw: Option<Flaw>, on: Date) -> Vec<Vec<u8>> {
        let ago = Duration::days;
        let fresh = |country: &Self, serials: &[Vec<u8>]| vec![country.crl(serials, on - ago(30), on + ago(60))];
        // A list is never empty, so that a checker has something to pass over.
        let other = vec![0x41; 8];
        match flaw {
            Some(Flaw::RevocationListMissing) => Vec::new(),
            Some(Flaw::RevocationListStale) => vec![self.crl(&[other], on - ago(200), on - ago(110))],
            Some(Flaw::SignerRevoked) => fresh(self, &[other, signer.serial.clone()]),
            Some(Flaw::UnknownAuthority) => fresh(known, &[other]),
            _ => fresh(self, &[other]),
        }
    }

    fn chip_with(&self, signer: &Signer, bearer: &Bearer<'_>, answering: Answering, flaw: Option<Flaw>) -> Chip {
        let stranger = stranger();
        let own = match flaw {
            Some(Flaw::ChipOfAnotherPerson) => Bearer::with_zone(&stranger),
            _ => *bearer,
        };
        let mut chip = self.unsigned(&own, answering);
        chip.sod = security_object(&self.hashes(&chip, signer, flaw), signer, flaw);
        match flaw {
            Some(Flaw::GroupNotListed) if chip.dg11.is_none() => {
                chip.dg11 = groups::dg11(&Bearer { name: Some(("PRACTICE", "ADDED LATER")), ..*bearer });
            }
            Some(Flaw::Dg2Replaced) => chip.dg2 = groups::dg2(Portrait::Jpeg, &stranger),
            Some(Flaw::Dg15Swapped) => {
                chip.secret = Secret { name: "chip of a copier".to_owned(), ..chip.secret };
                // The shared RSA key cannot be told from itself: a copier of such a chip brings a key on a curve.
                if let Answering::Rsa(hash) = chip.secret.answering {
                    chip.secret.answering = Answering::Ecdsa(hash);
                }
                chip.dg15 = chip.secret.dg15();
            }
            _ => {}
        }
        chip
    }

    /// What the signer is given to sign.
    fn hashes(&self, chip: &Chip, signer: &Signer, flaw: Option<Flaw>) -> Vec<(u32, Vec<u8>)> {
        let mut hashes = chip.hashes(signer.hash());
        match flaw {
            Some(Flaw::Dg1Forged) => {
                let original = signer.hash().digest(&groups::dg1(&stranger()));
                hashes.iter_mut().filter(|(number, _)| *number == 1).for_each(|(_, hash)| hash.clone_from(&original));
            }
            Some(Flaw::Dg1NotListed) => hashes.retain(|(number, _)| *number != 1),
            Some(Flaw::Dg2NotListed) => hashes.retain(|(number, _)| *number != 2),
            Some(Flaw::GroupNotListed) => hashes.retain(|(number, _)| *number != 11),
            Some(Flaw::TenThousandHashes) => {
                let filler = signer.hash().digest(&self.seed.to_be_bytes());
                hashes.extend((17..TOO_MANY).map(|number| (number, filler.clone())));
            }
            _ => {}
        }
        hashes
    }
}

fn wish(flaw: Option<Flaw>) -> Wish {
    match flaw {
        Some(Flaw::SignerForged) => Wish::Forged,
        Some(Flaw::SignerExpired) => Wish::Expired,
        Some(Flaw::SignerNotYetValid) => Wish::NotYetValid,
        Some(Flaw::SignerOfAnotherCountry) => Wish::OfAnotherCountry,
        Some(Flaw::SignerIsAuthority) => Wish::IsAuthority,
        Some(Flaw::SignerWithoutDigitalSignature) => Wish::WithoutDigitalSignature,
        Some(Flaw::IssuerInOtherCase) => Wish::IssuerInOtherCase,
        Some(Flaw::AnotherBasePoint) => Wish::AnotherBasePoint,
        Some(Flaw::SignerRevoked) => Wish::Revoked,
        _ => Wish::Good,
    }
}

/// EF.SOD over these hashes, with what is wrong about the object itself.
fn security_object(hashes: &[(u32, Vec<u8>)], signer: &Signer, flaw: Option<Flaw>) -> Vec<u8> {
    let by = signer.signatory();
    let content = groups::security_object(u8::from(flaw == Some(Flaw::LdsVersion1)), signer.hash(), hashes);
    let mut message = Message::new(LDS_SECURITY_OBJECT, &content, &by);
    match flaw {
        Some(Flaw::SignatureFlipped) => message.signature = Signature::Flipped,
        Some(Flaw::WrongMessageDigest) => message.digest_is_right = false,
        Some(Flaw::ContentTypeWrong) => message.content_type_attribute = ContentType::Other,
        Some(Flaw::ContentTypeMissing) => message.content_type_attribute = ContentType::Missing,
        Some(Flaw::SignedDataVersion1) => message.version = 1,
        Some(Flaw::TwoSigners) => message.signers = 2,
        Some(Flaw::NoCertificate) => message.certificates.clear(),
        Some(Flaw::SidMatchesNone) => message.sid = Sid::Nobody,
        Some(Flaw::SidByKeyIdentifier) => message.sid = Sid::KeyIdentifier,
        Some(Flaw::IdDataContent) => message.content_type = DATA,
        Some(Flaw::IndefiniteLengths) => message.indefinite = true,
        Some(Flaw::DigestInfoWithoutNull) => message.signature = Signature::WithoutNull,
        _ => {}
    }
    let whole = der::tlv(0x77, &[&message.signed(&by)]);
    match flaw {
        Some(Flaw::TrailingByte) => [whole.as_slice(), &[0]].concat(),
        Some(Flaw::Truncated) => whole.get(..whole.len() / 2).unwrap_or_default().to_vec(),
        Some(Flaw::DeeplyNested) => {
            der::tlv(0x77, &[&(0..TOO_MANY).fold(Vec::new(), |deep, _| der::sequence(&[&deep]))])
        }
        Some(Flaw::FourGigabytes) => [&[0x77, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], whole.as_slice()].concat(),
        _ => whole,
    }
}

/// The zone of somebody who is nobody in particular.
fn stranger() -> String {
    mrz::format_td3(&mrz::Td3Fields {
        issuing_country: "UTO".to_owned(),
        document_number: "UP0000000".to_owned(),
        surname: "STRANGER".to_owned(),
        given_names: "PRACTICE".to_owned(),
        nationality: "UTO".to_owned(),
        date_of_birth: mrz::MrzDate::Calendar(mrz::Date::new(1980, 2, 29)),
        sex: mrz::Sex::Unspecified,
        date_of_expiry: mrz::MrzDate::Calendar(mrz::Date::new(2034, 12, 31)),
        ..mrz::Td3Fields::default()
    })
}
