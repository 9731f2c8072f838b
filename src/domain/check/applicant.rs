//! The applicant: age, nationality, grounds, representative, consents.

use time::Date;

use crate::domain::application::Application;
use crate::domain::consent::CLOCK_SKEW_MAX;
use crate::domain::finding::{
    CITIZEN, CONSENT_MISSING, DATE_IN_FUTURE, Field, Finding, Findings, NOT_ELIGIBLE, REPRESENTATIVE_MISSING,
    REPRESENTATIVE_SAME, UNDER_SIX, WARD,
};
use crate::domain::law;
use crate::domain::law::consents::ADULT_FROM_AGE;
use crate::domain::law::eligibility::{REPRESENTED_BELOW_AGE, Shown};
use crate::domain::person::age_on;
use crate::domain::residence::CardKind;
use crate::domain::time::{Timestamp, format_date};

/// Looks at who applies, on `today`.
pub(super) fn eligibility(application: &Application, today: Date, found: &mut Findings) {
    let age = age_on(application.born_on, today);
    let policy = law::eligibility::POLICY.on(today);
    if policy.is_some_and(|policy| age < policy.age_min) {
        let born = Field::typed("person.date_of_birth").showing(format_date(application.born_on));
        found.add(Finding::new(&UNDER_SIX, [born]));
    }
    // A card that has expired is a finding of its own, and the ground to look for is the card in date.
    let expired = application.card.is_some() && !entitles(application, today);
    let shown = Shown {
        card: entitles(application, today),
        resident_since: application.stay.resident_since,
        visa: application.stay.visa.as_ref().map(|visa| (visa.valid_from, visa.expires_on)),
    };
    let eligible = policy.is_some_and(|policy| policy.has_ground(&shown, today));
    found.add_if(!eligible && !expired, &NOT_ELIGIBLE, &["residence_card"]);
    if application.nationality.is_viet_nam() {
        let nationality = Field::typed("person.nationality").showing(application.nationality.as_str());
        found.add(Finding::new(&CITIZEN, [nationality]));
    }
    representative(application, age, found);
}

/// Whether the card entitles on `today`. The right behind a permanent card does not end with it (DOMAIN 3.2).
fn entitles(application: &Application, today: Date) -> bool {
    application.card.as_ref().is_some_and(|card| card.kind == CardKind::Permanent || card.expires_on >= today)
}

fn representative(application: &Application, age: i32, found: &mut Findings) {
    let Some(representative) = &application.representative else {
        found.add_if(age < REPRESENTED_BELOW_AGE, &REPRESENTATIVE_MISSING, &["representative"]);
        return;
    };
    let same = application.passport.as_ref().is_some_and(|passport| {
        representative.document == passport.number && representative.issuing_state == passport.issuing_state
    });
    found.add_if(same, &REPRESENTATIVE_SAME, &["representative.document_number"]);
    found.add_if(age >= ADULT_FROM_AGE, &WARD, &["representative", "person.date_of_birth"]);
}

/// Looks at who agreed to what.
pub(super) fn consents(application: &Application, now: Timestamp, found: &mut Findings) {
    let age = age_on(application.born_on, now.local_date());
    let given = |purpose, giver| application.consents.iter().any(|c| c.purpose == purpose && c.given_by == giver);
    let missing = law::consents::givers(age, application.representative.is_some())
        .iter()
        .any(|giver| law::consents::PURPOSES.iter().any(|purpose| !given(*purpose, *giver)));
    found.add_if(missing, &CONSENT_MISSING, &["consents"]);
    let latest = now.plus(CLOCK_SKEW_MAX);
    found.add_if(application.consents.iter().any(|c| c.given_at > latest), &DATE_IN_FUTURE, &["consents"]);
}
