//! The zone itself: well-formed cells of a known format, and what they say.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use time::Date;

use super::dates::{PartialDate, ZoneDate};
use super::deviations::Deviation;
use super::digits::{Digit, Verdict, overflow, verdicts};
use super::format::{CODE, Format, ISSUER, Layout};
use super::names::{self, NameMatch};
use super::shape;
use crate::domain::person::{FullName, Sex, StateCode};
use crate::domain::text::Malformed;

/// A machine readable zone: lines of `A`–`Z`, `0`–`9` and `<` in one of the five formats.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    format: Format,
    /// The lines with one line break between.
    text: String,
}

/// What of a zone is compared with another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Format and document code.
    Document,
    /// Issuing state.
    Issuer,
    /// Name field.
    Name,
    /// Document number.
    Number,
    /// Nationality.
    Nationality,
    /// Day of birth.
    Birth,
    /// Sex.
    Sex,
    /// Day of expiry.
    Expiry,
    /// Optional data.
    Optional,
    /// Check digits.
    Digits,
}

impl Zone {
    /// Reads a zone: lines with breaks of any kind between, or all in one run; white space is dropped, letters made
    /// capital. At most 512 bytes are looked at.
    ///
    /// # Errors
    /// If the text has not the shape of one of the five formats: the fault tells what was expected and what was seen.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        shape::fold(text).map(|(format, text)| Self { format, text })
    }

    /// Its format.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The lines with a line break between: the one normal form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Document code without fillers: `P`, `PP`, `ID`, `V`.
    pub fn code(&self) -> &str {
        self.trimmed(&CODE)
    }

    /// Each check digit of the format and whether it holds.
    pub fn digits(&self) -> impl Iterator<Item = (Digit, Verdict)> {
        verdicts(self.format, self.text.as_bytes())
    }

    /// The check digits that do not hold, by the name of what they cover.
    pub fn wrong_digits(&self) -> Vec<Digit> {
        self.digits().filter_map(|(digit, verdict)| (verdict == Verdict::Wrong).then_some(digit)).collect()
    }

    /// The documented departure from Doc 9303 that makes a digit acceptable, if one does.
    pub fn deviation(&self) -> Option<&'static Deviation> {
        self.digits().find_map(|(_, verdict)| match verdict {
            Verdict::Deviates(row) => Some(row),
            Verdict::Holds | Verdict::Wrong => None,
        })
    }

    /// Document number with what of it stands in the optional data; fillers inside stand for what is no letter or digit.
    pub fn number(&self) -> Cow<'_, str> {
        let layout = self.layout();
        match overflow(layout, self.text.as_bytes()) {
            Some((rest, _)) => format!("{}{}", self.cells(&layout.number), self.cells(&rest)).into(),
            None => self.trimmed(&layout.number).into(),
        }
    }

    /// Optional data without what belongs to the number; the second element exists on cards alone.
    pub fn optional(&self) -> [&str; 2] {
        let layout = self.layout();
        let first = match overflow(layout, self.text.as_bytes()) {
            Some((_, digit)) => digit + 2..layout.optional.end.max(digit + 2),
            None => layout.optional.clone(),
        };
        [self.text.get(first).unwrap_or_default().trim_end_matches('<'), self.trimmed(&layout.optional_2)]
    }

    /// The issuing state as it stands there.
    pub fn issuer_cells(&self) -> &str {
        self.trimmed(&ISSUER)
    }

    /// Code of the issuing state, if it is one that Doc 9303 lists.
    pub fn issuing_state(&self) -> Option<StateCode> {
        StateCode::parse(self.issuer_cells()).ok()
    }

    /// The nationality as it stands there.
    pub fn nationality_cells(&self) -> &str {
        self.trimmed(&self.layout().nationality)
    }

    /// Code of the nationality, if it is one that Doc 9303 lists.
    pub fn nationality(&self) -> Option<StateCode> {
        StateCode::parse(self.nationality_cells()).ok()
    }

    /// Sex, if the cell holds one of the characters that it may.
    pub fn sex(&self) -> Option<Sex> {
        match self.text.as_bytes().get(self.layout().sex)? {
            b'F' => Some(Sex::Female),
            b'M' => Some(Sex::Male),
            b'<' | b'X' => Some(Sex::X),
            _ => None,
        }
    }

    /// The days on which the holder can have been born, as seen on `today`: the younger first, none if the cells are no
    /// date or only one to come. `issued_on` may exclude one. Two remain where a holder can be a child or over a hundred.
    pub fn births(&self, today: Date, issued_on: Option<Date>) -> impl Iterator<Item = PartialDate> {
        let ended = self.expiry(today).and_then(PartialDate::date);
        let latest = [issued_on, ended].into_iter().flatten().fold(today, Date::min);
        self.date(&self.layout().birth).into_iter().flat_map(move |date| date.births(today, latest))
    }

    /// The last day of validity, as seen on `today`; none if the cells are no date.
    pub fn expiry(&self, today: Date) -> Option<PartialDate> {
        self.date(&self.layout().expiry)?.expiry(today)
    }

    /// Whether the cells of birth or expiry leave a part unknown.
    pub fn has_partial_date(&self) -> bool {
        let layout = self.layout();
        [&layout.birth, &layout.expiry].into_iter().any(|cells| self.date(cells).is_some_and(ZoneDate::is_partial))
    }

    /// The two identifiers of the name field, fillers between their parts; the second is empty for a single name.
    pub fn identifiers(&self) -> (&str, &str) {
        names::identifiers(self.name_cells())
    }

    /// Whether the name field has no room for another part: what stands there may have been cut (Doc 9303-4 section 4.2.3).
    pub fn name_is_full(&self) -> bool {
        self.name_cells().len() - self.name_cells().trim_end_matches('<').len() <= 1
    }

    /// How a typed name stands to the one in the zone.
    pub fn name_match(&self, name: &FullName) -> NameMatch {
        names::compare(name, self.name_cells())
    }

    /// What differs between two readings of what should be the same zone, such as the printed one and that of the chip.
    pub fn differences(&self, other: &Self) -> Vec<Part> {
        if self.text == other.text {
            return Vec::new();
        }
        let same = |part: fn(&Self) -> Cow<'_, str>| part(self) == part(other);
        let parts = [
            (Part::Document, self.format == other.format && self.code() == other.code()),
            (Part::Issuer, same(|zone| zone.issuer_cells().into())),
            (Part::Name, same(|zone| zone.name_cells().into())),
            (Part::Number, same(Self::number)),
            (Part::Nationality, same(|zone| zone.nationality_cells().into())),
            (Part::Birth, same(|zone| zone.cells(&zone.layout().birth).into())),
            (Part::Sex, self.sex() == other.sex()),
            (Part::Expiry, same(|zone| zone.cells(&zone.layout().expiry).into())),
            (Part::Optional, self.optional() == other.optional()),
        ];
        let differing: Vec<_> = parts.into_iter().filter_map(|(part, same)| (!same).then_some(part)).collect();
        if differing.is_empty() { vec![Part::Digits] } else { differing }
    }

    /// The same shape with other cells; `None` if they are none.
    pub(super) fn with_cells(&self, text: Vec<u8>) -> Option<Self> {
        String::from_utf8(text).ok().map(|text| Self { format: self.format, text })
    }

    pub(super) const fn layout(&self) -> &'static Layout {
        self.format.layout()
    }

    /// The cells of the name field.
    pub(super) fn name_cells(&self) -> &str {
        self.cells(&self.layout().name)
    }

    fn date(&self, cells: &Range<usize>) -> Option<ZoneDate> {
        ZoneDate::read(self.cells(cells).as_bytes())
    }

    fn cells(&self, place: &Range<usize>) -> &str {
        self.text.get(place.clone()).unwrap_or_default()
    }

    fn trimmed(&self, place: &Range<usize>) -> &str {
        self.cells(place).trim_end_matches('<')
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone(…)")
    }
}

impl TryFrom<String> for Zone {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.text
    }
}
