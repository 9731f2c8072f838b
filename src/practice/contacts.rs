//! Phones in Vietnamese mobile ranges (DOMAIN 10), written as people write them, and addresses at example domains.

use crate::practice::draw::Draw;

/// Beginnings of the nine significant digits. The short ranges show that a prefix is not always two digits.
const RANGES: &[&str] = &[
    "32", "33", "34", "35", "36", "37", "38", "39", "56", "58", "59", "70", "76", "77", "78", "79", "81", "82", "83",
    "84", "85", "86", "88", "90", "91", "93", "94", "96", "97", "98", "522", "528", "559", "896", "899", "993",
];

/// Domains that RFC 2606 keeps for examples: no message to them can reach anybody.
const DOMAINS: &[&str] = &["example.com", "example.org", "example.net"];

/// A mobile number that this generator has not given before, in one of the usual ways of writing it.
pub(super) fn phone(draw: &mut Draw) -> String {
    let national = draw.fresh(|draw| {
        let range = draw.one_of(RANGES);
        format!("{range}{}", draw.digits(9_usize.saturating_sub(range.len())))
    });
    let style = draw.within(0..=5);
    written(&national, style)
}

fn written(national: &str, style: i32) -> String {
    let (head, rest) = national.split_at(national.len().min(3));
    let (middle, tail) = rest.split_at(rest.len().min(3));
    match style {
        0 => format!("0{national}"),
        1 => format!("0{head} {middle} {tail}"),
        2 => format!("0{head}.{middle}.{tail}"),
        3 => format!("0{head}-{middle}-{tail}"),
        4 => format!("+84 {head} {middle} {tail}"),
        _ => format!("+84{national}"),
    }
}

/// A phone of [`crate::practice`] in E.164. Knows only the ways in which the generator writes them.
pub fn e164(written: &str) -> String {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix(if written.starts_with('+') { "84" } else { "0" }).unwrap_or(&digits);
    format!("+84{national}")
}

/// An address that this generator has not given before.
pub(super) fn email(draw: &mut Draw, name: &str) -> String {
    let plain = mrz::encode_name_component(name).to_ascii_lowercase().replace('<', ".");
    let local: String = plain.chars().take(40).collect();
    let domain = draw.one_of(DOMAINS);
    draw.fresh(|draw| format!("{}.{}@{domain}", local.trim_end_matches('.'), draw.digits(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_phone_means_the_same_number() {
        for style in 0..=5 {
            let shown = written("912345678", style);
            assert_eq!(e164(&shown), "+84912345678", "{shown}");
        }
        assert_eq!(e164("0842 345 678"), "+84842345678");
    }

    #[test]
    fn a_long_name_still_makes_an_address_of_legal_length() {
        let address = email(&mut Draw::new(1), &"Wanniarachchige ".repeat(6));
        let (local, domain) = address.split_once('@').unwrap();
        assert!(local.len() <= 64 && DOMAINS.contains(&domain), "{address}");
    }
}
