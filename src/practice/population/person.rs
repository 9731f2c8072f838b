//! One person of the population, and the request that they hand in.

use time::{Date, Duration};

use super::names::{NATIONS, Nation};
use crate::domain::application::{Application, Language, Relation, Representative};
use crate::domain::consent::{Consent, Giver, LanguageTag, Purpose, TextHash};
use crate::domain::contact::Phone;
use crate::domain::mrz::Zone;
use crate::domain::passport::{DocumentNumber, Passport};
use crate::domain::person::{FullName, NamePart, Sex, StateCode};
use crate::domain::residence::{CardKind, CardSymbol, ResidenceCard, Stay};
use crate::domain::time::{Timestamp, years_after};
use crate::practice::contacts;
use crate::practice::draw::Draw;

/// Issuer of every passport here: no such state, no such passports.
const UTOPIA: &str = "UTO";

/// Someone at the counter: what their papers say, before any of it is typed.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) nation: &'static Nation,
    pub(super) family: String,
    pub(super) given: String,
    /// Name as it is typed, if not as the passport prints it.
    pub(super) typed: Option<(String, String)>,
    pub(super) sex: Sex,
    pub(super) born: Date,
    /// The passport knows the year of birth alone.
    pub(super) year_alone: bool,
    pub(super) passport: Papers,
    pub(super) card: Papers,
    /// Passport number that the card prints.
    pub(super) printed: Option<String>,
    pub(super) phone: String,
    /// Number of the parent's passport, of children.
    pub(super) parent: Option<String>,
}

/// A passport or a card, as far as it differs from another of the same person.
#[derive(Clone)]
pub(super) struct Papers {
    pub(super) number: String,
    pub(super) issued: Date,
}

impl Person {
    /// Someone of that nation, born on that day.
    pub(super) fn draw(draw: &mut Draw, nation: &'static Nation, today: Date) -> Self {
        let sex = if draw.once_in(2) { Sex::Female } else { Sex::Male };
        let age = if draw.once_in(8) { draw.within(6..=13) } else { draw.within(18..=70) };
        let born = years_after(today, -age) - draw.days(1..=360);
        // Some birth dates are but estimates.
        let born = if draw.once_in(60) { born.replace_ordinal(1).unwrap_or(born) } else { born };
        let (family, given) = name(draw, nation, sex);
        let issued = (today - draw.days(200..=2_900)).max(born + Duration::days(60));
        let parent = (age < 14).then(|| number(draw));
        let passport = Papers { number: number(draw), issued };
        let printed = (!draw.once_in(4)).then(|| passport.number.clone());
        let (card, phone) = (card(draw, today), phone(draw));
        Self {
            nation,
            family,
            given,
            typed: None,
            sex,
            born,
            year_alone: false,
            passport,
            card,
            printed,
            phone,
            parent,
        }
    }

    /// Gives new papers, as whoever comes a second time has: another passport, card and phone. What serves one person
    /// only would refuse the request otherwise, and nothing would be left to find.
    pub(super) fn renew(&mut self, draw: &mut Draw, today: Date) {
        let before = std::mem::replace(&mut self.passport.number, number(draw));
        self.passport.issued = today - draw.days(1..=180);
        (self.card, self.phone) = (card(draw, today), phone(draw));
        self.printed = match draw.within(0..=9) {
            0 => Some(before),
            1..=3 => None,
            _ => Some(self.passport.number.clone()),
        };
    }

    /// The request as the officer captures it; `None` if a drawn name cannot be typed.
    pub(super) fn application(&self, today: Date) -> Option<Application> {
        let (family, given) = self.typed.as_ref().unwrap_or(&(self.family.clone(), self.given.clone())).clone();
        let utopia = StateCode::parse(UTOPIA).ok()?;
        let expires_on = years_after(self.passport.issued, 10);
        let printed = self.printed.as_deref().map(DocumentNumber::parse).transpose().ok()?;
        Some(Application {
            name: FullName::new(NamePart::parse(&family).ok(), NamePart::parse(&given).ok())?,
            born_on: self.born,
            sex: self.sex,
            nationality: StateCode::parse(self.nation.code).ok()?,
            passport: Some(Passport {
                number: DocumentNumber::parse(&self.passport.number).ok()?,
                issuing_state: utopia.clone(),
                issued_on: self.passport.issued,
                expires_on,
                zone: Zone::parse(&self.zone(expires_on)).ok()?,
            }),
            card: Some(ResidenceCard {
                kind: CardKind::Temporary(CardSymbol::parse("TT").ok()?),
                number: DocumentNumber::parse(&self.card.number).ok()?,
                issued_on: self.card.issued,
                expires_on: years_after(self.card.issued, 2),
                passport_number: printed,
                name: None,
            }),
            stay: Stay::default(),
            phone: Phone::parse(&self.phone).ok()?,
            email: None,
            consents: self.consents(today),
            representative: self.representative(&utopia),
            language: Language::En,
        })
    }

