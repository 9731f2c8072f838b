//! How two spellings of a name stand to each other: a typed name and a zone's name field, or two typed names.
//!
//! The spellings are kept apart and none replaces another (DOMAIN R17); what comes out here is why they differ.

use super::spelling::{Extent, Spelling};
use crate::domain::person::{FullName, NamePart};

/// How a name stands to the one it is compared with. Up to `Truncated` it is the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NameMatch {
    /// Letter for letter.
    Same,
    /// The same single name, in whichever field it stands.
    SingleName,
    /// By the transliteration of Doc 9303-3 section 6.
    Transliterated,
    /// Cut as Doc 9303-4, -5, -6 and -7 section 4.2.3 allow, because it does not fit.
    Truncated,
    /// The same parts, divided otherwise between family name and given names.
    Divided,
    /// The same parts in another order.
    OrderSwapped,
    /// Parts of one are missing in the other, and there would have been room for them.
    PartMissing,
    /// Another name.
    Different,
    /// Written in a script that section 6 does not transliterate.
    NotComparable,
}

impl NameMatch {
    /// Whether it is the same name, only spelled as documents spell it.
    pub fn agrees(self) -> bool {
        self <= Self::Truncated
    }
}

/// The two identifiers of a name field, fillers between their parts.
pub(super) fn identifiers(field: &str) -> (&str, &str) {
    let field = field.trim_end_matches('<');
    let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
    (primary, secondary.trim_start_matches('<'))
}

/// Compares a typed name with a zone's name field.
pub(super) fn compare(name: &FullName, field: &str) -> NameMatch {
    let fillers = field.len() - field.trim_end_matches('<').len();
    let Some(typed) = Typed::of(name) else { return NameMatch::NotComparable };
    // One filler at the end leaves no room for the next part's first letter either.
    let cut = fillers <= 1 && typed.longest() > field.len();
    let (primary, secondary) = identifiers(field);
    typed.compare(&Cells { primary, secondary, cut })
}

/// Compares two typed names, such as that of the residence card with that of the passport.
pub fn agree(one: &FullName, other: &FullName) -> NameMatch {
    if one == other {
        return NameMatch::Same;
    }
    let (Some(one), Some(other)) = (Typed::of(one), Typed::of(other)) else { return NameMatch::NotComparable };
    // A letter has at most three spellings; one side is written out and the other walks through all of its own.
    let both = [(&one, &other), (&other, &one)];
    let tried =
        both.into_iter().flat_map(|(walks, written)| (0..3).map(|choice| walks.compare_written(written, choice)));
    tried.min().unwrap_or(NameMatch::Different)
}

/// A typed name, read into patterns.
struct Typed {
    family: Option<Spelling>,
    given: Option<Spelling>,
    /// Whether it is typed in the zone's own alphabet.
    plain: bool,
}

/// A name written with the zone's alphabet.
struct Cells<'a> {
    primary: &'a str,
    secondary: &'a str,
    /// Whether parts of it may have been cut to fit.
    cut: bool,
}

impl Typed {
    /// `None` if a letter has no transliteration.
    fn of(name: &FullName) -> Option<Self> {
        let read = |part: Option<&NamePart>| match part {
            None => Some(None),
            Some(part) => Spelling::of(part.as_str()).map(Some),
        };
        let plain = [name.family(), name.given()].into_iter().flatten().all(|part| part.as_str().is_ascii());
        Some(Self { family: read(name.family())?, given: read(name.given())?, plain })
    }

    fn longest(&self) -> usize {
        let [family, given] = [&self.family, &self.given].map(|part| part.as_ref().map_or(0, Spelling::longest));
        family + given + if family > 0 && given > 0 { 2 } else { 0 }
    }

    fn compare_written(&self, other: &Self, choice: usize) -> NameMatch {
        let [primary, secondary] =
            [&other.family, &other.given].map(|part| part.as_ref().map_or(String::new(), |part| part.written(choice)));
        let found = self.compare(&Cells { primary: &primary, secondary: &secondary, cut: false });
        if found == NameMatch::Same && !other.plain { NameMatch::Transliterated } else { found }
    }

    fn compare(&self, cells: &Cells<'_>) -> NameMatch {
        let same = if self.plain { NameMatch::Same } else { NameMatch::Transliterated };
        let found = match (&self.family, &self.given) {
            (Some(family), Some(given)) => two(family, given, cells, same),
            (Some(name), None) | (None, Some(name)) => single(name, cells),
            (None, None) => None,
        };
        found.unwrap_or_else(|| self.parts(cells))
    }

