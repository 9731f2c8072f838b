//! Whether the applicant is probably somebody who has a request or an account already.
//!
//! The finding says which fields agree and how, in words; it shows nothing of the other person, neither a value nor a
//! degree by which one could be guessed.

use crate::domain::duplicate::{Comparison, Likeness};
use crate::domain::finding::{DUPLICATE_LIKELY, Field, Finding, Source};

/// What the likeliest of the others comes to, if one is likely.
pub(super) fn likely(comparison: &Comparison) -> Option<Finding> {
    if !comparison.is_likely() {
        return None;
    }
    let said = comparison.aspects.iter().filter(|compared| compared.likeness != Likeness::Unknown);
    let shown =
        said.map(|compared| Field::new(Source::Records, compared.aspect.path()).showing(compared.likeness.name()));
    Some(Finding::new(&DUPLICATE_LIKELY, [Field::typed("person")].into_iter().chain(shown)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::tests::specimen;
    use crate::domain::check::{Known, examine};
    use crate::domain::duplicate::Profile;
    use crate::domain::finding::Shown;
    use crate::domain::passport::DocumentNumber;
    use crate::domain::time::Timestamp;
    use time::macros::date;

    #[test]
    fn a_likely_duplicate_is_referred_with_the_fields_that_agree_and_no_value_of_the_other() {
        let (application, mut before) = (specimen(), specimen());
        before.passport.as_mut().unwrap().number = DocumentNumber::parse("OLD777").unwrap();
        let comparison = Profile::of(&application).compare(&Profile::of(&before));
        let known = Known { duplicate: Some(comparison), ..Known::default() };
        let findings = examine(&application, None, &known, Timestamp::start_of(date!(2026 - 06 - 01)));
        let finding = findings.iter().find(|finding| *finding.rule == DUPLICATE_LIKELY).unwrap();
        assert!(findings.refers() && !findings.refuses());
        let said: Vec<_> = finding.fields.iter().filter_map(|f| f.value.as_ref()).map(Shown::as_str).collect();
        assert_eq!(said, ["same", "same", "same", "same", "renewed", "same", "same"]);
        let all = format!("{:?} {said:?}", finding.fields.iter().map(|f| f.path.as_ref()).collect::<Vec<_>>());
        for secret in ["OLD777", "Eriksson", "1974"] {
            assert!(!all.contains(secret));
        }
    }

    #[test]
    fn somebody_who_is_not_likely_the_same_is_not_mentioned() {
        let (application, mut other) = (specimen(), specimen());
        other.born_on = date!(1950 - 01 - 31);
        (other.passport, other.card) = (None, None);
        let comparison = Profile::of(&application).compare(&Profile::of(&other));
        assert!(likely(&comparison).is_none());
    }
}
