//! From text to cells: what a reader, a scanner or a hand delivers becomes lines of capital letters, digits and fillers,
//! or a sentence that says which shape was expected and which was seen. Nothing is guessed and no character is changed but
//! for its case.

use super::format::{Format, Layout};
use crate::domain::text::Malformed;

/// Longest text that is looked at, in bytes: room for a zone with some white space between its cells.
const BYTES_MAX: usize = 512;

const LONG: Malformed = Malformed::new(
    "A machine readable zone has at most 90 characters; this text has more than {0} bytes. Send the zone alone.",
    "Vùng đọc máy có tối đa 90 ký tự; văn bản này dài hơn {0} byte. Chỉ gửi riêng vùng đọc máy.",
);
const STRANGE: Malformed = Malformed::new(
    "Line {0}, character {1} is none of A-Z, 0-9 and <. Read or type that line again.",
    "Dòng {0}, ký tự thứ {1} không thuộc A-Z, 0-9 và <. Hãy đọc hoặc nhập lại dòng đó.",
);
const LINE: Malformed = Malformed::new(
    "Line {0} of the zone has {1} characters where {2} are expected. Read or type it again.",
    "Dòng {0} của vùng đọc máy có {1} ký tự, cần {2} ký tự. Hãy đọc hoặc nhập lại.",
);
const SHAPE: Malformed = Malformed::new(
    "A machine readable zone has two lines of 44 characters (passport), two of 36 or three of 30; {1} characters in {0} \
     line(s) were given. Read or type it again.",
    "Vùng đọc máy có hai dòng 44 ký tự (hộ chiếu), hai dòng 36 ký tự hoặc ba dòng 30 ký tự; đã nhận {1} ký tự trong {0} dòng. Hãy đọc hoặc nhập lại.",
);
const CODE: Malformed = Malformed::new(
    "The first letter of the zone names no document of {0} lines of {1} characters: passports begin with P, visas with V, \
     cards and other travel documents with A, C or I. Read or type it again.",
    "Chữ cái đầu của vùng đọc máy không phải của giấy tờ {0} dòng, mỗi dòng {1} ký tự: hộ chiếu bắt đầu bằng P, thị thực \
     bằng V, thẻ và giấy tờ đi lại khác bằng A, C hoặc I. Hãy đọc hoặc nhập lại.",
);

/// The format of `text`, and its lines with one line break between.
pub(super) fn fold(text: &str) -> Result<(Format, String), Malformed> {
    if text.len() > BYTES_MAX {
        return Err(LONG.with([BYTES_MAX, 0, 0]));
    }
    let (cells, widths) = cells(text)?;
    let letter = cells.bytes().next().unwrap_or(b'<');
    let width = match cells.len() {
        88 => 44,
        72 => 36,
        90 => 30,
        _ => return Err(misshapen(&widths)),
    };
    // In one run, or with breaks just where they belong.
    if widths.len() > 1 && widths.iter().any(|seen| *seen != width) {
        return Err(misshapen(&widths));
    }
    let format = Format::of(cells.len(), letter).ok_or(CODE.with([cells.len() / width, width, 0]))?;
    Ok((format, broken(&cells, format.layout())))
}

/// The cells without any white space, and how many each line that is not empty has.
fn cells(text: &str) -> Result<(String, Vec<usize>), Malformed> {
    let (mut cells, mut widths) = (String::with_capacity(96), Vec::with_capacity(3));
    let mut width = 0;
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                widths.extend((width > 0).then_some(width));
                width = 0;
            }
            'A'..='Z' | '0'..='9' | '<' => {
                cells.push(c);
                width += 1;
            }
            'a'..='z' => {
                cells.push(c.to_ascii_uppercase());
                width += 1;
            }
            c if c.is_whitespace() => {}
            _ => return Err(STRANGE.with([widths.len() + 1, width + 1, 0])),
        }
    }
    widths.extend((width > 0).then_some(width));
    Ok((cells, widths))
}

/// What is wrong with lines of such widths.
fn misshapen(widths: &[usize]) -> Malformed {
    let expected = match widths {
        [_, _, _] => 30,
        [36, _] | [_, 36] => 36,
        [44, _] | [_, 44] => 44,
        [one, other] => {
            if one + other > 80 {
                44
            } else {
                36
            }
        }
        _ => return SHAPE.with([widths.len(), widths.iter().sum(), 0]),
    };
    let wrong = widths.iter().enumerate().find(|(_, width)| **width != expected);
    wrong.map_or(SHAPE, |(line, width)| LINE.with([line + 1, *width, expected]))
}

fn broken(cells: &str, layout: &Layout) -> String {
    let mut text = String::with_capacity(cells.len() + layout.lines);
    for line in 0..layout.lines {
        if line > 0 {
            text.push('\n');
        }
        text.push_str(cells.get(line * layout.width..(line + 1) * layout.width).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UPPER: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
    const LOWER: &str = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    #[test]
    fn line_breaks_of_any_kind_spaces_and_lower_case_make_no_difference() {
        let one = (Format::Td3, format!("{UPPER}\n{LOWER}"));
        for between in ["\n", "\r\n", "\r", "\u{2028}", "\u{85}", " \n\n ", "", " ", "\t"] {
            assert_eq!(fold(&format!("  {UPPER}{between}{LOWER}\n")).unwrap(), one);
        }
        assert_eq!(fold(&format!("{UPPER}\n{LOWER}").to_lowercase()).unwrap(), one);
    }

    #[test]
    fn the_format_follows_from_shape_and_document_code() {
        for (letter, cells, format) in [
            ('P', 88, Some(Format::Td3)),
            ('V', 88, Some(Format::MrvA)),
            ('V', 72, Some(Format::MrvB)),
            ('I', 72, Some(Format::Td2)),
            ('C', 90, Some(Format::Td1)),
            ('P', 90, None),
            ('X', 88, None),
            ('0', 72, None),
        ] {
            let text = format!("{letter}{}", "<".repeat(cells - 1));
            assert_eq!(fold(&text).ok().map(|(format, _)| format), format, "{letter} {cells}");
        }
    }

    #[test]
    fn a_wrong_shape_is_told_with_what_was_expected_and_what_was_seen() {
        let short = &LOWER[1..];
        for (text, told) in [
            (format!("{UPPER}\n{short}"), "Line 2 of the zone has 43 characters where 44 are expected."),
            (format!("{UPPER}A\n{short}"), "Line 1 of the zone has 45 characters where 44 are expected."),
            (UPPER.to_owned(), "44 characters in 1 line(s) were given."),
            (String::new(), "0 characters in 0 line(s) were given."),
            (format!("{UPPER}\n{}", LOWER.replace("F12", "F☃2")), "Line 2, character 22 is none of A-Z, 0-9 and <."),
            ("A".repeat(1_000_000), "this text has more than 512 bytes."),
            ("Q".repeat(88), "names no document of 2 lines of 44 characters"),
        ] {
            let fault = fold(&text).unwrap_err();
            assert!(fault.en().contains(told), "{fault}");
            assert!(!fault.vi().contains('{') && !fault.en().contains('{'));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,600}", breaks in "[A-Z<\r\n ]{0,120}") {
            let _ = (fold(&text), fold(&breaks));
        }
    }
}
