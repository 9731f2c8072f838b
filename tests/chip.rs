//! Chips of the practice country against the room that checks them: for every algorithm one in order, and one for every
//! way of being wrong. What each fault must lead to stands in the table, and the table has a row for every fault.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use eid::chip::certificate::Certificate;
use eid::chip::crl::Crl;
use eid::chip::files::{ActiveEvidence, GroupNumber};
use eid::chip::policy::Policy;
use eid::chip::trust::Anchor;
use eid::chip::{ChipFiles, Mode, Trust, beyond_bounds, examine};
use eid::domain::chip::Genuineness::{Genuine, NotGenuine, Unknown};
use eid::domain::chip::{ChipReport, Doubt, Genuineness};
use eid::domain::time::Timestamp;
use eid::practice::country::{
    Algorithm, Answering, Bearer, Bits, Country, Curve, Flaw, Hash, Portrait, Presented, Wish,
};
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2026 - 11 - 21);

/// The zone of Doc 9303's specimen with another term: the date is for other rules, and so is its holder.
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn bearer() -> Bearer<'static> {
    Bearer {
        name: Some(("Eriksson", "Anna Maria")),
        born: Some("19740812"),
        issued: Some("20240101"),
        ..Bearer::with_zone(ZONE)
    }
}

fn trust(presented: &Presented, practice: bool) -> Trust {
    let anchor = |der: &Vec<u8>| Anchor { certificate: Certificate::from_der(der).unwrap(), practice };
    let lists = presented.revocation_lists.iter().map(|der| Crl::from_der(der).unwrap());
    Trust::new(presented.authorities.iter().map(anchor), lists, [])
}

fn files(presented: &Presented) -> Result<ChipFiles, Box<ChipReport>> {
    let chip = &presented.chip;
    let group =
        |(number, file): (u32, &[u8])| (GroupNumber::new(u8::try_from(number).unwrap()).unwrap(), file.to_vec());
    let groups: BTreeMap<_, _> = chip.groups().into_iter().map(group).collect();
    let challenge = presented.challenge.clone();
    let active = presented.answer.clone().map(|response| ActiveEvidence { challenge, response });
    ChipFiles::new(chip.sod.clone(), groups, Some(chip.com.clone()), active)
        .map_err(|found| Box::new(beyond_bounds(found)))
}

fn examined(presented: &Presented) -> ChipReport {
    let now = Timestamp::start_of(TODAY);
    match files(presented) {
        Ok(files) => examine(&files, &trust(presented, false), &Policy::default(), Mode::default(), now),
        Err(report) => *report,
    }
}

fn found(report: &ChipReport) -> BTreeSet<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn a_chip_in_order_is_genuine_whatever_the_algorithm() {
    let algorithms = Algorithm::current();
    for algorithm in &algorithms {
        let presented = Country::new(1, *algorithm).present(&bearer(), Answering::Never, None, TODAY);
        let report = examined(&presented);
        assert_eq!((report.data, found(&report)), (Genuine, BTreeSet::new()), "{algorithm:?}");
        assert_eq!(report.matching.len(), 5, "{algorithm:?}");
    }
    println!("Ran {} algorithms.", algorithms.len());
}

#[test]
fn authority_and_signer_may_use_different_algorithms() {
    let rsa = Algorithm::Pkcs1 { bits: Bits::B4096, hash: Hash::Sha512 };
    let curve = Algorithm::explicit(Curve::BrainpoolP384r1, Hash::Sha384);
    for (authority, signer) in [(rsa, curve), (curve, rsa), (rsa, Algorithm::USUAL)] {
        let presented = Country::mixed(1, authority, signer).present(&bearer(), Answering::Never, None, TODAY);
        let report = examined(&presented);
        assert_eq!((report.data, found(&report)), (Genuine, BTreeSet::new()), "{authority:?} {signer:?}");
    }
}

#[test]
fn a_chip_that_answers_our_challenge_is_genuine_itself() {
    let country = Country::new(2, Algorithm::USUAL);
    for answering in Hash::ALL.into_iter().flat_map(|hash| [Answering::Rsa(hash), Answering::Ecdsa(hash)]) {
        let report = examined(&country.present(&bearer(), answering, None, TODAY));
        assert_eq!((report.data, report.chip), (Genuine, Genuine), "{answering:?} {:?}", found(&report));
    }
}

