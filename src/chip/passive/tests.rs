//! Every step on chips made here: one that is right, and one for each way of being wrong.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use time::macros::date;

use super::make::{Chip, Life, Signer, anchor, crl};
use crate::chip::files::{ActiveEvidence, GroupNumber};
use crate::chip::policy::Policy;
use crate::chip::trust::{Anchor, Deviation};
use crate::chip::{ChipFiles, Mode, Trust, beyond_bounds, examine};
use crate::domain::chip::{ChipReport, Doubt, Fingerprint, Genuineness, Outcome, StepName};
use crate::domain::finding::{CHIP_DIGEST_DIFFERS, CHIP_SIGNER_PROFILE, Severity};
use crate::domain::time::Timestamp;

const MODE: Mode = Mode { practice: false, holder: true };

fn now() -> Timestamp {
    Timestamp::start_of(date!(2026 - 11 - 22))
}

/// Trust in the authority of these chips, with a list in date that revokes nobody.
fn trust() -> Trust {
    Trust::new([anchor(&Signer::csca(), false)], [crl(&Signer::csca(), &[], Life::until(2027))], [])
}

fn check(chip: &Chip) -> ChipReport {
    check_by(chip, &trust())
}

fn check_by(chip: &Chip, trust: &Trust) -> ChipReport {
    examine(&chip.files(), trust, &Policy::default(), MODE, now())
}

fn found(report: &ChipReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id).collect()
}

/// The chip gives these findings, and data that are judged so.
fn gives(chip: &Chip, ids: &[&str], data: Genuineness) {
    let report = check(chip);
    assert_eq!((found(&report), report.data), (ids.to_vec(), data));
}

const DISPROVEN: Genuineness = Genuineness::NotGenuine;
const fn open(doubt: Doubt) -> Genuineness {
    Genuineness::Unknown(doubt)
}

#[test]
fn a_chip_that_the_state_signed_is_genuine_and_proves_its_groups() {
    let report = check(&Chip::default());
    assert_eq!((found(&report), report.data), (vec![], Genuineness::Genuine));
    assert!(report.proves(GroupNumber::DG1) && report.proves(GroupNumber::DG2) && !report.proves(GroupNumber::DG15));
    for step in report.steps.iter().filter(|step| step.name != StepName::ActiveAuthentication) {
        assert_eq!(step.outcome, Outcome::Passed, "{:?}", step.name);
    }
    assert_eq!(report.outcome(StepName::ActiveAuthentication), Outcome::Skipped);
    assert_eq!(report.chip, open(Doubt::NotOffered));
    assert!(report.signer.is_some() && report.anchor == Some(Signer::csca().fingerprint()) && !report.practice);
}

#[test]
fn files_beyond_their_bounds_end_the_examination_at_its_first_step() {
    let beyond = ChipFiles::new(vec![0; 70_000], BTreeMap::new(), None, None).unwrap_err();
    let report = beyond_bounds(beyond);
    assert_eq!(found(&report), ["chip.too-large"]);
    assert_eq!(report.outcome(StepName::Bounds), Outcome::Found(Severity::Refuse));
    assert_eq!(report.outcome(StepName::SignedData), Outcome::Skipped);
}

#[test]
fn a_security_object_that_is_none_is_refused() {
    let cases = [vec![], vec![0x77, 0], b"P<UTO".to_vec(), Chip::default().sod()[..200].to_vec()];
    let trailing = [Chip::default().sod(), vec![0]].concat();
    for sod in cases.into_iter().chain([trailing]) {
        let files = ChipFiles::new(sod, BTreeMap::new(), None, None).unwrap();
        let report = examine(&files, &trust(), &Policy::default(), MODE, now());
        assert_eq!((found(&report), report.data), (vec!["chip.sod-unreadable"], open(Doubt::NotReadable)));
    }
}

#[test]
fn a_signed_message_of_another_version_or_content_is_refused() {
    gives(&Chip { version: 2, ..Chip::default() }, &["chip.sod-version"], open(Doubt::Misfit));
    gives(&Chip { content_type: "2.23.136.1.1.2", ..Chip::default() }, &["chip.content-type"], open(Doubt::Misfit));
}

