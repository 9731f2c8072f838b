//! Utopia as an issuer of passports with chips: its authority, its signers, its revocation lists, the chips of its
//! citizens, and every way in which these can be wrong.
//!
//! Owns the generator of travel-document chips behind the demo, the benches and the tests. The same seed brings the same
//! bytes. Its keys are known to everybody and its certificates say "Practice only": a service may trust them in practice
//! mode and never elsewhere. It shares no code with the room that checks chips, so that no error can hide in both.

mod algorithm;
mod certificate;
mod chip;
mod cms;
mod curve;
mod der;
mod ec;
mod ecdsa;
mod flaw;
mod groups;
mod hash;
mod present;
mod rsa;
mod signer;

use time::{Date, Duration};

pub use algorithm::Algorithm;
pub use chip::{Answering, Chip};
pub use curve::Curve;
pub use ecdsa::Parameters;
pub use flaw::Flaw;
pub(super) use groups::jpeg as portrait;
pub use groups::{Bearer, Portrait};
pub use hash::Hash;
pub use present::Presented;
pub use rsa::Bits;
pub use signer::{Signer, Wish};

use certificate::{Term, revocation_list};
use chip::Secret;
use cms::Message;
use ecdsa::EcKey;
use signer::{Authority, FIRST_KEY, RENEWED_KEY, UTOPIA};

/// Content type of security objects (Doc 9303-10, section 4.6.2.2).
const LDS_SECURITY_OBJECT: &str = "2.23.136.1.1.1";
/// Content type of master lists (Doc 9303-12, section 9).
const MASTER_LIST: &str = "2.23.136.1.1.2";

/// The practice country: an authority, and a signer in order below it.
pub struct Country {
    seed: u64,
    authority: Authority,
    signer_algorithm: Algorithm,
    signer: Signer,
    /// The chip authentication key of every chip, as DG14 holds it: nothing here uses it.
    chip_authentication_key: Vec<u8>,
}

impl Country {
    /// The country that practice applicants come from, whatever their seed: what a service trusts in practice mode.
    pub fn of_practice() -> Self {
        Self::new(0, Algorithm::USUAL)
    }

    /// The country of that seed, whose authority and signers use one algorithm.
    pub fn new(seed: u64, algorithm: Algorithm) -> Self {
        Self::mixed(seed, algorithm, algorithm)
    }

    /// The country of that seed, whose signers use another algorithm than the authority above them.
    pub fn mixed(seed: u64, authority: Algorithm, signer: Algorithm) -> Self {
        Self::under(Authority::new(authority, UTOPIA, seed, FIRST_KEY, Term::LONG), seed, signer)
    }

    fn under(authority: Authority, seed: u64, signer_algorithm: Algorithm) -> Self {
        let signer = Signer::new(Wish::Good, signer_algorithm, &authority, seed);
        let key = EcKey::drawn(Curve::P256, Parameters::Named, seed, "chip authentication");
        Self { seed, authority, signer_algorithm, signer, chip_authentication_key: key.public_key_info() }
    }

    /// The authority's certificate by itself, in DER.
    pub fn csca(&self) -> &[u8] {
        &self.authority.certificate
    }

    /// The same country after its authority renewed its key: the same name, another key, other signers.
    pub fn renewed(&self) -> Self {
        let authority = Authority::new(self.authority.algorithm, UTOPIA, self.seed, RENEWED_KEY, Term::LONG);
        Self::under(authority, self.seed, self.signer_algorithm)
    }

    /// The certificate that leads from this authority's key to that of the [renewed](Self::renewed) country, in DER.
    pub fn link_to(&self, renewed: &Self) -> Vec<u8> {
        self.authority.link_to(&renewed.authority, self.seed)
    }

    /// A signer as wished; the same wish brings the same signer.
    pub fn signer(&self, wish: Wish) -> Signer {
        Signer::new(wish, self.signer_algorithm, &self.authority, self.seed)
    }

    /// The authority's revocation list in DER: serial numbers, day of issue, day by which there will be another.
    pub fn crl(&self, revoked: &[Vec<u8>], this_update: Date, next_update: Date) -> Vec<u8> {
        revocation_list(self.authority.issuer(), revoked, 1, (this_update, next_update))
    }

    /// The list in force on a day: the signer that was [wished](Wish::Revoked) revoked, and nobody else.
    pub fn crl_in_force(&self, on: Date) -> Vec<u8> {
        self.crl(&[self.signer(Wish::Revoked).serial], on - Duration::days(30), on + Duration::days(60))
    }

    /// A chip in order.
    pub fn chip(&self, bearer: &Bearer<'_>, answering: Answering) -> Chip {
        self.chip_by(&self.signer, bearer, answering)
    }

    /// A chip in order but for its signer.
    pub fn chip_by(&self, signer: &Signer, bearer: &Bearer<'_>, answering: Answering) -> Chip {
        let mut chip = self.unsigned(bearer, answering);
        chip.sod = security_object(&chip.hashes(signer.hash()), signer);
        chip
    }

    fn unsigned(&self, bearer: &Bearer<'_>, answering: Answering) -> Chip {
        let secret = Secret { answering, seed: self.seed, name: format!("chip {}", bearer.zone) };
        Chip::unsigned(bearer, secret, &self.chip_authentication_key)
    }

    /// A master list of authorities' certificates in DER, signed by this country (Doc 9303-12, section 9): it carries the
    /// signer's certificate and the authority's.
    pub fn master_list(&self, certificates: &[Vec<u8>]) -> Vec<u8> {
        let content = der::sequence(&[&der::small(0), &der::set_of(certificates)]);
        let signer = self.signer(Wish::MasterList);
        let mut message = Message::new(MASTER_LIST, &content, &signer.signatory());
        message.sid = cms::Sid::KeyIdentifier;
        message.signing_time = true;
        message.certificates.push(self.csca());
        message.signed(&signer.signatory())
    }
}

/// EF.SOD in order over these hashes.
fn security_object(hashes: &[(u32, Vec<u8>)], signer: &Signer) -> Vec<u8> {
    let content = groups::security_object(0, signer.hash(), hashes);
    let message = Message::new(LDS_SECURITY_OBJECT, &content, &signer.signatory());
    der::tlv(0x77, &[&message.signed(&signer.signatory())])
}

impl Chip {
    fn hashes(&self, hash: Hash) -> Vec<(u32, Vec<u8>)> {
        self.groups().into_iter().map(|(number, file)| (number, hash.digest(file))).collect()
    }
}