    /// What is left of a likeness when the names do not agree: which parts are in both.
    fn parts(&self, cells: &Cells<'_>) -> NameMatch {
        let typed: Vec<_> = [&self.family, &self.given].into_iter().flatten().flat_map(Spelling::words).collect();
        let shown = || cells.primary.split('<').chain(cells.secondary.split('<')).filter(|part| !part.is_empty());
        let count = shown().count();
        let mut left = typed.iter().collect::<Vec<_>>();
        let found = shown().enumerate().filter(|(at, part)| {
            let cut = cells.cut && at + 1 == count;
            let extent = if cut { Extent::CutParts } else { Extent::Whole };
            let place = left.iter().position(|word| word.shows(part, extent));
            place.map(|place| left.swap_remove(place)).is_some()
        });
        match found.count() {
            0 => NameMatch::Different,
            found if found == typed.len() && found == count => NameMatch::OrderSwapped,
            found if found == typed.len() || (found == count && cells.cut) => NameMatch::PartMissing,
            _ => NameMatch::Different,
        }
    }
}

/// Compares a name of two identifiers; `None` if neither they nor their parts in another division or order agree.
fn two(family: &Spelling, given: &Spelling, cells: &Cells<'_>, same: NameMatch) -> Option<NameMatch> {
    let whole = |name: &Spelling, shown: &str| name.shows(shown, Extent::Whole);
    if whole(family, cells.primary) && whole(given, cells.secondary) {
        return Some(same);
    }
    if cells.cut && was_cut(family, given, cells) {
        return Some(NameMatch::Truncated);
    }
    let joined = format!("{}<{}", cells.primary, cells.secondary);
    let joined = joined.trim_matches('<');
    if whole(&family.then(given), joined) {
        return Some(NameMatch::Divided);
    }
    let swapped = (whole(family, cells.secondary) && whole(given, cells.primary)) || whole(&given.then(family), joined);
    swapped.then_some(NameMatch::OrderSwapped)
}

/// Whether both identifiers are there as far as there was room. A secondary identifier is not left out for the primary
/// one's sake unless that fills the field.
fn was_cut(family: &Spelling, given: &Spelling, cells: &Cells<'_>) -> bool {
    if cells.secondary.is_empty() {
        return family.shows(cells.primary, Extent::CutEnd);
    }
    family.shows(cells.primary, Extent::CutParts) && given.shows(cells.secondary, Extent::CutEnd)
}