#[test]
fn content_called_plain_data_is_noted_and_counts() {
    let chip = Chip { content_type: "1.2.840.113549.1.7.1", ..Chip::default() };
    gives(&chip, &["chip.content-unnamed"], Genuineness::Genuine);
}

#[test]
fn the_signer_is_found_by_issuer_and_serial_number_or_by_key_identifier_and_otherwise_missing() {
    gives(&Chip { by_key_id: true, ..Chip::default() }, &[], Genuineness::Genuine);
    let alone = Chip { certificates: vec![], ..Chip::default() };
    gives(&alone, &["chip.signer-missing"], open(Doubt::NotOffered));
    let other = Chip { certificates: vec![Signer { serial: 99, ..Signer::dsc() }], ..Chip::default() };
    gives(&other, &["chip.signer-missing"], open(Doubt::NotOffered));
}

#[test]
fn signed_attributes_that_are_missing_doubled_or_of_another_content_are_refused() {
    let without = Chip { attributes: 0, ..Chip::default() };
    gives(&without, &["chip.signed-attributes"], DISPROVEN);
    let twice = Chip { attributes: 2, ..Chip::default() };
    gives(&twice, &["chip.signed-attributes"], DISPROVEN);
    let other = Chip { attribute_type: Some("1.2.840.113549.1.7.1"), ..Chip::default() };
    gives(&other, &["chip.signed-attributes"], DISPROVEN);
}

#[test]
fn a_list_changed_after_signing_is_refused_and_its_certificate_not_asked() {
    let report = check(&Chip { tamper: true, ..Chip::default() });
    assert!(found(&report).starts_with(&["chip.digest-differs"]), "{:?}", found(&report));
    assert_eq!(report.data, DISPROVEN);
    assert_eq!(report.outcome(StepName::Chain), Outcome::Skipped);
}

#[test]
fn a_signature_by_another_key_is_refused() {
    gives(&Chip { key: 77, ..Chip::default() }, &["chip.signature-wrong"], DISPROVEN);
}

#[test]
fn an_algorithm_that_nobody_knows_is_referred() {
    let chip = Chip { algorithm: "1.2.840.10045.4.3.9", ..Chip::default() };
    gives(&chip, &["chip.algorithm-unknown"], open(Doubt::NotReadable));
    let chip = Chip { list_hash: "1.2.840.113549.2.5", ..Chip::default() };
    gives(&chip, &["chip.algorithm-unknown"], open(Doubt::NotReadable));
}

#[test]
fn a_time_of_signing_outside_the_signers_time_is_noted() {
    gives(&Chip { signed_in: Some(2025), ..Chip::default() }, &[], Genuineness::Genuine);
    gives(&Chip { signed_in: Some(2032), ..Chip::default() }, &["chip.signing-time"], Genuineness::Genuine);
    gives(&Chip { signed_in: Some(2001), ..Chip::default() }, &["chip.signing-time"], Genuineness::Genuine);
}

#[test]
fn weak_algorithms_are_referred_unless_a_switch_accepts_them_on_this_day() {
    let chip = Chip { list_hash: "1.3.14.3.2.26", ..Chip::default() };
    gives(&chip, &["chip.algorithm-weak"], open(Doubt::Weak));
    let until = |day| Policy { sha1: Some(day), ..Policy::default() };
    let check = |policy| found(&examine(&chip.files(), &trust(), &policy, MODE, now()));
    assert_eq!(check(until(date!(2026 - 11 - 23))), [""; 0]);
    assert_eq!(check(until(date!(2026 - 11 - 22))), ["chip.algorithm-weak"]);
}

#[test]
fn a_certificate_that_is_not_a_document_signers_is_referred() {
    for signer in [
        Signer { ca: true, ..Signer::dsc() },
        Signer { usage: None, ..Signer::dsc() },
        Signer { usage: Some(0x06), ..Signer::dsc() },
        Signer { purpose: Some("2.23.136.1.1.3"), ..Signer::dsc() },
        Signer { critical: true, ..Signer::dsc() },
    ] {
        gives(&Chip::by(signer), &["chip.signer-profile"], open(Doubt::Misfit));
    }
}

