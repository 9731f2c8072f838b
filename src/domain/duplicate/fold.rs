//! Names brought into a form in which the usual ways of writing one name in Latin letters are alike.
//!
//! Owns the letters: transliteration (Doc 9303-3 section 6, and a general table for scripts that it does not cover), the
//! digraphs in which romanisations differ, and the consonant skeleton. The form serves finding and comparing alone: it is
//! never shown, and no name is replaced by it. Refuses to be exact: different names may fold alike, and a person decides.

use crate::domain::mrz;

/// Longest word that is looked at, in letters: a zone has no more.
const LETTERS_MAX: usize = 39;
/// Most words of one name that are looked at.
const WORDS_MAX: usize = 8;

/// Letters that stand for one sound in different romanisations, the longest ahead; `^` at the beginning of a word only, `$`
/// at its end only. Doc 9303-3 section 6 for what issuers may choose from (Ä, Ñ, Ö, Ü, Cyrillic); the passport systems of
/// the main nationalities for the rest (Revised Romanization and McCune–Reischauer, Hepburn with its long vowels, pinyin
/// and Wade–Giles, GOST and BGN/PCGN, Hunterian).
const FOLDS: &[(&str, &str)] = &[
    ("SHCH", "S"),
    ("TSCH", "C"),
    ("SCH", "S"),
    ("TCH", "C"),
    ("DZH", "J"),
    ("NXX", "N"),
    ("UXX", "U"),
    ("KSH", "KS"),
    ("IYA$", "IA"),
    ("^YE", "E"),
    ("^IE", "E"),
    ("^HS", "S"),
    ("^X", "S"),
    ("SH", "S"),
    ("CH", "C"),
    ("ZH", "J"),
    ("KH", "H"),
    ("GH", "G"),
    ("PH", "F"),
    ("TH", "T"),
    ("DH", "D"),
    ("BH", "B"),
    ("CK", "K"),
    ("TS", "C"),
    ("TZ", "C"),
    ("DJ", "J"),
    ("AE", "A"),
    ("OE", "O"),
    ("UE", "U"),
    ("OU", "O"),
    ("OH$", "O"),
    ("EE", "I"),
    ("IY", "I"),
    ("YI", "I"),
    ("QI", "CI"),
    ("QU", "CU"),
    ("Y", "I"),
    ("W", "V"),
    ("X", "KS"),
    ("Q", "K"),
];

/// Family names that one person's passports spell in ways too far apart for letters to tell: Korean ones, whose holders
/// choose the Latin spelling themselves. Each row is one name.
const ALIASES: &[&[&str]] = &[
    &["LEE", "YI", "RHEE", "RI", "I"],
    &["PARK", "PAK", "BAK", "BARK"],
    &["CHOI", "CHOE", "CHOY"],
    &["JUNG", "JEONG", "CHUNG", "CHONG", "JONG"],
    &["KANG", "GANG"],
    &["CHO", "JO"],
    &["YOON", "YUN"],
    &["LIM", "IM", "RIM", "YIM"],
    &["NOH", "ROH", "NO"],
    &["RYU", "YOO", "YU", "LYU"],
    &["KIM", "GIM"],
    &["SEO", "SUH", "SU"],
    &["KWON", "GWON"],
    &["KOO", "KU", "GU", "GOO"],
];

/// One word of a name.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In the letters A to Z, as a zone may spell it.
    pub(super) letters: String,
    /// With digraphs folded and doubled letters single.
    pub(super) folded: String,
    /// With consonants that romanisations exchange as one, and the vowels as they are.
    pub(super) sounds: String,
    /// Classes of its consonants, and a vowel if it begins with one.
    pub(super) skeleton: String,
}

/// The words of a name as it is typed: what stands between spaces, hyphens and the like. An apostrophe joins.
pub(super) fn words(name: &str) -> Vec<Word> {
    let parts = name.split([' ', '-', '.', '/', '@', '(', ')', ',', '<']);
    parts.map(latin).filter(|letters| !letters.is_empty()).take(WORDS_MAX).map(Word::new).collect()
}

impl Word {
    /// A word in the letters A to Z.
    pub(super) fn new(letters: String) -> Self {
        let canonical = ALIASES.iter().find(|row| row.contains(&letters.as_str())).and_then(|row| row.first());
        let folded = fold(canonical.copied().unwrap_or(&letters));
        let (sounds, skeleton) = (sounds(&folded), skeleton(&folded));
        Self { letters, folded, sounds, skeleton }
    }
}