/// Compares a single name, which may stand in either identifier.
fn single(name: &Spelling, cells: &Cells<'_>) -> Option<NameMatch> {
    let shown = match (cells.primary, cells.secondary) {
        (shown, "") | ("", shown) => shown,
        (primary, secondary) => {
            let joined = format!("{primary}<{secondary}");
            return name.shows(&joined, Extent::Whole).then_some(NameMatch::Divided);
        }
    };
    if name.shows(shown, Extent::Whole) {
        return Some(NameMatch::SingleName);
    }
    (cells.cut && name.shows(shown, Extent::CutEnd)).then_some(NameMatch::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(family: &str, given: &str) -> FullName {
        FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
    }

    /// How a typed name stands to a name field of 39 cells.
    fn against(family: &str, given: &str, field: &str) -> NameMatch {
        compare(&name(family, given), &format!("{field:<<39}"))
    }

    #[test]
    fn one_name_in_the_spellings_of_passports_is_the_same_name() {
        use NameMatch::{Same, SingleName, Transliterated};
        for (family, given, field, found) in [
            ("Eriksson", "Anna Maria", "ERIKSSON<<ANNA<MARIA", Same),
            ("O’Connor", "Enya", "OCONNOR<<ENYA", Transliterated),
            ("O'Connor", "Enya", "O<CONNOR<<ENYA", Same),
            ("Smith-Jones", "Susie", "SMITH<JONES<<SUSIE", Same),
            ("Müller", "Jürgen", "MUELLER<<JURGEN", Transliterated),
            ("Müller", "Jürgen", "MUXXLLER<<JUERGEN", Transliterated),
            ("Åström", "Ñora", "AASTROEM<<NXXORA", Transliterated),
            ("Nguyễn", "Văn Đức", "NGUYEN<<VAN<DUC", Transliterated),
            ("Щербаков", "Юрий", "SHCHERBAKOV<<IURII", Transliterated),
            ("Groß", "Jörg", "GROSS<<JOERG", Transliterated),
            ("Yılmaz", "İpek", "YILMAZ<<IPEK", Transliterated),
            ("\u{645}\u{62D}\u{645}\u{651}\u{62F}", "\u{639}\u{644}\u{64A}", "MXHMMD<<ELY", Transliterated),
            ("Arkfreith", "", "ARKFREITH", SingleName),
            ("", "Arkfreith", "ARKFREITH", SingleName),
            ("", "Anna Maria", "<<ANNA<MARIA", SingleName),
            ("St. John", "Mary", "ST<JOHN<<MARY", Same),
            ("Muthusamy a/l Rajan", "", "MUTHUSAMY<A<L<RAJAN", SingleName),
        ] {
            assert_eq!(against(family, given, field), found, "{family} {given}");
        }
    }

    #[test]
    fn a_name_is_cut_only_if_it_does_not_fit() {
        let long = ("Nilavadhanananda", "Chayapa Dejthamrong Krasuang");
        for field in [
            "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K",
            "NILAVADHAN<<CHAYAPA<DEJTHAMRONG<KRASUAN",
            "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONGXX",
        ] {
            let right = !field.ends_with('X');
            assert_eq!(against(long.0, long.1, field) == NameMatch::Truncated, right, "{field}");
        }
        assert_eq!(against("Eriksson", "Anna Maria", "ERIKSSON<<ANNA<M"), NameMatch::Different);
        assert_eq!(against("Eriksson", "Anna Maria", "ERIKSSON<<ANNA"), NameMatch::Different);
        assert_eq!(
            against("Nilavadhanananda", "Arnpol Petch", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
            NameMatch::Different
        );
    }

    #[test]
    fn a_difference_is_explained() {
        use NameMatch::{Different, Divided, NotComparable, OrderSwapped, PartMissing};
        for (family, given, field, found) in [
            ("Anna Maria", "Eriksson", "ERIKSSON<<ANNA<MARIA", OrderSwapped),
            ("Eriksson", "Maria Anna", "ERIKSSON<<ANNA<MARIA", OrderSwapped),
            ("Nguyen Van", "A", "NGUYEN<<VAN<A", Divided),
            ("", "Eriksson Anna", "ERIKSSON<<ANNA", Divided),
            ("Satriya", "Sudarpa", "SATRIYA<SUDARPA", Divided),
            ("Eriksson", "Anna", "ERIKSSON<<ANNA<MARIA", PartMissing),
            // A word that the zone has room for and does not show makes it another name.
            ("Eriksson", "Anna Maria Eva", "ERIKSSON<<ANNA<MARIA", Different),
            ("Erikson", "", "ERIKSSON<<ANNA<MARIA", Different),
            ("Someone", "Else", "ERIKSSON<<ANNA<MARIA", Different),
            ("Eriksson", "Eva", "ERIKSSON<<ANNA", Different),
            ("山田", "太郎", "YAMADA<<TARO", NotComparable),
        ] {
            assert_eq!(against(family, given, field), found, "{family} {given}");
            assert!(!found.agrees());
        }
    }

    #[test]
    fn two_typed_names_agree_whichever_spelling_each_uses() {
        for (one, other, found) in [
            (("Müller", "Jürgen"), ("MUELLER", "JURGEN"), NameMatch::Transliterated),
            (("NGUYEN", "VAN DUC"), ("Nguyễn", "Văn Đức"), NameMatch::Transliterated),
            (("ERIKSSON", "ANNA MARIA"), ("Eriksson", "Anna Maria"), NameMatch::Same),
            (("Anna", "Eriksson"), ("Eriksson", "Anna"), NameMatch::OrderSwapped),
            (("Eriksson", "Anna"), ("Eriksson", "Anna Maria"), NameMatch::PartMissing),
            (("Eriksson", "Anna"), ("Svensson", "Karl"), NameMatch::Different),
            (("山田", "太郎"), ("山田", "太郎"), NameMatch::Same),
        ] {
            assert_eq!(agree(&name(one.0, one.1), &name(other.0, other.1)), found, "{one:?} {other:?}");
            assert_eq!(agree(&name(other.0, other.1), &name(one.0, one.1)), found, "{other:?} {one:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic_and_every_name_agrees_with_itself(
            family in "[\\p{L}\\p{M} '.-]{1,100}", given in "[A-ZÄÖÜÑЩ -]{1,100}", field in "[A-Z0-9<]{39}",
        ) {
            let part = |text: &str| NamePart::parse(text).ok();
            let Some(name) = FullName::new(part(&family), part(&given)) else { return Ok(()) };
            let _ = compare(&name, &field);
            prop_assert!(agree(&name, &name).agrees());
        }
    }
}
