//! How letters outside A-Z are written in a zone (Doc 9303-3 section 6): every spelling that the tables allow, for an
//! issuer may choose any of them. A capital letter that only carries accents is written without them.

use unicode_normalization::char::decompose_canonical;

/// Spellings of a character, the table's first choice ahead. An empty one means that the character is left out.
type Row = (char, &'static [&'static str]);

/// The spellings of a capital letter; `None` if section 6 has none for its script.
pub fn spellings(c: char) -> Option<&'static [&'static str]> {
    if let Some(letter) = plain(c) {
        return Some(letter);
    }
    let table = match c {
        '\u{0400}'..='\u{052F}' => CYRILLIC,
        '\u{0600}'..='\u{06FF}' => ARABIC,
        _ => LATIN,
    };
    match table.binary_search_by_key(&c, |(letter, _)| *letter) {
        Ok(at) => table.get(at).map(|(_, spellings)| *spellings),
        Err(_) => without_accents(c),
    }
}

fn without_accents(c: char) -> Option<&'static [&'static str]> {
    let mut first = None;
    decompose_canonical(c, |part| {
        first.get_or_insert(part);
    });
    let base = first.filter(|base| *base != c)?;
    plain(base).or_else(|| spellings(base))
}

/// A letter of the zone's own alphabet.
fn plain(c: char) -> Option<&'static [&'static str]> {
    const LETTERS: [[&str; 1]; 26] = [
        ["A"],
        ["B"],
        ["C"],
        ["D"],
        ["E"],
        ["F"],
        ["G"],
        ["H"],
        ["I"],
        ["J"],
        ["K"],
        ["L"],
        ["M"],
        ["N"],
        ["O"],
        ["P"],
        ["Q"],
        ["R"],
        ["S"],
        ["T"],
        ["U"],
        ["V"],
        ["W"],
        ["X"],
        ["Y"],
        ["Z"],
    ];
    static ALPHABET: [[&str; 1]; 26] = LETTERS;
    let at = c.is_ascii_uppercase().then(|| (c as usize).checked_sub('A' as usize)).flatten()?;
    ALPHABET.get(at).map(<[_; 1]>::as_slice)
}

/// Section 6 A, the letters whose spelling is more than the letter without its accents.
#[rustfmt::skip]
static LATIN: &[Row] = &[
    ('Ä', &["AE", "A"]), ('Å', &["AA", "A"]), ('Æ', &["AE"]), ('Ð', &["D"]), ('Ñ', &["N", "NXX"]), ('Ö', &["OE", "O"]),
    ('Ø', &["OE"]), ('Ü', &["UE", "UXX", "U"]), ('Þ', &["TH"]), ('Đ', &["D"]), ('Ħ', &["H"]), ('ı', &["I"]),
    ('Ĳ', &["IJ"]), ('Ŀ', &["L"]), ('Ł', &["L"]), ('Ŋ', &["N"]), ('Œ', &["OE"]), ('Ŧ', &["T"]), ('ẞ', &["SS"]),
];

/// Section 6 B with what it excepts for Belarusian, Bulgarian, Macedonian, Serbian and Ukrainian. Not in the table: the
/// soft sign, which nobody writes; and Ѓ and Ћ, whose Latin spelling the table gives beside letters of another code.
#[rustfmt::skip]
static CYRILLIC: &[Row] = &[
    ('Ё', &["E", "IO"]), ('Ђ', &["D"]), ('Ѓ', &["G", "GJ"]), ('Є', &["IE", "YE"]), ('Ѕ', &["DZ"]), ('І', &["I"]),
    ('Ї', &["I", "YI"]), ('Ј', &["J"]), ('Љ', &["LJ"]), ('Њ', &["NJ"]), ('Ћ', &["C", "D"]), ('Ќ', &["K", "KJ"]),
    ('Ў', &["U"]), ('Џ', &["DZ", "DJ"]), ('А', &["A"]), ('Б', &["B"]), ('В', &["V"]), ('Г', &["G", "H"]), ('Д', &["D"]),
    ('Е', &["E"]), ('Ж', &["ZH", "Z"]), ('З', &["Z"]), ('И', &["I", "Y"]), ('Й', &["I", "Y"]), ('К', &["K"]),
    ('Л', &["L"]), ('М', &["M"]), ('Н', &["N"]), ('О', &["O"]), ('П', &["P"]), ('Р', &["R"]), ('С', &["S"]),
    ('Т', &["T"]), ('У', &["U"]), ('Ф', &["F"]), ('Х', &["KH", "H"]), ('Ц', &["TS", "C"]), ('Ч', &["CH", "C"]),
    ('Ш', &["SH", "S"]), ('Щ', &["SHCH", "SHT"]), ('Ъ', &["IE"]), ('Ы', &["Y"]), ('Ь', &[""]), ('Э', &["E"]),
    ('Ю', &["IU", "YU"]), ('Я', &["IA", "YA"]), ('Ѫ', &["U"]), ('Ѵ', &["Y"]), ('Ґ', &["G"]), ('Ғ', &["G", "GJ"]),
    ('Һ', &["C"]),
];

