//! Blocking keys: texts by which requests that may be one person's find each other.
//!
//! Two requests are compared only if they share a key. Each key holds part of a name together with part of a birth date,
//! or a document number, so that few persons share one; none is a birth date alone. They leave here for the vault, which
//! makes keyed hashes of them, and go nowhere else.

use std::collections::BTreeSet;
use std::fmt;

use time::Date;
use zeroize::Zeroize as _;

use super::Profile;
use super::fold::Word;
use super::name::Spelt;
use crate::domain::person::FullName;

/// Version of the way in which keys are made. A change of anything that a key is made of counts it up, and requests are
/// indexed anew. 2: names that were approved since make keys as well.
pub const FORM: i64 = 2;
/// Most keys of one request, under the names that it was handed in with.
pub const KEYS_MAX: usize = 24;
/// Letters of a word's head.
const HEAD: usize = 4;
/// Most words of a spelling that make keys, the longest ahead.
const WORDS_MAX: usize = 4;

/// Kinds of keys, the most telling ahead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyKind {
    /// A passport number, of the passport or printed on the residence card.
    Document,
    /// All letters of the folded name in alphabetical order, and the day of birth: whatever order or division.
    NameBirth,
    /// The consonant skeleton of one word, and the day of birth: words missing, cut, misspelt or romanised otherwise.
    WordBirth,
    /// The first letters of one word, and the day of birth.
    HeadBirth,
    /// The initials in alphabetical order, and the day of birth.
    InitialsBirth,
    /// The consonants of the name in alphabetical order, and day and month of birth: a year mistaken.
    NameDay,
    /// The same, and the year of birth: a birth date known in part, or a day mistaken.
    NameYear,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Document,
        Self::NameBirth,
        Self::WordBirth,
        Self::HeadBirth,
        Self::InitialsBirth,
        Self::NameDay,
        Self::NameYear,
    ];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::NameBirth => "name-birth",
            Self::WordBirth => "word-birth",
            Self::HeadBirth => "head-birth",
            Self::InitialsBirth => "initials-birth",
            Self::NameDay => "name-day",
            Self::NameYear => "name-year",
        }
    }

    /// Reads a name written by [`KeyKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A key in clear. It prints its kind alone, and is overwritten when it goes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockingKey {
    /// Of which kind.
    pub kind: KeyKind,
    text: String,
}

impl fmt::Debug for BlockingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockingKey({})", self.kind.name())
    }
}

impl Drop for BlockingKey {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl BlockingKey {
    /// A key of that kind.
    pub(crate) fn new(kind: KeyKind, text: String) -> Self {
        Self { kind, text }
    }

    /// The text that is hashed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl BlockingKey {
    /// The key of a person of that name who was born on that day: whoever shares it has the same letters in the name, and may
    /// have them in another order.
    pub fn of_person(name: &FullName, born: Date) -> Self {
        name_birth(&Spelt::typed(name), &format!("{}{}", born.year(), day_key(born)))
    }
}

impl Profile {
    /// The keys of this request: each once, the most telling ahead, at most [`KEYS_MAX`].
    pub fn keys(&self) -> Vec<BlockingKey> {
        let mut keys = BTreeSet::new();
        let numbers = [self.passport.as_ref().map(|passport| &passport.number), self.printed_passport.as_ref()];
        keys.extend(numbers.into_iter().flatten().map(|n| BlockingKey::new(KeyKind::Document, n.as_str().to_owned())));
        for spelt in &self.spelt {
            keys.extend(self.keys_of(spelt));
        }
        keys.into_iter().take(KEYS_MAX).collect()
    }

    fn keys_of(&self, spelt: &Spelt) -> Vec<BlockingKey> {
        let (year, day) = (self.typed_birth.year(), day_key(self.typed_birth));
        let birth = format!("{year}{day}");
        let sex = self.sex_key();
        let consonants = sorted(spelt.words().flat_map(|word| word.skeleton.chars()));
        let mut longest: Vec<_> = spelt.words().filter(|word| word.folded.len() > 1).collect();
        longest.sort_by_key(|word| std::cmp::Reverse(word.folded.len()));
        longest.truncate(WORDS_MAX);
        let word = |word: &&Word| BlockingKey::new(KeyKind::WordBirth, format!("{}{birth}", word.skeleton));
        let head = |word: &&Word| {
            let head: String = word.folded.chars().take(HEAD).collect();
            BlockingKey::new(KeyKind::HeadBirth, format!("{head}{birth}"))
        };
        let initials = sorted(spelt.words().filter_map(|word| word.skeleton.chars().next()));
        let mut keys = vec![
            name_birth(spelt, &birth),
            BlockingKey::new(KeyKind::InitialsBirth, format!("{initials}{birth}{sex}")),
            BlockingKey::new(KeyKind::NameDay, format!("{consonants}{day}{sex}")),
            BlockingKey::new(KeyKind::NameYear, format!("{consonants}{year}{sex}")),
        ];
        keys.extend(longest.iter().map(word));
        let heads = [spelt.family.first(), spelt.given.first()].into_iter().flatten();
        keys.extend(heads.filter(|word| word.folded.len() > 1).map(|word| head(&word)));
        keys
    }
}

fn name_birth(spelt: &Spelt, birth: &str) -> BlockingKey {
    let letters = sorted(spelt.words().flat_map(|word| word.folded.chars()));
    BlockingKey::new(KeyKind::NameBirth, format!("{letters}{birth}"))
}

/// Month and day, the smaller ahead if both can be a month: days written the other way round are the same.
fn day_key(born: Date) -> String {
    let (month, day) = (u8::from(born.month()), born.day());
    let (one, two) = if day <= 12 { (month.min(day), month.max(day)) } else { (month, day) };
    format!("-{one:02}{two:02}")
}

fn sorted(letters: impl Iterator<Item = char>) -> String {
    let mut letters: Vec<_> = letters.collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}