    fn consents(&self, today: Date) -> Vec<Consent> {
        let givers: &[Giver] = match self.parent {
            Some(_) => &[Giver::Representative, Giver::Applicant],
            None => &[Giver::Applicant],
        };
        let purposes = [Purpose::Account, Purpose::SensitiveData];
        let all = purposes.into_iter().flat_map(|purpose| givers.iter().map(move |giver| (purpose, *giver)));
        let given = all.filter_map(|(purpose, given_by)| {
            let (text, language) = (TextHash::parse(&"ab".repeat(32)).ok()?, LanguageTag::parse("en").ok()?);
            Some(Consent { purpose, given_by, text, language, given_at: Timestamp::start_of(today) })
        });
        given.collect()
    }

    fn representative(&self, state: &StateCode) -> Option<Representative> {
        Some(Representative {
            name: FullName::new(NamePart::parse(&self.family).ok(), NamePart::parse("Parent").ok())?,
            relation: Relation::Parent,
            document: DocumentNumber::parse(self.parent.as_deref()?).ok()?,
            issuing_state: state.clone(),
        })
    }

    fn zone(&self, expires: Date) -> String {
        let (surname, given_names) =
            if self.family.is_empty() { (&self.given, "") } else { (&self.family, self.given.as_str()) };
        let date = |day: Date| {
            mrz::MrzDate::Calendar(mrz::Date::new(day.year(), u8::from(day.month()).into(), day.day().into()))
        };
        mrz::format_td3(&mrz::Td3Fields {
            issuing_country: UTOPIA.to_owned(),
            document_number: self.passport.number.clone(),
            surname: surname.clone(),
            given_names: given_names.to_owned(),
            nationality: self.nation.code.to_owned(),
            date_of_birth: if self.year_alone { self.year_of_birth() } else { date(self.born) },
            sex: match self.sex {
                Sex::Female => mrz::Sex::Female,
                Sex::Male => mrz::Sex::Male,
                Sex::X => mrz::Sex::Unspecified,
            },
            date_of_expiry: date(expires),
            ..mrz::Td3Fields::default()
        })
    }

    /// Two digits and fillers (Doc 9303-3 section 4.8).
    fn year_of_birth(&self) -> mrz::MrzDate {
        let cells = format!("{:02}<<<<", self.born.year().rem_euclid(100));
        let partial = mrz::RawDateField::try_from(cells.as_str()).map(mrz::MrzDate::PartiallyUnknown);
        partial.unwrap_or(mrz::MrzDate::Calendar(mrz::Date::new(self.born.year(), 1, 1)))
    }
}

/// Somebody's nation, by the shares.
pub(super) fn nation(draw: &mut Draw) -> &'static Nation {
    let all: u32 = NATIONS.iter().map(|nation| nation.share).sum();
    let mut ticket = u32::try_from(draw.within(0..=i32::try_from(all).unwrap_or(1) - 1)).unwrap_or_default();
    for nation in NATIONS {
        match ticket.checked_sub(nation.share) {
            Some(rest) => ticket = rest,
            None => return nation,
        }
    }
    #[expect(clippy::indexing_slicing, reason = "the list has one at least")]
    &NATIONS[0]
}

/// A name: common family names come oftener, as they do.
pub(super) fn name(draw: &mut Draw, nation: &'static Nation, sex: Sex) -> (String, String) {
    let woman = sex == Sex::Female;
    let entry = common(draw, nation.families);
    let family = match entry.split_once('|') {
        Some((_, women)) if woman => women,
        Some((men, _)) => men,
        None => entry,
    };
    (family.to_owned(), given(draw, nation, sex))
}

/// Given names.
pub(super) fn given(draw: &mut Draw, nation: &'static Nation, sex: Sex) -> String {
    let first = draw.one_of(if sex == Sex::Female { nation.women } else { nation.men });
    let second = draw.one_of(nation.second);
    match second {
        "" => first.to_owned(),
        second if nation.between == " " => format!("{first} {}", capital(second)),
        second => format!("{first}{}{second}", nation.between),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn common(draw: &mut Draw, items: &'static [&'static str]) -> &'static str {
    let last = i32::try_from(items.len()).unwrap_or(1).max(1) - 1;
    let first = draw.within(0..=last);
    let at = first.min(draw.within(0..=last));
    items.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default()
}

pub(super) fn number(draw: &mut Draw) -> String {
    draw.fresh(|draw| format!("UP{}", draw.digits(7)))
}

fn card(draw: &mut Draw, today: Date) -> Papers {
    let issued = today - draw.days(5..=180);
    Papers { number: draw.fresh(|draw| format!("PRACTICE{}", draw.digits(9))), issued }
}

fn phone(draw: &mut Draw) -> String {
    contacts::phone(draw)
}