/// A word in the letters A to Z: the first spelling that section 6 has for each, or that of a general table for scripts
/// without one.
fn latin(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for capital in word.chars().flat_map(char::to_uppercase) {
        match mrz::spellings(capital) {
            Some(ways) => text.push_str(ways.first().copied().unwrap_or_default()),
            None => text.push_str(deunicode::deunicode_char(capital).unwrap_or_default()),
        }
    }
    text.chars().map(|c| c.to_ascii_uppercase()).filter(char::is_ascii_uppercase).take(LETTERS_MAX).collect()
}

fn fold(letters: &str) -> String {
    let (mut folded, mut rest) = (String::with_capacity(letters.len()), letters);
    while let Some(next) = rest.chars().next() {
        let first = rest.len() == letters.len();
        let found = FOLDS.iter().find_map(|(from, to)| Some((strip(rest, from, first)?, *to)));
        rest = if let Some((after, to)) = found {
            for c in to.chars() {
                push(&mut folded, c);
            }
            after
        } else {
            push(&mut folded, next);
            rest.get(next.len_utf8()..).unwrap_or_default()
        };
    }
    folded
}

/// Doubled letters are one.
fn push(folded: &mut String, c: char) {
    if !folded.ends_with(c) {
        folded.push(c);
    }
}

/// What follows `pattern` in `rest`, if it begins with it.
fn strip<'a>(rest: &'a str, pattern: &str, first: bool) -> Option<&'a str> {
    if let Some(pattern) = pattern.strip_prefix('^') {
        return if first { rest.strip_prefix(pattern) } else { None };
    }
    match pattern.strip_suffix('$') {
        Some(pattern) => (rest == pattern).then_some(""),
        None => rest.strip_prefix(pattern),
    }
}

fn sounds(folded: &str) -> String {
    let mut sounds = String::with_capacity(folded.len());
    folded.chars().for_each(|c| push(&mut sounds, class(c)));
    sounds
}

fn skeleton(folded: &str) -> String {
    let mut skeleton = String::with_capacity(folded.len());
    for (at, c) in folded.chars().enumerate() {
        match c {
            'A' | 'E' | 'I' | 'O' | 'U' if at == 0 => skeleton.push('A'),
            'A' | 'E' | 'I' | 'O' | 'U' | 'H' => {}
            other => push(&mut skeleton, class(other)),
        }
    }
    skeleton
}

/// Consonants that romanisations exchange, by one of them.
const fn class(c: char) -> char {
    match c {
        'B' => 'P',
        'V' => 'F',
        'D' => 'T',
        'G' => 'K',
        'C' | 'J' | 'Z' => 'S',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(name: &str) -> Vec<String> {
        words(name).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn usual_spellings_of_one_name_fold_alike() {
        for spellings in [
            &["Müller", "MUELLER", "MULLER", "MUXXLLER"][..],
            &["Nguyễn Văn Đức", "NGUYEN VAN DUC", "NGUYEN<VAN<DUC"],
            &["Iurii", "Yuriy", "Yury"],
            &["Ekaterina", "Yekaterina", "Iekaterina"],
            &["Anastasiia", "Anastasiya", "Anastasia"],
            &["Dmitrii", "Dmitriy", "Dmitry"],
            &["Satou", "Sato", "Satoh"],
            &["Hsiao", "Xiao"],
            &["Lakshmi", "Laxmi"],
            &["Deepak", "Dipak"],
            &["Lee", "Yi", "Rhee"],
            &["Park", "Pak", "Bak"],
            &["Ñora", "NORA", "NXXORA"],
        ] {
            let first = folded(spellings[0]);
            assert!(!first.is_empty());
            for other in spellings {
                assert_eq!(folded(other), first, "{other}");
            }
        }
    }

    #[test]
    fn distant_spellings_of_one_name_have_one_skeleton() {
        for spellings in [&["Aleksandr", "Alexander"][..], &["Mohamed", "Muhammad", "Mohammed"], &["Petrov", "Petroff"]]
        {
            let skeletons: Vec<_> = spellings.iter().flat_map(|name| words(name)).map(|word| word.skeleton).collect();
            assert!(skeletons.windows(2).all(|pair| pair[0] == pair[1]), "{skeletons:?}");
        }
    }

    #[test]
    fn a_script_without_a_table_of_its_own_is_written_in_latin_letters() {
        assert!(words("山田").iter().all(|word| word.letters.bytes().all(|b| b.is_ascii_uppercase())));
        assert!(!words("山田").is_empty() && !words("Παπαδόπουλος").is_empty());
    }

    #[test]
    fn marks_part_words_and_an_apostrophe_does_not() {
        assert_eq!(words("Anna-Lena O'Brien (St. John)").len(), 5);
        assert!(words(" - . ").is_empty() && words("").is_empty());
        assert_eq!(words(&"A ".repeat(50)).len(), WORDS_MAX);
    }
}
