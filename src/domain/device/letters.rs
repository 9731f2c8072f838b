//! Codes that people read out and type: letters and digits that are not mistaken for each other.

/// Crockford's 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How much a letter says.
pub(super) const BITS: usize = 5;
/// The longest text that is looked at.
const TYPED_MAX: usize = 64;

/// The letters of these random bytes: five bits of each count.
pub(in crate::domain) fn drawn(bytes: &[u8]) -> String {
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).map_or('0', |letter| char::from(*letter));
    bytes.iter().map(letter).collect()
}

/// What a person typed, if it is so many letters: spaces, hyphens and small letters count for nothing, O is 0, I and L are 1.
pub(in crate::domain) fn read(text: &str, letters: usize) -> Option<String> {
    let meant = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let plain = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let code: String = if text.len() > TYPED_MAX { String::new() } else { plain.map(meant).collect() };
    (code.len() == letters && code.bytes().all(|c| ALPHABET.contains(&c))).then_some(code)
}
