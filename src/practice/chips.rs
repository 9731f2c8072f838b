//! The chip that belongs to an application, and the form in which an officer's reader hands it in.

use time::Date;

use crate::practice::country::{Answering, Bearer, Chip, Country, Flaw, Hash};
use crate::proto;

/// The chip of the passport in an application, in order or with one flaw; `None` if there is no passport.
pub(super) fn issue(
    country: &Country,
    application: &proto::Application,
    flaw: Option<Flaw>,
    today: Date,
) -> Option<Chip> {
    let (person, passport) = (application.person.as_ref()?, application.passport.as_ref()?);
    let (born, issued) = (person.date_of_birth.replace('-', ""), passport.issued_on.replace('-', ""));
    let bearer = Bearer {
        name: Some((&person.family_name, &person.given_names)),
        born: Some(&born),
        issued: Some(&issued),
        ..Bearer::with_zone(&passport.mrz)
    };
    let answering = Answering::Ecdsa(Hash::Sha256);
    Some(match flaw {
        Some(_) => country.present(&bearer, answering, flaw, today).chip,
        None => country.chip(&bearer, answering),
    })
}

impl Chip {
    /// The files as a reader hands them in. `challenge` is the name of a challenge and its bytes, if the chip was sent one.
    pub fn captured(&self, challenge: Option<(&str, &[u8])>) -> proto::Chip {
        let group = |(number, content): (u32, &[u8])| proto::DataGroup {
            number: i32::try_from(number).unwrap_or_default(),
            content: content.to_vec(),
        };
        let answered = challenge.and_then(|(name, bytes)| {
            let response = self.answer(bytes)?;
            Some(proto::ActiveAuthentication { challenge_id: name.to_owned(), response })
        });
        proto::Chip {
            sod: self.sod.clone(),
            groups: self.groups().into_iter().map(group).collect(),
            com: self.com.clone(),
            active_authentication: answered,
        }
    }
}