#[test]
fn both_kinds_of_portrait_are_read() {
    let country = Country::new(2, Algorithm::USUAL);
    for portrait in [Portrait::Jpeg, Portrait::Jpeg2000] {
        let bearer = Bearer { portrait, ..bearer() };
        let report = examined(&country.present(&bearer, Answering::Never, None, TODAY));
        assert_eq!(found(&report), BTreeSet::new(), "{portrait:?}");
        assert_eq!(report.content.faces.len(), 1, "{portrait:?}");
    }
}

#[test]
fn the_practice_country_counts_in_practice_mode_alone() {
    let presented = Country::of_practice().present(&bearer(), Answering::Never, None, TODAY);
    let judge = |practice| {
        let mode = Mode { practice, holder: true };
        examine(
            &files(&presented).unwrap(),
            &trust(&presented, true),
            &Policy::default(),
            mode,
            Timestamp::start_of(TODAY),
        )
    };
    assert_eq!((judge(true).data, judge(true).practice), (Genuine, true));
    assert_eq!((judge(false).data, judge(false).practice), (Unknown(Doubt::NotTrusted), false));
}

/// The answer to "did the state sign these data?", the one to "is the chip no copy?", and every finding that a fault
/// leads to.
fn expected(flaw: Flaw) -> (Genuineness, Genuineness, &'static [&'static str]) {
    /// No answer of a chip counts unless the key behind it is proven.
    const KEY: &str = "chip.active-key-unproven";
    type Found = &'static [&'static str];
    let copy = Unknown(Doubt::NotTrusted);
    let refuted = |found: Found| (NotGenuine, copy, found);
    let unproven = |doubt, found: Found| (Unknown(doubt), copy, found);
    let accepted = |found: Found| (Genuine, Genuine, found);
    match flaw {
        Flaw::TrailingByte | Flaw::Truncated | Flaw::DeeplyNested | Flaw::FourGigabytes => {
            unproven(Doubt::NotReadable, &[KEY, "chip.sod-unreadable"])
        }
        Flaw::TenThousandHashes => {
            (Unknown(Doubt::NotReadable), Unknown(Doubt::NotReadable), &["chip.too-large"])
        }
        Flaw::IndefiniteLengths
        | Flaw::TwoSigners
        | Flaw::SidByKeyIdentifier
        | Flaw::DigestInfoWithoutNull
        | Flaw::IssuerInOtherCase
        | Flaw::LinkNeeded
        | Flaw::LdsVersion1
        // The comparison with the printed zone refuses it, which is no matter of the chip by itself.
        | Flaw::ChipOfAnotherPerson => accepted(&[]),
        Flaw::IdDataContent => accepted(&["chip.content-unnamed"]),
        Flaw::RevocationListStale => accepted(&["chip.crl-stale"]),
        Flaw::RevocationListMissing => accepted(&["chip.crl-missing"]),
        Flaw::GroupNotListed => accepted(&["chip.com-differs", "chip.group-unlisted"]),
        Flaw::AnswerToAnotherChallenge => (Genuine, NotGenuine, &["chip.active-wrong"]),
        Flaw::SignedDataVersion1 => unproven(Doubt::Misfit, &[KEY, "chip.sod-version"]),
        Flaw::NoCertificate | Flaw::SidMatchesNone => unproven(Doubt::NotOffered, &[KEY, "chip.signer-missing"]),
        Flaw::Sha1 | Flaw::Rsa1024 | Flaw::P224 | Flaw::BrainpoolP224 | Flaw::AuthorityWithSha1 => {
            unproven(Doubt::Weak, &[KEY, "chip.algorithm-weak"])
        }
        Flaw::AnotherBasePoint => unproven(Doubt::NotReadable, &[KEY, "chip.algorithm-unknown"]),
        Flaw::SignerIsAuthority | Flaw::SignerWithoutDigitalSignature => {
            unproven(Doubt::Misfit, &[KEY, "chip.signer-profile"])
        }
        Flaw::SignerExpired | Flaw::SignerNotYetValid => {
            unproven(Doubt::OutOfDate, &[KEY, "chip.signer-out-of-date"])
        }
        Flaw::AuthorityExpired => unproven(Doubt::OutOfDate, &[KEY, "chip.authority-out-of-date"]),
        Flaw::UnknownAuthority => unproven(Doubt::NotTrusted, &[KEY, "chip.authority-unknown"]),
        Flaw::Dg1NotListed | Flaw::Dg2NotListed => {
            unproven(Doubt::Misfit, &[KEY, "chip.com-differs", "chip.group-mandatory", "chip.group-unlisted"])
        }
        Flaw::ContentTypeWrong | Flaw::ContentTypeMissing => refuted(&[KEY, "chip.signed-attributes"]),
        Flaw::WrongMessageDigest => refuted(&[KEY, "chip.digest-differs"]),
        Flaw::SignatureFlipped => refuted(&[KEY, "chip.signature-wrong"]),
        Flaw::SignerForged => refuted(&[KEY, "chip.signer-forged"]),
        Flaw::SignerOfAnotherCountry => refuted(&[KEY, "chip.authority-country", "chip.country-differs"]),
        Flaw::CountryOfAnotherState => refuted(&[KEY, "chip.country-differs"]),
        Flaw::SignerRevoked => refuted(&[KEY, "chip.signer-revoked"]),
        Flaw::Dg1Forged | Flaw::Dg2Replaced | Flaw::Dg15Swapped => refuted(&[KEY, "chip.group-differs"]),
    }
}

