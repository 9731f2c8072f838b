//! Likely duplicates as a supervisor is shown them: values of the request in question alone.

use super::render;
use crate::app::{Candidate, Compared};
use crate::domain::application::Application;
use crate::domain::duplicate::{self, Aspect, Likeness};
use crate::domain::person::{FullName, NamePart, Sex};
use crate::domain::time::format_date;
use crate::proto as pb;

pub(super) fn compared(compared: &Compared) -> pb::CompareCandidatesResponse {
    let candidates = compared.candidates.iter().map(|one| candidate(one, &compared.application)).collect();
    pb::CompareCandidatesResponse { candidates }
}

fn candidate(candidate: &Candidate, own: &Application) -> pb::Candidate {
    let (enrolment, comparison) = (&candidate.enrolment, &candidate.comparison);
    pb::Candidate {
        enrolment_id: enrolment.id.to_string(),
        office: enrolment.office.to_string(),
        state: render::state(enrolment.stage.name()).into(),
        received_at: Some(render::instant(enrolment.received_at)),
        score: comparison.score,
        current_office: candidate.holder.as_ref().map(ToString::to_string).unwrap_or_default(),
        fields: comparison.aspects.iter().map(|compared| field(*compared, own)).collect(),
    }
}

fn field(compared: duplicate::Compared, own: &Application) -> pb::ComparedField {
    pb::ComparedField {
        field: compared.aspect.path().to_owned(),
        likeness: likeness(compared.likeness).into(),
        percent: u32::from(compared.percent),
        weight: compared.weight,
        own_value: value(compared.aspect, own),
    }
}

/// What the request in question says.
fn value(aspect: Aspect, own: &Application) -> String {
    let passport = own.passport.as_ref().map(|passport| passport.number.as_str());
    match aspect {
        Aspect::Name => written(&own.name),
        Aspect::Birth => format_date(own.born_on),
        Aspect::Sex => match own.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::X => "X",
        }
        .to_owned(),
        Aspect::Nationality => own.nationality.as_str().to_owned(),
        Aspect::Passport => passport.unwrap_or_default().to_owned(),
        Aspect::Card => own.card.as_ref().map(|card| card.number.as_str()).unwrap_or_default().to_owned(),
        Aspect::Phone => own.phone.as_str().to_owned(),
        Aspect::Representative => {
            own.representative.as_ref().map(|r| r.document.as_str()).unwrap_or_default().to_owned()
        }
    }
}

fn written(name: &FullName) -> String {
    let parts = [name.family(), name.given()].into_iter().flatten();
    parts.map(NamePart::as_str).collect::<Vec<_>>().join(" ")
}

const fn likeness(likeness: Likeness) -> pb::Likeness {
    match likeness {
        Likeness::Same => pb::Likeness::Same,
        Likeness::Transliterated => pb::Likeness::Transliterated,
        Likeness::OrderDiffers => pb::Likeness::OrderDiffers,
        Likeness::Divided => pb::Likeness::Divided,
        Likeness::Truncated => pb::Likeness::Truncated,
        Likeness::PartMissing => pb::Likeness::PartMissing,
        Likeness::Initials => pb::Likeness::Initials,
        Likeness::Similar => pb::Likeness::Similar,
        Likeness::PartSimilar => pb::Likeness::PartSimilar,
        Likeness::Swapped => pb::Likeness::Swapped,
        Likeness::Partial => pb::Likeness::Partial,
        Likeness::Renewed => pb::Likeness::Renewed,
        Likeness::IssuedTogether => pb::Likeness::IssuedTogether,
        Likeness::PartDiffers => pb::Likeness::PartDiffers,
        Likeness::Differs => pb::Likeness::Differs,
        Likeness::Unknown => pb::Likeness::Unknown,
    }
}