/// Section 6 C. Vowel signs are marks and left out; the sign of doubling is no letter either.
#[rustfmt::skip]
static ARABIC: &[Row] = &[
    ('\u{0621}', &["XE"]), ('\u{0622}', &["XAA"]), ('\u{0623}', &["XAE"]), ('\u{0624}', &["U"]), ('\u{0625}', &["I"]),
    ('\u{0626}', &["XI"]), ('\u{0627}', &["A"]), ('\u{0628}', &["B"]), ('\u{0629}', &["XTA", "XAH"]),
    ('\u{062A}', &["T"]), ('\u{062B}', &["XTH"]), ('\u{062C}', &["J"]), ('\u{062D}', &["XH"]), ('\u{062E}', &["XKH"]),
    ('\u{062F}', &["D"]), ('\u{0630}', &["XDH"]), ('\u{0631}', &["R"]), ('\u{0632}', &["Z"]), ('\u{0633}', &["S"]),
    ('\u{0634}', &["XSH"]), ('\u{0635}', &["XSS"]), ('\u{0636}', &["XDZ"]), ('\u{0637}', &["XTT"]),
    ('\u{0638}', &["XZZ"]), ('\u{0639}', &["E"]), ('\u{063A}', &["G"]), ('\u{0640}', &[""]), ('\u{0641}', &["F"]),
    ('\u{0642}', &["Q"]), ('\u{0643}', &["K"]), ('\u{0644}', &["L"]), ('\u{0645}', &["M"]), ('\u{0646}', &["N"]),
    ('\u{0647}', &["H"]), ('\u{0648}', &["W"]), ('\u{0649}', &["XAY"]), ('\u{064A}', &["Y"]), ('\u{064B}', &[""]),
    ('\u{064C}', &[""]), ('\u{064D}', &[""]), ('\u{064E}', &[""]), ('\u{064F}', &[""]), ('\u{0650}', &[""]),
    ('\u{0652}', &[""]), ('\u{0670}', &[""]), ('\u{0671}', &["XXA"]), ('\u{0679}', &["XXT"]), ('\u{067C}', &["XRT"]),
    ('\u{067E}', &["P"]), ('\u{0681}', &["XKE"]), ('\u{0685}', &["XXH"]), ('\u{0686}', &["XC"]), ('\u{0688}', &["XXD"]),
    ('\u{0689}', &["XDR"]), ('\u{0691}', &["XXR"]), ('\u{0693}', &["XRR"]), ('\u{0696}', &["XRX"]),
    ('\u{0698}', &["XJ"]), ('\u{069A}', &["XXS"]), ('\u{069C}', &[""]), ('\u{06A2}', &[""]), ('\u{06A7}', &[""]),
    ('\u{06A8}', &[""]), ('\u{06A9}', &["XKK"]), ('\u{06AB}', &["XXK"]), ('\u{06AD}', &["XNG"]), ('\u{06AF}', &["XGG"]),
    ('\u{06BA}', &["XNN"]), ('\u{06BC}', &["XXN"]), ('\u{06BE}', &["XDO"]), ('\u{06C0}', &["XYH"]),
    ('\u{06C1}', &["XXG"]), ('\u{06C2}', &["XGE"]), ('\u{06C3}', &["XTG"]), ('\u{06CC}', &["XYA"]),
    ('\u{06CD}', &["XXY"]), ('\u{06D0}', &["Y"]), ('\u{06D2}', &["XYB"]), ('\u{06D3}', &["XBE"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order_and_spell_with_letters_alone() {
        for table in [LATIN, CYRILLIC, ARABIC] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (letter, spellings) in table {
                assert!(!spellings.is_empty() && !letter.is_ascii());
                assert!(spellings.iter().all(|s| s.bytes().all(|b| b.is_ascii_uppercase())), "{letter}");
            }
        }
    }

    #[test]
    fn every_vietnamese_letter_is_its_base_letter() {
        for (letters, base) in [
            ("ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", "A"),
            ("ÈÉẺẼẸÊỀẾỂỄỆ", "E"),
            ("ÌÍỈĨỊ", "I"),
            ("ÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ", "O"),
            ("ÙÚỦŨỤƯỪỨỬỮỰ", "U"),
            ("ỲÝỶỸỴ", "Y"),
            ("Đ", "D"),
        ] {
            assert!(letters.chars().all(|c| spellings(c) == Some(&[base])), "{base}");
        }
    }

    #[test]
    fn letters_with_several_spellings_have_them_all_and_other_scripts_have_none() {
        assert_eq!(spellings('Ü'), Some(&["UE", "UXX", "U"][..]));
        assert_eq!(spellings('Щ'), Some(&["SHCH", "SHT"][..]));
        assert_eq!(spellings('\u{0629}'), Some(&["XTA", "XAH"][..]));
        for none in ['山', 'Ω', 'ก', '☃', '1', '<', 'a'] {
            assert_eq!(spellings(none), None, "{none}");
        }
    }

    #[test]
    fn the_crate_that_writes_zones_spells_the_same() {
        for code in 0xC0..0x1F00 {
            let Some(c) = char::from_u32(code) else { continue };
            let listed = mrz::transliterations(c);
            if !listed.is_empty() && c.is_uppercase() {
                assert_eq!(spellings(c), Some(listed), "{c}");
            }
        }
    }
}
