//! The comparison of two requests: field by field, explained, and summed to a score.

use time::Date;

use super::Profile;
use super::name::NameLikeness;
use super::weights::{LIKELY, shortness, weight};
use crate::domain::person::Sex;

/// Passports of one state whose days of issue lie so near are those of two persons who applied together, not one renewed.
const TOGETHER_DAYS: i64 = 30;

/// What of two requests is compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Aspect {
    /// The names, in all spellings that each request has.
    Name,
    /// The day of birth.
    Birth,
    /// Sex.
    Sex,
    /// Nationality.
    Nationality,
    /// Passports, and the passport numbers that residence cards print.
    Passport,
    /// Residence cards.
    Card,
    /// Phones.
    Phone,
    /// Who acts for the applicant.
    Representative,
}

impl Aspect {
    /// Path of the field in the application.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Name => "person",
            Self::Birth => "person.date_of_birth",
            Self::Sex => "person.sex",
            Self::Nationality => "person.nationality",
            Self::Passport => "passport.number",
            Self::Card => "residence_card.number",
            Self::Phone => "phone",
            Self::Representative => "representative",
        }
    }
}

/// How alike one aspect is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Likeness {
    /// The same.
    Same,
    /// A name in another transliteration or without its marks.
    Transliterated,
    /// The parts of a name in another order.
    OrderDiffers,
    /// The parts of a name divided otherwise.
    Divided,
    /// A name cut, because the zone has no more room.
    Truncated,
    /// A part of a name is missing in the other.
    PartMissing,
    /// A name shortened to initials.
    Initials,
    /// But for a slip.
    Similar,
    /// But for a slip in a short part, which may as well be another.
    PartSimilar,
    /// Day and month changed places.
    Swapped,
    /// Agrees as far as both are known.
    Partial,
    /// The residence card of one prints the passport of the other.
    Renewed,
    /// Two passports of one state, issued together.
    IssuedTogether,
    /// A part of a name is another one.
    PartDiffers,
    /// Something else.
    Differs,
    /// One of the two does not say.
    Unknown,
}

impl Likeness {
    /// The name by which callers know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Transliterated => "transliterated",
            Self::OrderDiffers => "order differs",
            Self::Divided => "divided otherwise",
            Self::Truncated => "truncated",
            Self::PartMissing => "part missing",
            Self::Initials => "initials",
            Self::Similar => "similar",
            Self::PartSimilar => "part similar",
            Self::Swapped => "day and month swapped",
            Self::Partial => "agrees in part",
            Self::Renewed => "renewed",
            Self::IssuedTogether => "issued together",
            Self::PartDiffers => "part differs",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }
}

/// One aspect of two requests, and what it is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    /// What was compared.
    pub aspect: Aspect,
    /// How alike it is.
    pub likeness: Likeness,
    /// How much of it agrees, in percent.
    pub percent: u8,
    /// What that is worth, in tenths of a bit.
    pub weight: i32,
}

/// Two requests side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// Sum of the weights, in tenths of a bit.
    pub score: i32,
    /// Each aspect, always in the same order.
    pub aspects: Vec<Compared>,
}

impl Comparison {
    /// Whether a person must look: the two are likely to be one person's.
    pub const fn is_likely(&self) -> bool {
        self.score >= LIKELY
    }

    /// How alike an aspect is.
    pub fn of(&self, aspect: Aspect) -> Likeness {
        let found = self.aspects.iter().find(|compared| compared.aspect == aspect);
        found.map_or(Likeness::Unknown, |compared| compared.likeness)
    }
}