#[test]
fn a_signer_for_other_kinds_of_document_is_referred() {
    gives(&Chip::by(Signer { kinds: &["P"], ..Signer::dsc() }), &[], Genuineness::Genuine);
    let identity_cards = Chip::by(Signer { kinds: &["ID", "V"], ..Signer::dsc() });
    gives(&identity_cards, &["chip.signer-document-type"], open(Doubt::Misfit));
}

#[test]
fn a_signer_without_a_known_authority_is_referred_and_one_that_claims_a_known_key_is_refused() {
    let unknown = Signer { issued_by: 50, authority_key: 50, ..Signer::dsc() };
    gives(&Chip::by(unknown), &["chip.authority-unknown"], open(Doubt::NotTrusted));
    let forged = Signer { issued_by: 50, ..Signer::dsc() };
    gives(&Chip::by(forged), &["chip.signer-forged"], DISPROVEN);
}

#[test]
fn the_authority_is_found_by_trying_all_keys_of_its_name_and_of_its_country() {
    let silent = Signer { authority_key: 0, ..Signer::dsc() };
    let others = (100..120).map(|key| anchor(&Signer { key, ..Signer::csca() }, false));
    let list = crl(&Signer::csca(), &[], Life::until(2027));
    let by_name = Trust::new(others.chain([anchor(&Signer::csca(), false)]), [list.clone()], []);
    assert_eq!(found(&check_by(&Chip::by(silent.clone()), &by_name)), [""; 0]);
    let renamed = Trust::new([anchor(&Signer { name: "New name", ..Signer::csca() }, false)], [list], []);
    let report = check_by(&Chip::by(silent), &renamed);
    assert_eq!((found(&report), report.data), (vec!["chip.crl-missing"], Genuineness::Genuine));
}

#[test]
fn a_link_certificate_of_the_document_leads_to_a_known_authority() {
    let link = Signer { serial: 3, key: 20, ..Signer::csca() };
    let signer = Signer { issued_by: 20, authority_key: 20, ..Signer::dsc() };
    let chip = Chip { certificates: vec![signer.clone(), link.clone()], ..Chip::default() };
    gives(&chip, &[], Genuineness::Genuine);
    let ended = Signer { life: Life { from: 2020, until: 2026 }, ..link };
    let chip = Chip { certificates: vec![signer, ended], ..Chip::default() };
    gives(&chip, &["chip.authority-out-of-date"], open(Doubt::OutOfDate));
}

#[test]
fn certificates_out_of_date_on_the_day_of_the_check_are_referred() {
    let early = Chip::by(Signer { life: Life { from: 2027, until: 2030 }, ..Signer::dsc() });
    gives(&early, &["chip.signer-out-of-date"], open(Doubt::OutOfDate));
    let late = Chip::by(Signer { life: Life { from: 2010, until: 2020 }, ..Signer::dsc() });
    gives(&late, &["chip.signer-out-of-date"], open(Doubt::OutOfDate));
    let ended = Signer { life: Life { from: 2010, until: 2020 }, ..Signer::csca() };
    let list = crl(&Signer::csca(), &[], Life::until(2027));
    let report = check_by(&Chip::default(), &Trust::new([anchor(&ended, false)], [list.clone()], []));
    assert_eq!((found(&report), report.data), (vec!["chip.authority-out-of-date"], open(Doubt::OutOfDate)));
    // Another certificate of the same key, still in date, is enough.
    let both = Trust::new([anchor(&ended, false), anchor(&Signer::csca(), false)], [list], []);
    assert_eq!(found(&check_by(&Chip::default(), &both)), [""; 0]);
}

