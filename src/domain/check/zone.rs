//! The machine readable zone by itself and against what was typed.

use time::Date;

use crate::domain::application::Application;
use crate::domain::finding::{Findings, MRZ_CHECK_DIGIT, MRZ_DIFFERS, MRZ_NAME_DIFFERS, MRZ_STATE_UNKNOWN};

/// Examines the zone of the applicant's passport as read on `today`.
pub(super) fn zone(application: &Application, _today: Date, found: &mut Findings) {
    let (passport, zone) = (&application.passport, &application.passport.zone);
    found.add_if(!zone.wrong_digits().is_empty(), &MRZ_CHECK_DIGIT, &["passport.mrz"]);
    let (issuer, nationality) = (zone.issuing_state(), zone.nationality());
    found.add_if(issuer.is_none() || nationality.is_none(), &MRZ_STATE_UNKNOWN, &["passport.mrz"]);
    let differs = [
        (zone.number() != passport.number.as_str(), "passport.number"),
        (issuer.is_some_and(|state| state != passport.issuing_state), "passport.issuing_state"),
        (!zone.expires_on(passport.expires_on), "passport.expires_on"),
        (!zone.born_on(application.born_on), "person.date_of_birth"),
        (zone.sex() != Some(application.sex), "person.sex"),
        (nationality.is_some_and(|state| state != application.nationality), "person.nationality"),
    ];
    for (differs, field) in differs {
        found.add_if(differs, &MRZ_DIFFERS, &[field, "passport.mrz"]);
    }
    found.add_if(!zone.names(&application.name), &MRZ_NAME_DIFFERS, &["person", "passport.mrz"]);
}
