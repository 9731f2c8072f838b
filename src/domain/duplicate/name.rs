//! How two names stand to each other, whichever way each is spelled, ordered, divided or cut.

use super::compare::Likeness;
use super::fold::{Word, words};
use crate::domain::mrz::Zone;
use crate::domain::person::FullName;

/// Words that differ by no more than one letter are one word misspelt, if they have so many.
const ONE_SLIP: usize = 4;
/// The same for two letters.
const TWO_SLIPS: usize = 9;
/// Shorter words with a slip may as well be two words, from so many letters on.
const SHORT_SLIP: usize = 3;
/// Words with one skeleton are one word in two romanisations if the skeleton has so many letters …
const SKELETON_MIN: usize = 2;
/// … and their folded letters are so alike (Jaro–Winkler).
const SKELETON_LIKENESS: f64 = 0.80;
/// Names run together that have one slip in so many letters are one name misspelt.
const RUN_ONE_SLIP: usize = 9;

/// One spelling of a person's name. It prints nothing.
#[derive(Clone)]
pub(super) struct Spelt {
    pub(super) family: Vec<Word>,
    pub(super) given: Vec<Word>,
    /// Whether the field was full, so that words may be cut or missing at its end.
    full: bool,
}

/// How alike two names are, and by how much of the weight of a longer name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NameLikeness {
    pub(super) likeness: Likeness,
    /// In percent, where the likeness is one of degree.
    pub(super) percent: u8,
    /// Letters of the shorter name.
    pub(super) letters: usize,
}

impl Spelt {
    /// A name as it is typed.
    pub(super) fn typed(name: &FullName) -> Self {
        let part = |part: Option<&crate::domain::person::NamePart>| part.map_or_else(Vec::new, |p| words(p.as_str()));
        Self { family: part(name.family()), given: part(name.given()), full: false }
    }

    /// A name as a zone prints it.
    pub(super) fn printed(zone: &Zone) -> Self {
        let (primary, secondary) = zone.identifiers();
        let full = zone.name_is_full();
        Self { family: words(primary), given: words(secondary), full }
    }

    /// All words, those of the family name ahead.
    pub(super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.family.iter().chain(&self.given)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words().next().is_none()
    }

    /// The letters in one run.
    fn run(&self) -> String {
        self.words().map(|word| word.folded.as_str()).collect()
    }

    /// The same with the given names ahead.
    fn turned(&self) -> String {
        self.given.iter().chain(&self.family).map(|word| word.folded.as_str()).collect()
    }

    fn letters(&self) -> usize {
        self.words().map(|word| word.folded.len()).sum()
    }

    /// How this spelling stands to another.
    pub(super) fn compare(&self, other: &Self) -> NameLikeness {
        let letters = self.letters().min(other.letters());
        let (likeness, percent) = self.likeness(other);
        NameLikeness { likeness, percent, letters }
    }

    fn likeness(&self, other: &Self) -> (Likeness, u8) {
        if let Some(same) = self.same(other) {
            return (same, 100);
        }
        let matched = Matched::of(self, other);
        let cut = self.full || other.full;
        match matched.verdict(cut) {
            // Words may be divided in two where the other spelling runs them together, with a slip besides.
            found @ (Likeness::PartDiffers | Likeness::Differs) => self.misspelt_run(other).map_or_else(
                || if cut && self.is_cut_from(other) { (Likeness::Truncated, 100) } else { (found, matched.percent()) },
                |percent| (Likeness::Similar, percent),
            ),
            found => (found, matched.percent()),
        }
    }

    /// Whether all letters agree once folded, in whichever order or division.
    fn same(&self, other: &Self) -> Option<Likeness> {
        let letters = |words: &[Word]| words.iter().map(|word| word.letters.clone()).collect::<Vec<_>>();
        let folded = |words: &[Word]| words.iter().map(|word| word.folded.clone()).collect::<Vec<_>>();
        if (letters(&self.family), letters(&self.given)) == (letters(&other.family), letters(&other.given)) {
            return Some(Likeness::Same);
        }
        if (folded(&self.family), folded(&self.given)) == (folded(&other.family), folded(&other.given)) {
            return Some(Likeness::Transliterated);
        }
        let (one, two) = (self.run(), other.run());
        if one == two {
            return Some(Likeness::Divided);
        }
        (one == other.turned() || sorted(self) == sorted(other)).then_some(Likeness::OrderDiffers)
    }

    /// How alike the two are when their words are run together, if that is but a slip.
    fn misspelt_run(&self, other: &Self) -> Option<u8> {
        let (one, two) = (self.run(), other.run());
        let long = one.len().min(two.len());
        let divided = self.words().count() != other.words().count();
        let slips = |other: &str| strsim::osa_distance(&one, other);
        let slip = slips(&two).min(slips(&other.turned()));
        (divided && long >= RUN_ONE_SLIP && slip <= 1).then(|| share(long - 1, long))
    }

    /// Whether one is what a full field left of the other.
    fn is_cut_from(&self, other: &Self) -> bool {
        let begins = |short: &Self, long: &Self| {
            let family =
                short.family.iter().zip(&long.family).all(|(short, long)| long.letters.starts_with(&short.letters));
            let given =
                short.given.iter().zip(&long.given).all(|(short, long)| long.letters.starts_with(&short.letters));
            short.full && family && given && short.given.len() <= long.given.len()
        };
        begins(self, other) || begins(other, self)
    }
}

