//! The applicant: names, sex, nationality, age.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use time::Date;
use unicode_normalization::UnicodeNormalization as _;

use super::text::Malformed;

/// Makes a text newtype whose values never print: `Debug` shows the type's name only.
macro_rules! personal_text {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, in its one normal form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::domain::text::Malformed;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}
pub(crate) use personal_text;

/// What passports print in names beside letters: apostrophes, hyphens and dots of several kinds, and what stands between
/// the parts of names such as `Muthusamy a/l Rajan` and `Tan @ Chen Ah Kow (Tan Ah Kow), Jr.`
const MARKS: &str = " '’ʼ`-.·/@(),";

/// Longest name part that is taken, in characters.
const NAME_CHARS_MAX: usize = 100;

personal_text! {
    /// Part of a name as the passport's visual zone prints it: letters of any script, single spaces, a few marks.
    NamePart;
}

impl NamePart {
    /// Reads a part of a name; composes accents (NFC) and folds runs of spaces.
    ///
    /// # Errors
    /// If it has no letter, is too long, or has a character that no passport prints in a name.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const LONG: Malformed = Malformed::new(
            "Longer than 100 characters. Shorten it as the passport does.",
            "Dài quá 100 ký tự. Hãy rút gọn như trên hộ chiếu.",
        );
        const STRANGE: Malformed = Malformed::new(
            "A name has letters, spaces, and marks such as apostrophes, hyphens and full stops; no digits or symbols. Type it \
             as the passport shows it.",
            "Tên gồm chữ cái, dấu cách và các dấu như dấu nháy, gạch nối, dấu chấm; không có chữ số hay ký hiệu khác. Hãy \
             nhập đúng như trên hộ chiếu.",
        );
        if text.len() > NAME_CHARS_MAX * 16 {
            return Err(LONG);
        }
        let name = text.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        let strange = |c: char| !(c.is_alphabetic() || MARKS.contains(c) || is_mark(c));
        match () {
            () if name.chars().count() > NAME_CHARS_MAX => Err(LONG),
            () if name.contains(strange) || !name.contains(char::is_alphabetic) => Err(STRANGE),
            () => Ok(Self(name)),
        }
    }
}

/// Marks that stay apart from their letter after composition.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// A name with at least one of its two parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FullName {
    family: Option<NamePart>,
    given: Option<NamePart>,
}

impl FullName {
    /// A name; `None` if both parts are absent.
    pub fn new(family: Option<NamePart>, given: Option<NamePart>) -> Option<Self> {
        (family.is_some() || given.is_some()).then_some(Self { family, given })
    }

    /// Family name, or a single name given as such.
    pub fn family(&self) -> Option<&NamePart> {
        self.family.as_ref()
    }

    /// Given names, or a single name given as such.
    pub fn given(&self) -> Option<&NamePart> {
        self.given.as_ref()
    }

    /// The parts it has, family name first, with `between` between them. For findings, which seal what they show.
    pub(in crate::domain) fn joined(&self, between: &str) -> String {
        let parts = [self.family(), self.given()].into_iter().flatten();
        parts.map(NamePart::as_str).collect::<Vec<_>>().join(between)
    }
}

/// Sex as a travel document prints it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Sex {
    /// F.
    Female,
    /// M.
    Male,
    /// X, or a filler in the zone.
    X,
}

impl Sex {
    /// The letter that travel documents print for it (Doc 9303-4, visual inspection zone).
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::X => "X",
        }
    }
}

/// The codes of Doc 9303-3 section 5, in order.
static LISTED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut codes: Vec<_> = mrz::codes().iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    codes
});

/// Code of a state, organisation or status of Doc 9303-3 section 5: `FRA`, `D`, `UTO`, `XXA`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StateCode(String);

