//! Pages: how many of a list at once, and the text of the token that leads to the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::parse::Faults;
use crate::domain::text::Malformed;
use crate::domain::working_list::NOT_A_PAGE_TOKEN;

/// Length of a token's text: more than the longest has.
const TOKEN_CHARS_MAX: usize = 4_096;

/// How large pages are.
pub(super) struct Sizes {
    usual: u32,
    max: u32,
    wrong: Malformed,
}

/// Of lists that people look at.
pub(super) const SHORT: Sizes =
    Sizes {
        usual: 50, max: 500, wrong: Malformed::new("At least 1, at most 500.", "Ít nhất 1, nhiều nhất 500.")
    };
/// Of lists that systems compare.
pub(super) const LONG: Sizes = Sizes {
    usual: 500,
    max: 5_000,
    wrong: Malformed::new("At least 1, at most 5,000.", "Ít nhất 1, nhiều nhất 5.000."),
};

/// Reads `page_size`, absent for the usual one, and `page_token`, absent for the first page.
pub(super) fn page(faults: &mut Faults, sizes: &Sizes, (size, token): (i32, &str)) -> Option<(u32, Option<Vec<u8>>)> {
    let size = match u32::try_from(size) {
        Ok(0) => Ok(sizes.usual),
        Ok(size) if size <= sizes.max => Ok(size),
        _ => Err(sizes.wrong),
    };
    let size = faults.take("page_size", size);
    let token = faults.optional("page_token", token, |token| read(token).ok_or(NOT_A_PAGE_TOKEN));
    size.zip(token)
}

/// The text of a token.
pub(super) fn written(token: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(token)
}

/// The bytes of a token's text; `None` if it is none.
pub(super) fn read(token: &str) -> Option<Vec<u8>> {
    (token.len() <= TOKEN_CHARS_MAX).then(|| URL_SAFE_NO_PAD.decode(token).ok()).flatten()
}
