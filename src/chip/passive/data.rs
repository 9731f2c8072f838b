//! The signed list of data groups, the groups that were read, and what DG1 says of the document.

use super::{Known, Proof, Standard};
use crate::chip::at;
use crate::chip::countries;
use crate::chip::files::ChipFiles;
use crate::chip::groups::{com, dg1};
use crate::chip::hash::Hash;
use crate::chip::ledger::Ledger;
use crate::chip::policy::Weakness;
use crate::chip::sod::SecurityObject;
use crate::domain::chip::{GroupNumber, StepName};
use crate::domain::finding::{
    CHIP_ALGORITHM_UNKNOWN, CHIP_COM_DIFFERS, CHIP_COUNTRY_DIFFERS, CHIP_COUNTRY_UNKNOWN, CHIP_DG1_UNREADABLE,
    CHIP_GROUP_DIFFERS, CHIP_GROUP_MANDATORY, CHIP_GROUP_NOT_READ, CHIP_GROUP_UNLISTED, CHIP_LDS_UNREADABLE,
    CHIP_LDS_VERSION, CHIP_SIGNER_DOCUMENT_TYPE, CHIP_ZONE_NOT_READ, Field, Finding, Source,
};
use crate::domain::mrz::Zone;

/// What every passport has. Doc 9303-10 section 4.7.
const MANDATORY: [GroupNumber; 2] = [GroupNumber::DG1, GroupNumber::DG2];

/// Takes the steps about the list, DG1 and the country.
pub(super) fn examine(
    files: &ChipFiles,
    content: &[u8],
    proof: Option<&Proof<'_>>,
    by: Standard<'_>,
    ledger: &mut Ledger,
    known: &mut Known,
) {
    let Ok(list) = SecurityObject::read(content) else {
        ledger.write(StepName::Groups, vec![at(&CHIP_LDS_UNREADABLE, "chip.sod")]);
        return;
    };
    known.can_prove_itself = list.lists(GroupNumber::DG15);
    let mut found = form(&list, files, by.mode.holder);
    if list.hash == Some(Hash::Sha1) && by.policy.counts(Weakness::Sha1, by.now.local_date()) {
        found.extend(proof.map(|proof| proof.weak(Weakness::Sha1, by)));
    }
    for (group, bytes) in files.groups() {
        if !list.lists(group) {
            found.push(at(&CHIP_GROUP_UNLISTED, group.path()));
        } else if list.matches(group, bytes) {
            known.matching.insert(group);
        } else if list.hash.is_some() {
            found.push(at(&CHIP_GROUP_DIFFERS, group.path()));
        }
    }
    ledger.write(StepName::Groups, found);
    if let Some(dg1) = files.group(GroupNumber::DG1).filter(|_| known.matching.contains(&GroupNumber::DG1)) {
        known.zone = zone(dg1, proof, by, ledger);
    }
}

/// Faults of the list itself, and what was not read.
fn form(list: &SecurityObject, files: &ChipFiles, holder: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    if !matches!(list.version, 0 | 1) {
        found.push(at(&CHIP_LDS_VERSION, "chip.sod"));
    }
    if list.hash.is_none() {
        found.push(at(&CHIP_ALGORITHM_UNKNOWN, "chip.sod"));
    }
    for group in MANDATORY {
        if !list.lists(group) {
            found.push(at(&CHIP_GROUP_MANDATORY, group.path()));
        } else if files.group(group).is_none() {
            let rule = if holder && group == GroupNumber::DG1 { &CHIP_ZONE_NOT_READ } else { &CHIP_GROUP_NOT_READ };
            found.push(at(rule, group.path()));
        }
    }
    if files.com().is_some_and(|com| !agrees(com, list)) {
        found.push(at(&CHIP_COM_DIFFERS, "chip.com"));
    }
    found
}

/// Whether EF.COM, which nobody signs, lists the same groups.
fn agrees(file: &[u8], list: &SecurityObject) -> bool {
    com::Common::parse(file).is_ok_and(|common| common.groups.iter().copied().eq(list.groups().map(GroupNumber::get)))
}

/// Takes the steps about the zone in DG1 and the country that signed it. The zone, if it can be read.
fn zone(dg1: &[u8], proof: Option<&Proof<'_>>, by: Standard<'_>, ledger: &mut Ledger) -> Option<Zone> {
    let Ok(zone) = dg1::read(dg1) else {
        ledger.write(StepName::Zone, vec![at(&CHIP_DG1_UNREADABLE, "chip.dg1")]);
        return None;
    };
    // In every format the kind of document comes first, in two places, and then the issuer, in three.
    let (kind, issuer) = (zone.as_str().get(..2).unwrap_or_default(), zone.as_str().get(2..5).unwrap_or_default());
    let mut found = Vec::new();
    if let Some(proof) = proof.filter(|proof| !signs_kind(proof.signer.document_types(), kind)) {
        found.push(proof.fault(&CHIP_SIGNER_DOCUMENT_TYPE, Field::new(Source::Chip, "chip.dg1").showing(kind), by));
    }
    ledger.write(StepName::Zone, found);
    if let Some(proof) = proof {
        ledger.write(StepName::Country, country(proof, issuer, by).into_iter().collect());
    }
    Some(zone)
}

/// Whether a signer of these kinds of document signs one of `kind`; a kind of one letter stands for all that begin so.
fn signs_kind(kinds: Option<&[String]>, kind: &str) -> bool {
    let kind = kind.trim_end_matches('<');
    kinds.is_none_or(|kinds| {
        let mut kinds = kinds.iter().map(|listed| listed.trim_end_matches('<'));
        kinds.any(|listed| listed == kind || (listed.len() == 1 && kind.starts_with(listed)))
    })
}

fn country(proof: &Proof<'_>, issuer: &str, by: Standard<'_>) -> Option<Finding> {
    let country = proof.signer.subject_country().or(proof.signer.issuer_country()).unwrap_or_default();
    let rule = match countries::signs_for(country, issuer) {
        Some(true) => return None,
        Some(false) => &CHIP_COUNTRY_DIFFERS,
        None => &CHIP_COUNTRY_UNKNOWN,
    };
    Some(proof.fault(rule, Field::new(Source::Chip, "chip.dg1").showing(issuer), by))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signer_signs_the_kinds_that_its_certificate_lists() {
        let kinds = |list: &[&str]| list.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>();
        assert!(signs_kind(None, "P<"));
        for (listed, kind) in
            [(&["P"][..], "P<"), (&["P"], "PN"), (&["I", "P"], "P<"), (&["P<"], "PD"), (&["ID"], "ID")]
        {
            assert!(signs_kind(Some(&kinds(listed)), kind), "{listed:?} {kind}");
        }
        for (listed, kind) in [(&["I"][..], "P<"), (&["ID"], "IR"), (&[], "P<"), (&["PN"], "P<")] {
            assert!(!signs_kind(Some(&kinds(listed)), kind), "{listed:?} {kind}");
        }
    }
}