impl StateCode {
    /// Reads a code; `DEU` becomes `D` and `XKX` becomes `RKS`, as travel documents print them.
    ///
    /// # Errors
    /// If no such code is listed.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const UNKNOWN: Malformed = Malformed::new(
            "Not a code of Doc 9303-3 section 5. Use the three letters that the passport prints (Germany: D).",
            "Không phải mã theo Doc 9303-3 mục 5. Hãy dùng mã ba chữ cái in trên hộ chiếu (Đức: D).",
        );
        let code = match text.trim().trim_end_matches('<') {
            "DEU" => "D",
            "XKX" => "RKS",
            code => code,
        };
        LISTED.binary_search(&code).map(|_| Self(code.to_owned())).map_err(|_| UNKNOWN)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the country of specimens and practice: `UTO`.
    pub fn is_practice(&self) -> bool {
        self.0 == "UTO"
    }

    /// Whether holders are stateless persons of the 1954 Convention: `XXA` (Doc 9303-3 section 5).
    pub fn is_stateless(&self) -> bool {
        self.0 == "XXA"
    }

    /// Whether holders are citizens of Viet Nam.
    pub fn is_viet_nam(&self) -> bool {
        self.0 == "VNM"
    }
}

impl TryFrom<String> for StateCode {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<StateCode> for String {
    fn from(code: StateCode) -> Self {
        code.0
    }
}

impl fmt::Debug for StateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateCode(…)")
    }
}

/// Age in whole years on `day`. Someone born on 29 February completes a year on 1 March of a common year.
pub fn age_on(born: Date, day: Date) -> i32 {
    let had_birthday = (day.month() as u8, day.day()) >= (born.month() as u8, born.day());
    day.year() - born.year() - i32::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn names_of_many_scripts_and_shapes_are_taken_in_one_normal_form() {
        for (typed, kept) in [
            ("O’Brien", "O’Brien"),
            ("  Anna   Maria ", "Anna Maria"),
            ("Ju\u{308}rgen", "Jürgen"),
            ("Kowalczyk-Łęcka", "Kowalczyk-Łęcka"),
            ("St. John", "St. John"),
            ("Muthusamy a/l Rajan", "Muthusamy a/l Rajan"),
            ("Tan @ Chen Ah Kow (Tan Ah Kow), Jr.", "Tan @ Chen Ah Kow (Tan Ah Kow), Jr."),
            ("山田", "山田"),
            ("X", "X"),
        ] {
            assert_eq!(NamePart::parse(typed).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn an_emoji_digits_or_nothing_are_no_name() {
        for wrong in [
            "Anna 😀",
            "R2D2",
            "",
            " ",
            "-",
            "/",
            "a=b",
            "a;b",
            "a\u{0}b",
            "<script>",
            &"a".repeat(101),
            &"a".repeat(100_000),
        ] {
            assert!(NamePart::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn states_are_those_of_doc_9303_with_one_spelling_each() {
        assert_eq!(StateCode::parse("DEU").unwrap(), StateCode::parse("D<<").unwrap());
        assert!(StateCode::parse("UTO").is_ok());
        for wrong in ["TRC", "", "ZZZ", "uto", "VIETNAM", "😀"] {
            assert!(StateCode::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn age_counts_whole_years_and_a_leap_day_birthday_waits_for_march() {
        assert_eq!(age_on(date!(2020 - 11 - 21), date!(2026 - 11 - 20)), 5);
        assert_eq!(age_on(date!(2020 - 11 - 21), date!(2026 - 11 - 21)), 6);
        assert_eq!(age_on(date!(2020 - 02 - 29), date!(2026 - 02 - 28)), 5);
        assert_eq!(age_on(date!(2020 - 02 - 29), date!(2026 - 03 - 01)), 6);
        assert_eq!(age_on(date!(2026 - 12 - 01), date!(2026 - 11 - 21)), -1);
    }

    #[test]
    fn a_name_never_prints() {
        assert_eq!(format!("{:?}", NamePart::parse("Anna").unwrap()), "NamePart(…)");
    }
}