#[test]
fn every_fault_leads_to_its_finding_and_to_no_other() {
    let country = Country::new(3, Algorithm::USUAL);
    for flaw in Flaw::ALL {
        let report = examined(&country.present(&bearer(), Answering::Ecdsa(Hash::Sha256), Some(flaw), TODAY));
        let (data, chip, findings) = expected(flaw);
        assert_eq!((report.data, report.chip), (data, chip), "{flaw:?}");
        assert_eq!(found(&report), findings.iter().copied().collect(), "{flaw:?}");
    }
    println!("Ran {} faults.", Flaw::ALL.len());
}

#[test]
fn a_chip_of_another_person_holds_another_zone_than_the_passport_prints() {
    let country = Country::new(3, Algorithm::USUAL);
    let report = examined(&country.present(&bearer(), Answering::Never, Some(Flaw::ChipOfAnotherPerson), TODAY));
    let zone = report.content.zone.unwrap();
    assert!(zone.as_str() != ZONE.replace('\n', ""));
}

#[test]
fn weak_algorithms_are_accepted_under_the_switch_that_names_them() {
    let until = Some(date!(2030 - 01 - 01));
    let cases = [
        (Flaw::Sha1, Policy { sha1: until, ..Policy::default() }),
        (Flaw::Rsa1024, Policy { rsa_below_2048: until, ..Policy::default() }),
        (Flaw::P224, Policy { curves_224: until, ..Policy::default() }),
        (Flaw::BrainpoolP224, Policy { curves_224: until, ..Policy::default() }),
    ];
    let country = Country::new(4, Algorithm::USUAL);
    for (flaw, policy) in cases {
        let presented = country.present(&bearer(), Answering::Never, Some(flaw), TODAY);
        let files = files(&presented).unwrap();
        let now = Timestamp::start_of(TODAY);
        let report = examine(&files, &trust(&presented, false), &policy, Mode::default(), now);
        assert_eq!((report.data, found(&report)), (Genuine, BTreeSet::new()), "{flaw:?}");
    }
}

#[test]
fn the_revoked_signer_is_on_the_list_in_force_and_the_usual_one_is_not() {
    let country = Country::of_practice();
    let list = Crl::from_der(&country.crl_in_force(TODAY)).unwrap();
    assert!(list.revoked(&country.signer(Wish::Revoked).serial).is_some());
    assert!(list.revoked(&country.signer(Wish::Good).serial).is_none());
}

#[test]
fn the_same_seed_brings_the_same_bytes_and_another_seed_others() {
    let sod = |seed| Country::new(seed, Algorithm::USUAL).chip(&bearer(), Answering::Ecdsa(Hash::Sha256)).sod;
    assert!(sod(5) == sod(5));
    assert!(sod(5) != sod(6));
}