fn sorted(name: &Spelt) -> Vec<&str> {
    let mut words: Vec<_> = name.words().map(|word| word.folded.as_str()).collect();
    words.sort_unstable();
    words
}

/// Which words of two names have found each other.
struct Matched {
    pairs: Vec<Pair>,
    left: Vec<Word>,
    right: Vec<Word>,
}

/// Two words that are taken to be one.
#[derive(Clone, Copy)]
struct Pair {
    kind: Match,
    percent: u8,
}

/// Why two words are taken to be one, the better reason ahead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Folded,
    Romanised,
    Slip,
    /// A short word with a slip: often another word.
    ShortSlip,
    Initial,
}

impl Matched {
    /// Matches each word with the one it is most like; each is used once.
    fn of(one: &Spelt, other: &Spelt) -> Self {
        let (ours, theirs): (Vec<_>, Vec<_>) = (one.words().collect(), other.words().collect());
        let mut found: Vec<(Pair, usize, usize)> = Vec::new();
        for (i, a) in ours.iter().enumerate() {
            found.extend(theirs.iter().enumerate().filter_map(|(j, b)| Some((pair(a, b)?, i, j))));
        }
        found.sort_by_key(|(pair, i, j)| (pair.kind, u8::MAX - pair.percent, i.abs_diff(*j)));
        let (mut left, mut right) = (vec![true; ours.len()], vec![true; theirs.len()]);
        let mut pairs = Vec::new();
        for (pair, i, j) in found {
            if let (Some(a @ true), Some(b @ true)) = (left.get_mut(i), right.get_mut(j)) {
                (*a, *b) = (false, false);
                pairs.push(pair);
            }
        }
        let rest = |words: Vec<&Word>, free: Vec<bool>| {
            words.into_iter().zip(free).filter(|(_, free)| *free).map(|(word, _)| word.clone()).collect()
        };
        Self { pairs, left: rest(ours, left), right: rest(theirs, right) }
    }

    fn verdict(&self, cut: bool) -> Likeness {
        let worst = self.pairs.iter().map(|pair| pair.kind).max();
        match (worst, self.left.as_slice(), self.right.as_slice()) {
            (None, ..) => Likeness::Differs,
            // Given names may match in part by chance; one word alone that matches another's initial shows nothing.
            (Some(Match::Initial | Match::ShortSlip), ..) if self.pairs.len() < 2 => Likeness::PartDiffers,
            (Some(Match::Folded), [], []) => Likeness::OrderDiffers,
            (Some(Match::Romanised), [], []) => Likeness::Transliterated,
            (Some(Match::Slip), [], []) => Likeness::Similar,
            (Some(Match::ShortSlip), [], []) => Likeness::PartSimilar,
            (Some(Match::Initial), [], []) => Likeness::Initials,
            (Some(_), [], _) | (Some(_), _, []) if cut => Likeness::Truncated,
            (Some(worst), [], _) | (Some(worst), _, []) if self.pairs.len() >= 2 && worst <= Match::Romanised => {
                Likeness::PartMissing
            }
            (Some(_), left, right) if cut && joined(left, right) => Likeness::Truncated,
            (Some(_), ..) => Likeness::PartDiffers,
        }
    }

    /// Share of the words that found another.
    fn percent(&self) -> u8 {
        let (alone, pairs) = (self.left.len() + self.right.len(), self.pairs.len());
        let alike: usize = self.pairs.iter().map(|pair| usize::from(pair.percent)).sum();
        u8::try_from(2 * alike / (2 * pairs + alone).max(1)).unwrap_or(100)
    }
}

/// Whether the words that remain are such as a full field cut.
fn joined(left: &[Word], right: &[Word]) -> bool {
    let begins = |a: &Word, b: &Word| a.letters.starts_with(&b.letters) || b.letters.starts_with(&a.letters);
    left.iter().zip(right).all(|(a, b)| begins(a, b))
}

/// Why two words may be one.
fn pair(a: &Word, b: &Word) -> Option<Pair> {
    let (one, two) = (a.folded.as_str(), b.folded.as_str());
    if one == two {
        return Some(Pair { kind: Match::Folded, percent: 100 });
    }
    let (short, long) = (one.len().min(two.len()), one.len().max(two.len()));
    if short == 1 {
        let begins = one.starts_with(two) || two.starts_with(one);
        return (a.letters.len().min(b.letters.len()) == 1 && begins)
            .then_some(Pair { kind: Match::Initial, percent: 60 });
    }
    let alike = strsim::jaro_winkler(one, two);
    let vowels_aside = a.skeleton.len() >= SKELETON_MIN && alike >= SKELETON_LIKENESS;
    if a.sounds == b.sounds || (a.skeleton == b.skeleton && vowels_aside) {
        return Some(Pair { kind: Match::Romanised, percent: 95 });
    }
    let slips = strsim::osa_distance(one, two).min(strsim::osa_distance(&a.letters, &b.letters));
    let kind = match slips {
        1 if short >= ONE_SLIP => Match::Slip,
        2 if short >= TWO_SLIPS => Match::Slip,
        1 if a.letters.len().min(b.letters.len()) >= SHORT_SLIP => Match::ShortSlip,
        _ => return None,
    };
    Some(Pair { kind, percent: share(long.saturating_sub(slips), long) })
}

/// A part of a whole in percent.
fn share(part: usize, whole: usize) -> u8 {
    u8::try_from(part * 100 / whole.max(1)).unwrap_or(100)
}
