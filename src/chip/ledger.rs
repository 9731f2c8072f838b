//! What an examination wrote down: each step with its findings, and what they mean for "is it genuine?".
//!
//! Owns the translation of findings into the answer. The first finding that disproves decides; otherwise the first that
//! leaves a doubt.

use crate::domain::chip::{Doubt, Genuineness, Outcome, Step, StepName};
use crate::domain::finding::{
    CHIP_ALGORITHM_UNKNOWN, CHIP_ALGORITHM_WEAK, CHIP_ATTRIBUTES, CHIP_AUTHORITY_COUNTRY, CHIP_AUTHORITY_OUT_OF_DATE,
    CHIP_AUTHORITY_REVOKED, CHIP_AUTHORITY_UNKNOWN, CHIP_CONTENT_TYPE, CHIP_COUNTRY_DIFFERS, CHIP_COUNTRY_UNKNOWN,
    CHIP_DIGEST_DIFFERS, CHIP_GROUP_DIFFERS, CHIP_GROUP_MANDATORY, CHIP_LDS_UNREADABLE, CHIP_LDS_VERSION,
    CHIP_SIGNATURE_WRONG, CHIP_SIGNER_DOCUMENT_TYPE, CHIP_SIGNER_FORGED, CHIP_SIGNER_MISSING, CHIP_SIGNER_OUT_OF_DATE,
    CHIP_SIGNER_PROFILE, CHIP_SIGNER_REVOKED, CHIP_SOD_UNREADABLE, CHIP_SOD_VERSION, CHIP_TOO_LARGE,
    CHIP_ZONE_NOT_READ, Finding, Rule,
};

/// What a finding means for the data. Rules that are not here leave the answer as it is.
static MEANING: &[(&Rule, Genuineness)] = &[
    (&CHIP_ATTRIBUTES, Genuineness::NotGenuine),
    (&CHIP_DIGEST_DIFFERS, Genuineness::NotGenuine),
    (&CHIP_SIGNATURE_WRONG, Genuineness::NotGenuine),
    (&CHIP_SIGNER_FORGED, Genuineness::NotGenuine),
    (&CHIP_SIGNER_REVOKED, Genuineness::NotGenuine),
    (&CHIP_AUTHORITY_REVOKED, Genuineness::NotGenuine),
    (&CHIP_GROUP_DIFFERS, Genuineness::NotGenuine),
    (&CHIP_COUNTRY_DIFFERS, Genuineness::NotGenuine),
    (&CHIP_TOO_LARGE, Genuineness::Unknown(Doubt::NotReadable)),
    (&CHIP_SOD_UNREADABLE, Genuineness::Unknown(Doubt::NotReadable)),
    (&CHIP_LDS_UNREADABLE, Genuineness::Unknown(Doubt::NotReadable)),
    (&CHIP_ALGORITHM_UNKNOWN, Genuineness::Unknown(Doubt::NotReadable)),
    (&CHIP_SIGNER_MISSING, Genuineness::Unknown(Doubt::NotOffered)),
    (&CHIP_ZONE_NOT_READ, Genuineness::Unknown(Doubt::NotOffered)),
    (&CHIP_ALGORITHM_WEAK, Genuineness::Unknown(Doubt::Weak)),
    (&CHIP_AUTHORITY_UNKNOWN, Genuineness::Unknown(Doubt::NotTrusted)),
    (&CHIP_SIGNER_OUT_OF_DATE, Genuineness::Unknown(Doubt::OutOfDate)),
    (&CHIP_AUTHORITY_OUT_OF_DATE, Genuineness::Unknown(Doubt::OutOfDate)),
    (&CHIP_SOD_VERSION, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_CONTENT_TYPE, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_LDS_VERSION, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_GROUP_MANDATORY, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_SIGNER_PROFILE, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_SIGNER_DOCUMENT_TYPE, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_AUTHORITY_COUNTRY, Genuineness::Unknown(Doubt::Misfit)),
    (&CHIP_COUNTRY_UNKNOWN, Genuineness::Unknown(Doubt::Misfit)),
];

/// Steps and findings, as they come.
#[derive(Default)]
pub(super) struct Ledger {
    taken: Vec<Step>,
    findings: Vec<Finding>,
}

impl Ledger {
    /// Writes a step down, with what it found.
    pub(super) fn write(&mut self, name: StepName, found: Vec<Finding>) {
        let worst = found.iter().map(|finding| finding.rule.severity).min();
        self.taken.push(Step { name, outcome: worst.map_or(Outcome::Passed, Outcome::Found) });
        self.findings.extend(found);
    }

    /// Every step once, those not taken as skipped, and all findings.
    pub(super) fn close(self) -> (Vec<Step>, Vec<Finding>) {
        let outcome =
            |name| self.taken.iter().find(|step| step.name == name).map_or(Outcome::Skipped, |step| step.outcome);
        (StepName::ALL.map(|name| Step { name, outcome: outcome(name) }).into(), self.findings)
    }

    /// What the findings so far mean for the data.
    pub(super) fn data(&self) -> Genuineness {
        let meanings = || self.findings.iter().filter_map(|finding| meaning(finding.rule));
        meanings()
            .find(|meaning| *meaning == Genuineness::NotGenuine)
            .or_else(|| meanings().next())
            .unwrap_or(Genuineness::Genuine)
    }
}

fn meaning(rule: &Rule) -> Option<Genuineness> {
    MEANING.iter().find(|(named, _)| *named == rule).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{CHIP_CRL_MISSING, SUBJECTS, Severity};

    #[test]
    fn what_disproves_counts_more_than_what_leaves_a_doubt() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.data(), Genuineness::Genuine);
        ledger.write(StepName::Revocation, vec![Finding::new(&CHIP_CRL_MISSING, [])]);
        assert_eq!(ledger.data(), Genuineness::Genuine);
        ledger.write(StepName::Chain, vec![Finding::new(&CHIP_AUTHORITY_UNKNOWN, [])]);
        assert_eq!(ledger.data(), Genuineness::Unknown(Doubt::NotTrusted));
        ledger.write(StepName::Groups, vec![Finding::new(&CHIP_GROUP_DIFFERS, [])]);
        assert_eq!(ledger.data(), Genuineness::NotGenuine);
        let (steps, findings) = ledger.close();
        assert_eq!((steps.len(), findings.len()), (StepName::ALL.len(), 3));
        assert_eq!(steps[0], Step { name: StepName::Bounds, outcome: Outcome::Skipped });
        assert_eq!(steps[8], Step { name: StepName::Groups, outcome: Outcome::Found(Severity::Refuse) });
    }

    #[test]
    fn a_rule_that_disproves_refuses_and_a_note_leaves_no_doubt() {
        let (_, rules) = SUBJECTS.iter().find(|(subject, _)| *subject == "Chip").unwrap();
        for rule in *rules {
            match meaning(rule) {
                Some(Genuineness::NotGenuine) => assert_eq!(rule.severity, Severity::Refuse, "{}", rule.id),
                Some(_) => assert_ne!(rule.severity, Severity::Note, "{}", rule.id),
                None => (),
            }
        }
    }
}
