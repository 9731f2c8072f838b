//! How one person comes a second time, and who else looks like it.

use time::Date;

use super::names::NATIONS;
use super::person::{Person, given, name, number};
use crate::domain::person::Sex;
use crate::domain::time::years_after;
use crate::practice::draw::Draw;

/// In which way a person comes a second time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// With a renewed passport, everything else as before.
    Renewed,
    /// With the passport of another state.
    SecondNationality,
    /// With family name and given names exchanged.
    NameOrder,
    /// With the whole name in one field, or a single name divided.
    SingleName,
    /// With the name in another romanisation.
    Transliteration,
    /// With the name typed without its marks.
    LostMarks,
    /// With a name that is cut to what a zone has room for.
    Truncated,
    /// With a slip in the name.
    Misspelt,
    /// With day and month of birth exchanged.
    BirthSwapped,
    /// With a passport that knows the year of birth alone.
    BirthPartial,
    /// With the same papers, captured again offline: found by the exact match of the passport.
    CapturedTwice,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 11] = [
        Self::Renewed,
        Self::SecondNationality,
        Self::NameOrder,
        Self::SingleName,
        Self::Transliteration,
        Self::LostMarks,
        Self::Truncated,
        Self::Misspelt,
        Self::BirthSwapped,
        Self::BirthPartial,
        Self::CapturedTwice,
    ];

    /// The same person come a second time in this way; `None` if it does not fit them.
    pub(super) fn of(self, draw: &mut Draw, before: &Person, today: Date) -> Option<Person> {
        let mut person = before.clone();
        if self != Self::CapturedTwice {
            person.renew(draw, today);
        }
        match self {
            Self::Renewed | Self::CapturedTwice => {}
            Self::SecondNationality => second_nationality(draw, &mut person)?,
            Self::NameOrder => swap_names(draw, &mut person)?,
            Self::SingleName => single_name(&mut person)?,
            Self::Transliteration => romanise(draw, &mut person)?,
            Self::LostMarks => lose_marks(draw, &mut person)?,
            Self::Truncated => truncate(&mut person)?,
            Self::Misspelt => misspell(draw, &mut person)?,
            Self::BirthSwapped => {
                let (month, day) = (u8::from(person.born.month()), person.born.day());
                let swapped = Date::from_calendar_date(person.born.year(), time::Month::try_from(day).ok()?, month);
                person.born = swapped.ok().filter(|born| *born != before.born)?;
            }
            Self::BirthPartial => {
                person.year_alone = true;
                person.born = person.born.replace_ordinal(1).ok().filter(|born| *born != before.born)?;
            }
        }
        Some(person)
    }
}

/// Who looks like another person and is not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Guard {
    /// Born on the same day of the same parents; children's passports are issued together.
    Twin,
    /// Of the same parents.
    Sibling,
    /// Of the same name, sex and nationality, born on another day.
    Namesake,
    /// Of the same family name, sex and nationality, born on the same day.
    SameBirthday,
}

impl Guard {
    /// Every guard.
    pub const ALL: [Self; 4] = [Self::Twin, Self::Sibling, Self::Namesake, Self::SameBirthday];

    /// Somebody who looks like `other`.
    pub(super) fn of(self, draw: &mut Draw, other: &Person, today: Date) -> Person {
        let mut person = Person::draw(draw, other.nation, today);
        person.family.clone_from(&other.family);
        match self {
            Self::Twin | Self::Sibling => {
                person.parent.clone_from(&other.parent);
                (person.sex, person.born) = (if draw.once_in(2) { other.sex } else { person.sex }, other.born);
                if self == Self::Sibling {
                    person.born = other.born - draw.days(300..=2_500);
                }
                person.given = sibling_name(draw, other, person.sex);
                if other.parent.is_some() && !draw.once_in(8) {
                    person.phone.clone_from(&other.phone);
                    person.passport.issued = other.passport.issued;
                }
            }
            Self::Namesake => {
                (person.given, person.sex) = (other.given.clone(), other.sex);
                // Some are of one age, or named after a parent.
                let apart = if draw.once_in(2) { draw.days(1..=360) } else { draw.days(360..=9_000) };
                person.born = (other.born - apart).max(years_after(today, -90));
            }
            Self::SameBirthday => {
                (person.sex, person.born) = (other.sex, other.born);
                person.given = another(draw, other, other.sex);
            }
        }
        person
    }
}

/// Siblings often share a syllable or one of their names.
fn sibling_name(draw: &mut Draw, other: &Person, sex: Sex) -> String {
    let nation = other.nation;
    for _ in 0..20 {
        let fresh = if nation.second.is_empty() || draw.once_in(2) {
            given(draw, nation, sex)
        } else {
            let first = other.given.split([' ', '-']).next().unwrap_or_default();
            let first = if nation.between.is_empty() { "" } else { first };
            let drawn = given(draw, nation, sex);
            let rest = drawn.split_once([' ', '-']).map_or("", |(_, rest)| rest);
            if first.is_empty() || rest.is_empty() { drawn } else { format!("{first}{}{rest}", nation.between) }
        };
        if fresh != other.given {
            return fresh;
        }
    }
    another(draw, other, sex)
}