#[test]
fn a_signer_of_another_country_than_its_authority_is_referred() {
    let report = check(&Chip::by(Signer { country: "FR", ..Signer::dsc() }));
    assert!(found(&report).contains(&"chip.authority-country"), "{:?}", found(&report));
    assert_eq!(report.outcome(StepName::Chain), Outcome::Found(Severity::Refer));
    gives(&Chip::by(Signer { country: "ut", ..Signer::dsc() }), &[], Genuineness::Genuine);
}

#[test]
fn a_revoked_signer_or_authority_is_refused_also_by_a_list_out_of_date() {
    for life in [Life::until(2027), Life { from: 2020, until: 2021 }] {
        let trust = Trust::new([anchor(&Signer::csca(), false)], [crl(&Signer::csca(), &[7], life)], []);
        let report = check_by(&Chip::default(), &trust);
        assert_eq!((found(&report), report.data), (vec!["chip.signer-revoked"], DISPROVEN));
    }
    let list = crl(&Signer::csca(), &[1], Life::until(2027));
    let report = check_by(&Chip::default(), &Trust::new([anchor(&Signer::csca(), false)], [list], []));
    assert_eq!((found(&report), report.data), (vec!["chip.authority-revoked"], DISPROVEN));
}

#[test]
fn a_revocation_list_that_is_missing_or_out_of_date_is_noted_and_never_means_not_revoked() {
    let csca = Signer::csca();
    let missing = Trust::new([anchor(&csca, false)], [], []);
    assert_eq!(found(&check_by(&Chip::default(), &missing)), ["chip.crl-missing"]);
    let stale = Trust::new([anchor(&csca, false)], [crl(&csca, &[], Life { from: 2020, until: 2021 })], []);
    let report = check_by(&Chip::default(), &stale);
    assert_eq!((found(&report), report.data), (vec!["chip.crl-stale"], Genuineness::Genuine));
    // One in the authority's name that another key signed is none.
    let forged = Trust::new([anchor(&csca, false)], [crl(&Signer { key: 66, ..csca }, &[7], Life::until(2027))], []);
    assert_eq!(found(&check_by(&Chip::default(), &forged)), ["chip.crl-missing"]);
}

#[test]
fn a_list_of_groups_that_cannot_be_read_or_has_another_version_is_refused() {
    gives(
        &Chip { list: Some(b"\x30\x03no".to_vec()), ..Chip::default() },
        &["chip.lds-unreadable"],
        open(Doubt::NotReadable),
    );
    gives(&Chip { list_version: 0xFF, ..Chip::default() }, &["chip.lds-version"], open(Doubt::Misfit));
    gives(&Chip { list_version: 2, ..Chip::default() }, &["chip.lds-version"], open(Doubt::Misfit));
    gives(&Chip { list_version: 0, ..Chip::default() }, &[], Genuineness::Genuine);
}

#[test]
fn a_list_without_zone_or_face_is_refused() {
    let chip = Chip { listed: vec![1], offered: vec![1], ..Chip::default() };
    gives(&chip, &["chip.group-mandatory"], open(Doubt::Misfit));
}

#[test]
fn a_group_that_was_changed_is_refused_and_named() {
    let report = check(&Chip { changed: Some(1), ..Chip::default() });
    assert_eq!((found(&report), report.data), (vec!["chip.group-differs"], DISPROVEN));
    assert_eq!(report.findings[0].fields[0].path, "chip.dg1");
    assert!(!report.matching.contains(&GroupNumber::DG1) && report.matching.contains(&GroupNumber::DG2));
}

#[test]
fn a_group_that_the_state_did_not_list_is_referred_and_never_trusted() {
    let report = check(&Chip { offered: vec![1, 2, 15], ..Chip::default() });
    assert_eq!((found(&report), report.data), (vec!["chip.group-unlisted"], Genuineness::Genuine));
    assert!(!report.proves(GroupNumber::DG15));
}

#[test]
fn a_zone_or_a_face_that_was_not_read_is_noted() {
    let files = Chip { offered: vec![], ..Chip::default() };
    let mode = Mode { holder: false, ..MODE };
    let report = examine(&files.files(), &trust(), &Policy::default(), mode, now());
    assert_eq!(found(&report), ["chip.group-not-read", "chip.group-not-read"]);
    assert_eq!(report.outcome(StepName::Country), Outcome::Skipped);
}