impl Profile {
    /// Compares two requests.
    pub fn compare(&self, other: &Self) -> Comparison {
        let name = self.compare_names(other);
        let known = |likeness: Likeness| (likeness, if likeness == Likeness::Same { 100 } else { 0 });
        let equal = |same: bool| known(if same { Likeness::Same } else { Likeness::Differs });
        let maybe = |same: Option<bool>| same.map_or(known(Likeness::Unknown), equal);
        let birth = self.compare_births(other);
        let sexes = [self.sex, other.sex];
        let all = [
            (Aspect::Name, (name.likeness, name.percent)),
            (Aspect::Birth, birth),
            (Aspect::Sex, maybe((!sexes.contains(&Sex::X)).then_some(self.sex == other.sex))),
            (Aspect::Nationality, equal(self.nationality == other.nationality)),
            (Aspect::Passport, known(self.compare_passports(other))),
            (Aspect::Card, maybe(self.card.as_ref().zip(other.card.as_ref()).map(|(one, two)| one == two))),
            (Aspect::Phone, equal(self.phone == other.phone)),
            (
                Aspect::Representative,
                maybe(self.representative.as_ref().zip(other.representative.as_ref()).map(|(one, two)| one == two)),
            ),
        ];
        let aspects: Vec<_> = all
            .into_iter()
            .map(|(aspect, (likeness, percent))| {
                let off =
                    if aspect == Aspect::Name && weight(aspect, likeness) > 0 { shortness(name.letters) } else { 0 };
                Compared { aspect, likeness, percent, weight: weight(aspect, likeness) - off }
            })
            .collect();
        Comparison { score: aspects.iter().map(|compared| compared.weight).sum(), aspects }
    }

    /// The likeness of the two spellings that are most alike.
    fn compare_names(&self, other: &Self) -> NameLikeness {
        let pairs = self.spelt.iter().flat_map(|one| other.spelt.iter().map(move |two| one.compare(two)));
        let best = pairs.max_by_key(|found| weight(Aspect::Name, found.likeness));
        best.unwrap_or(NameLikeness { likeness: Likeness::Unknown, percent: 0, letters: 0 })
    }

    fn compare_births(&self, other: &Self) -> (Likeness, u8) {
        let (one, two) = (self.born, other.born);
        let known = |part: Option<bool>| part != Some(false);
        let year = one.year.zip(two.year).map(|(a, b)| a == b);
        let month = one.month.zip(two.month).map(|(a, b)| a == b);
        let day = one.day.zip(two.day).map(|(a, b)| a == b);
        if (year, month, day) == (Some(true), Some(true), Some(true)) {
            return (Likeness::Same, 100);
        }
        if known(year) && known(month) && known(day) {
            return (if year == Some(true) { Likeness::Partial } else { Likeness::Unknown }, 50);
        }
        let Some((one, two)) = one.date().zip(two.date()) else { return (Likeness::Differs, 0) };
        let swapped =
            one.year() == two.year() && one.day() == u8::from(two.month()) && two.day() == u8::from(one.month());
        match slips(one, two) {
            _ if swapped => (Likeness::Swapped, 90),
            1 => (Likeness::Similar, 87),
            _ => (Likeness::Differs, 0),
        }
    }

    fn compare_passports(&self, other: &Self) -> Likeness {
        let printed = |one: &Self, two: &Self| {
            let number = one.printed_passport.as_ref();
            number.is_some() && number == two.passport.as_ref().map(|passport| &passport.number)
        };
        let Some((one, two)) = self.passport.as_ref().zip(other.passport.as_ref()) else {
            let linked = printed(self, other) || printed(other, self);
            return if linked { Likeness::Renewed } else { Likeness::Unknown };
        };
        if (&one.state, &one.number) == (&two.state, &two.number) {
            return Likeness::Same;
        }
        if printed(self, other) || printed(other, self) {
            return Likeness::Renewed;
        }
        let apart = (one.issued_on - two.issued_on).whole_days().abs();
        let together = one.state == two.state && self.nationality == other.nationality && apart <= TOGETHER_DAYS;
        if together { Likeness::IssuedTogether } else { Likeness::Differs }
    }
}

/// Digits in which two days differ; two neighbours that changed places count as one.
fn slips(one: Date, two: Date) -> usize {
    let digits = |day: Date| format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day());
    strsim::osa_distance(&digits(one), &digits(two))
}
