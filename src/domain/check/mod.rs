//! The rules applied to one application. The rehearsal and the real submission run this same function; what documents say
//! without a form beside them goes through the same code.
//!
//! One file for each thing that is looked at. What others say (other requests, the chip, the immigration record) is handed
//! in: the rules ask nobody.

mod applicant;
mod captures;
mod chip;
mod documents;
mod duplicate;
mod registry;
pub mod zone;

pub use registry::{is_own, record_key};

use super::application::Application;
use super::capture::Captures;
use super::chip::{ChipReport, GroupNumber};
use super::duplicate::Comparison;
use super::finding::{CARD_IN_USE, Field, Finding, Findings, PASSPORT_IN_USE, PASSPORT_PRACTICE, PHONE_IN_USE, Source};
use super::mrz::Zone;
use super::record::{Biometrics, RegistryAnswer};
use super::residence::ResidenceCard;
use super::time::Timestamp;
use super::workstation::Provenance;
use time::Date;
use zone::Place;

/// What is known of other requests and accounts: which of this application's values they hold already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// The phone serves someone else, and not the representative of this applicant.
    pub phone: bool,
    /// The passport belongs to another request in progress or account.
    pub passport: bool,
    /// The residence card does.
    pub card: bool,
}

/// What others say about the applicant.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What other requests and accounts hold.
    pub taken: Taken,
    /// How the request stands to the likeliest of those that may be the same person's.
    pub duplicate: Option<Comparison>,
    /// Only real documents count: those of the practice country are refused.
    pub real_only: bool,
    /// What the examination of the passport's chip said, if it was read.
    pub chip: Option<ChipReport>,
    /// What the immigration record said.
    pub record: RegistryAnswer,
    /// Where and when it was captured, and whether its number stands for another capture already.
    pub capture: Option<(Provenance, bool)>,
}

impl Known {
    /// Which biometrics of the applicant the immigration database holds; `None` if it did not say, or not of this person.
    pub fn on_file(&self, application: &Application) -> Option<Biometrics> {
        match &self.record {
            RegistryAnswer::Found(record) if is_own(application, record, false) => Some(record.biometrics),
            _ => None,
        }
    }

    /// What is known of the applicant's face and fingers. The chip's portrait counts as the chip's only if the security
    /// object lists it.
    fn elsewhere(&self, application: &Application) -> captures::Elsewhere {
        let listed = self.chip.as_ref().filter(|report| report.matching.contains(&GroupNumber::DG2));
        let portrait = listed.and_then(|report| report.content.faces.first());
        let on_record = self.on_file(application).unwrap_or_default();
        captures::Elsewhere {
            chip_face: portrait.map(|portrait| portrait.sha256),
            face_on_record: on_record.face,
            fingerprints_on_record: on_record.fingerprints,
        }
    }
}

/// Applies every rule to `application` and to what was captured with it, as handed in at `now`. `None` for captures: they
/// are not looked at.
pub fn examine(application: &Application, captures: Option<&Captures>, known: &Known, now: Timestamp) -> Findings {
    let today = now.local_date();
    let mut found = Findings::default();
    let page = application.passport.as_ref().map(|passport| &passport.zone);
    by_themselves(page, known.chip.as_ref(), today, &mut found);
    zone::against_application(application, today, &mut found);
    if let Some(report) = &known.chip {
        chip::against_application(application, report, today, &mut found);
    }
    documents::documents(application, today, &mut found);
    applicant::eligibility(application, today, &mut found);
    applicant::consents(application, now, &mut found);
    found.add_all(registry::compare(application, &known.record));
    if let Some(captures) = captures {
        captures::captures(captures, known.elsewhere(application), &mut found);
    }
    if known.real_only && documents::is_practice(application) {
        found.add(Finding::new(
            &PASSPORT_PRACTICE,
            [Field::typed("passport.issuing_state"), Field::typed("person.nationality")],
        ));
    }
    if let Some((provenance, doubled)) = &known.capture {
        found.add_all(provenance.examine(*doubled, now));
    }
    in_use(known.taken, &mut found);
    found.add_all(known.duplicate.as_ref().and_then(duplicate::likely));
    found.sort();
    found
}

/// Documents as they were read, with nothing typed beside them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Documents<'a> {
    /// The zone on the page.
    pub zone: Option<&'a Zone>,
    /// What the examination of the chip said.
    pub chip: Option<&'a ChipReport>,
    /// The residence card.
    pub card: Option<&'a ResidenceCard>,
}

/// What can be said of documents on `today` without an application: each by itself, and the chip beside the page.
pub fn examine_documents(shown: Documents<'_>, today: Date) -> Findings {
    let mut found = Findings::default();
    by_themselves(shown.zone, shown.chip, today, &mut found);
    let stated = shown.chip.and_then(chip::stated_zone).map(|zone| (zone, Place::Chip));
    if let Some((zone, place)) = shown.zone.map(|zone| (zone, Place::Page)).or(stated) {
        documents::expiry(zone, place, today, &mut found);
    }
    if let Some(card) = shown.card {
        documents::card(card, None, today, &mut found);
    }
    found.sort();
    found
}

/// The page's zone and the chip, before anything typed is looked at.
fn by_themselves(page: Option<&Zone>, chip: Option<&ChipReport>, today: Date, found: &mut Findings) {
    if let Some(page) = page {
        found.add_all(zone::by_itself(page, Place::Page, today));
    }
    if let Some(report) = chip {
        chip::by_itself(report, page, today, found);
    }
}

fn in_use(taken: Taken, found: &mut Findings) {
    for (held, rule, field) in [
        (taken.phone, &PHONE_IN_USE, "phone"),
        (taken.passport, &PASSPORT_IN_USE, "passport.number"),
        (taken.card, &CARD_IN_USE, "residence_card.number"),
    ] {
        if held {
            found.add(Finding::new(rule, [Field::typed(field), Field::new(Source::Records, field)]));
        }
    }
}

#[cfg(test)]
mod tests;