#[test]
fn without_its_zone_a_chip_proves_nothing_of_its_holder() {
    let report = check(&Chip { offered: vec![], ..Chip::default() });
    assert_eq!(found(&report), ["chip.zone-not-read", "chip.group-not-read"]);
    assert_eq!(report.data, Genuineness::Unknown(Doubt::NotOffered));
    assert!(!report.proves(GroupNumber::DG15), "nor is a key proven with which the chip could answer");
}

#[test]
fn a_table_of_contents_that_does_not_agree_with_the_list_is_noted() {
    let com = |tags: &[u8]| {
        let head = b"\x5f\x01\x040107\x5f\x36\x06040000";
        let list = [&[0x5C, u8::try_from(tags.len()).unwrap()], tags].concat();
        [&[0x60, u8::try_from(head.len() + list.len()).unwrap()], &head[..], &list].concat()
    };
    for (tags, ids) in [(&[0x61, 0x75][..], &[][..]), (&[0x61, 0x75, 0x6F], &["chip.com-differs"])] {
        let files = Chip::default().files();
        let groups = files.groups().map(|(group, bytes)| (group, bytes.to_vec())).collect();
        let files = ChipFiles::new(files.sod().to_vec(), groups, Some(com(tags)), None).unwrap();
        assert_eq!(found(&examine(&files, &trust(), &Policy::default(), MODE, now())), ids);
    }
}

#[test]
fn a_zone_that_is_none_is_refused() {
    gives(&Chip { zone: "P<UTO", ..Chip::default() }, &["chip.dg1-unreadable"], Genuineness::Genuine);
}

#[test]
fn a_passport_signed_by_another_country_is_refused_and_one_of_an_unknown_issuer_referred() {
    let zone = |issuer: &str| Chip::default().zone.replace("UTO", issuer);
    let (french, unknown) = (zone("FRA"), zone("QQQ"));
    gives(&Chip { zone: &french, ..Chip::default() }, &["chip.country-differs"], DISPROVEN);
    gives(&Chip { zone: &unknown, ..Chip::default() }, &["chip.country-unknown"], open(Doubt::Misfit));
}

#[test]
fn the_practice_countrys_authority_counts_in_practice_mode_alone() {
    let csca = Signer::csca();
    let trust = Trust::new([anchor(&csca, true)], [crl(&csca, &[], Life::until(2027))], []);
    let report = check_by(&Chip::default(), &trust);
    assert_eq!(found(&report), ["chip.authority-unknown"]);
    // Asked in this order, the answer in practice mode must not be remembered for the other.
    for _ in 0..2 {
        let practice = Mode { practice: true, ..MODE };
        let report = examine(&Chip::default().files(), &trust, &Policy::default(), practice, now());
        assert_eq!((report.data, report.practice), (Genuineness::Genuine, true));
        assert_eq!(found(&check_by(&Chip::default(), &trust)), ["chip.authority-unknown"]);
    }
}

#[test]
fn a_fault_that_operators_tolerate_is_noted_and_one_that_disproves_cannot_be() {
    let signer = Signer { usage: None, ..Signer::dsc() };
    let certificate = signer.fingerprint();
    let with = |certificate: Fingerprint, rule| {
        let list = crl(&Signer::csca(), &[], Life::until(2027));
        Trust::new([anchor(&Signer::csca(), false)], [list], [Deviation { certificate, rule }])
    };
    for certificate in [certificate, Signer::csca().fingerprint()] {
        let report = check_by(&Chip::by(signer.clone()), &with(certificate, &CHIP_SIGNER_PROFILE));
        assert_eq!((found(&report), report.data), (vec!["chip.deviation-tolerated"], Genuineness::Genuine));
    }
    let tampered = Chip { tamper: true, ..Chip::by(signer) };
    let report = check_by(&tampered, &with(certificate, &CHIP_DIGEST_DIFFERS));
    assert_eq!(report.data, DISPROVEN);
}