/// Given names that are not the other's.
fn another(draw: &mut Draw, other: &Person, sex: Sex) -> String {
    let mut all = std::iter::repeat_with(|| given(draw, other.nation, sex)).take(50);
    all.find(|fresh| *fresh != other.given).unwrap_or_else(|| "Secundus".to_owned())
}

fn second_nationality(draw: &mut Draw, person: &mut Person) -> Option<()> {
    let code = draw.one_of(&["USA", "FRA", "D", "JPN", "KOR", "TWN"]);
    let before = person.nation;
    person.nation = NATIONS.iter().find(|nation| nation.code == code && nation.code != before.code)?;
    person.passport.issued -= draw.days(0..=1_500);
    if draw.once_in(3) {
        // As it is spelt there.
        let spelt =
            |name: &str| before.spellings.iter().find(|(a, _)| name.contains(a)).map(|(a, b)| name.replacen(a, b, 1));
        person.family = spelt(&person.family).unwrap_or_else(|| person.family.clone());
    }
    if draw.once_in(6) && !person.family.is_empty() {
        let (_, added) = name(draw, NATIONS.iter().find(|nation| nation.code == "USA")?, person.sex);
        let added = added.split(' ').next().unwrap_or_default().to_owned();
        person.given =
            if draw.once_in(2) { format!("{added} {}", person.given) } else { format!("{} {added}", person.given) };
    }
    Some(())
}

fn swap_names(draw: &mut Draw, person: &mut Person) -> Option<()> {
    (!person.family.is_empty()).then_some(())?;
    let swapped = (person.given.clone(), person.family.clone());
    if draw.once_in(2) {
        person.typed = Some(swapped);
    } else {
        (person.family, person.given) = swapped;
    }
    Some(())
}

fn single_name(person: &mut Person) -> Option<()> {
    if person.family.is_empty() {
        let (first, rest) = person.given.split_once(' ')?;
        (person.family, person.given) = (rest.to_owned(), first.to_owned());
    } else {
        (person.family, person.given) = (String::new(), format!("{} {}", person.given, person.family));
    }
    Some(())
}

fn romanise(draw: &mut Draw, person: &mut Person) -> Option<()> {
    let before = (person.family.clone(), person.given.clone());
    let spellings = person.nation.spellings;
    for name in [&mut person.family, &mut person.given] {
        let fits: Vec<_> = spellings.iter().copied().filter(|(from, _)| name.contains(from)).collect();
        let (from, to) = draw.one_of(&fits);
        if !from.is_empty() {
            *name = name.replacen(from, to, 1);
        }
    }
    ((&person.family, &person.given) != (&before.0, &before.1)).then_some(())
}

fn lose_marks(draw: &mut Draw, person: &mut Person) -> Option<()> {
    let plain = |name: &str| name.chars().map(|c| deunicode::deunicode_char(c).unwrap_or_default()).collect::<String>();
    let bare = (plain(&person.family), plain(&person.given));
    ((&person.family, &person.given) != (&bare.0, &bare.1)).then_some(())?;
    if draw.once_in(2) {
        person.typed = Some(bare);
    } else {
        (person.family, person.given) = bare;
    }
    Some(())
}

/// The officer types what the zone shows, and the zone has 39 cells: two for the filler between the identifiers.
fn truncate(person: &mut Person) -> Option<()> {
    let letters = person.family.len() + person.given.len() + 2;
    (letters > 39 && !person.family.is_empty()).then_some(())?;
    let room = 37_usize.checked_sub(person.family.len()).filter(|room| *room > 0);
    let (family, given) = match room {
        Some(room) => (person.family.clone(), person.given.chars().take(room).collect::<String>()),
        None => (person.family.chars().take(34).collect(), person.given.chars().take(3).collect()),
    };
    person.typed = Some((family.trim().to_owned(), given.trim().to_owned()));
    Some(())
}

/// One letter left out, doubled, exchanged with its neighbour, or another: at the keyboard, or in the passport as well.
fn misspell(draw: &mut Draw, person: &mut Person) -> Option<()> {
    let family = person.family.chars().count() >= 5 && draw.once_in(2);
    let name = if family { &person.family } else { &person.given };
    let mut letters: Vec<char> = name.chars().collect();
    let last = i32::try_from(letters.len()).ok()? - 2;
    (last >= 3).then_some(())?;
    let at = usize::try_from(draw.within(1..=last)).ok()?;
    match draw.within(0..=3) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, *letters.get(at)?),
        2 => letters.swap(at, at + 1),
        _ => *letters.get_mut(at)? = draw.one_of(&['a', 'e', 'i', 'o', 'n', 'r', 's', 't']),
    }
    let slip: String = letters.into_iter().collect();
    (slip != *name).then_some(())?;
    let wrong = if family { (slip, person.given.clone()) } else { (person.family.clone(), slip) };
    if draw.once_in(4) {
        (person.family, person.given) = wrong;
    } else {
        person.typed = Some(wrong);
    }
    person.passport.number = number(draw);
    Some(())
}