#[test]
fn an_answer_with_a_key_that_the_state_did_not_sign_says_nothing_of_the_chip() {
    let evidence = || Some(ActiveEvidence { challenge: vec![1; 8], response: vec![2; 128] });
    let chip = Chip { offered: vec![1, 2, 15], ..Chip::default() };
    let report = examine(&chip.files_with(evidence()), &trust(), &Policy::default(), MODE, now());
    assert_eq!(found(&report), ["chip.group-unlisted", "chip.active-key-unproven"]);
    assert_eq!((report.data, report.chip), (Genuineness::Genuine, open(Doubt::NotTrusted)));
}

#[test]
fn a_chip_that_does_not_answer_our_challenge_may_be_a_copy_and_one_not_asked_is_noted() {
    let chip = Chip { listed: vec![1, 2, 15], offered: vec![1, 2, 15], ..Chip::default() };
    let wrong = Some(ActiveEvidence { challenge: vec![1; 8], response: vec![2; 64] });
    let report = examine(&chip.files_with(wrong), &trust(), &Policy::default(), MODE, now());
    assert_eq!(found(&report), ["chip.active-wrong"]);
    assert_eq!((report.data, report.chip), (Genuineness::Genuine, Genuineness::NotGenuine));
    gives(&chip, &["chip.active-not-asked"], Genuineness::Genuine);
}

#[test]
fn a_signer_known_from_before_is_still_looked_at_for_dates_and_revocation() {
    let trust = trust();
    assert_eq!(found(&check_by(&Chip::default(), &trust)), [""; 0]);
    let later = Timestamp::start_of(date!(2041 - 01 - 01));
    let report = examine(&Chip::default().files(), &trust, &Policy::default(), MODE, later);
    assert_eq!(found(&report), ["chip.signer-out-of-date", "chip.authority-out-of-date", "chip.crl-stale"]);
}

#[test]
fn a_store_of_many_keys_of_one_country_costs_a_bounded_number_of_tries() {
    let many = (100..180).map(|key| anchor(&Signer { key, name: "Other", ..Signer::csca() }, false));
    let trust = Trust::new(many, [], []);
    let Anchor { certificate, .. } = anchor(&Signer::dsc(), false);
    assert_eq!(trust.authorities(), 80);
    assert_eq!(trust.candidates(&certificate, false).len(), crate::chip::trust::CANDIDATES_MAX);
}

/// One chip and one snapshot of trust for every case.
static ONE: LazyLock<(ChipFiles, Trust)> = LazyLock::new(|| (Chip::default().files(), trust()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_changed_in_a_chip_makes_the_examination_fail_or_the_data_differ_and_be_genuine(
        at in any::<Index>(), to in any::<u8>(), cut in any::<Option<Index>>(),
    ) {
        let (files, trust) = &*ONE;
        let mut sod = files.sod().to_vec();
        let at = at.index(sod.len());
        sod[at] = to;
        if let Some(cut) = cut {
            sod.truncate(cut.index(sod.len()));
        }
        let whole = sod == files.sod();
        let groups = files.groups().map(|(group, bytes)| (group, bytes.to_vec())).collect();
        let report = examine(
            &ChipFiles::new(sod, groups, None, None).unwrap(), trust, &Policy::default(), MODE, now(),
        );
        prop_assert_eq!(report.steps.len(), StepName::ALL.len());
        // What the signature does not cover may change: digest algorithms named twice, unused certificates' order.
        if !whole && report.data == Genuineness::Genuine {
            prop_assert!(report.proves(GroupNumber::DG1) && report.proves(GroupNumber::DG2));
        }
    }

    #[test]
    fn no_bytes_make_the_examination_fail(sod in proptest::collection::vec(any::<u8>(), 0..300)) {
        let files = ChipFiles::new(sod, BTreeMap::new(), None, None).unwrap();
        let report = examine(&files, &ONE.1, &Policy::default(), MODE, now());
        prop_assert_ne!(report.data, Genuineness::Genuine);
    }
}
