//! The activation slip: one small page in Vietnamese and English with a code that is good together with a passport.
//!
//! It names nobody: whoever finds it does not learn whose it is. Like the slip of a request it loads nothing and runs nothing.

use askama::Template as _;

use super::slip::{At, Printed, minute};
use crate::domain::device::CounterCode;
use crate::domain::time::Timestamp;

/// What the slip tells.
#[derive(Clone, Copy, Debug)]
pub struct ActivationSlip<'a> {
    /// Its code.
    pub code: &'a CounterCode,
    /// Whose supervisor has to agree.
    pub office: At<'a>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it is made.
    pub printed_at: Timestamp,
}

/// The page, as the template wants it.
#[derive(askama::Template)]
#[template(path = "activation-slip.html")]
struct Page<'a> {
    code: String,
    office: At<'a>,
    expires: String,
    printed: String,
}

/// The page could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the activation slip cannot be made")]
pub struct NotPrinted;

impl ActivationSlip<'_> {
    /// The slip as a page of HTML for A6 paper.
    ///
    /// # Errors
    /// Never: every value of the page is a text.
    pub fn print(&self) -> Result<Printed, NotPrinted> {
        let page = Page {
            code: self.code.shown(),
            office: self.office,
            expires: minute(self.expires_at),
            printed: minute(self.printed_at),
        };
        page.render().map(Printed::new).map_err(|_| NotPrinted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::staff::OfficeCode;

    #[test]
    fn the_slip_has_its_code_its_time_and_the_way_in_both_languages_and_names_nobody() {
        let code = CounterCode::parse("7K2MQ-0XW41").unwrap();
        let office = OfficeCode::parse("79-01").unwrap();
        let at = At { code: &office, name: Some("<Hồ Chí Minh>"), seat: None };
        let midnight = Timestamp::start_of(time::macros::date!(2026 - 11 - 29));
        let slip = ActivationSlip { code: &code, office: at, expires_at: midnight, printed_at: midnight };
        let page = slip.print().unwrap();
        assert!(!format!("{slip:?} {page:?}").contains("7K2MQ"));
        let page = page.into_html();
        for told in [
            "7K2MQ-0XW41",
            "00:00 29/11/2026",
            "79-01 · &#60;Hồ Chí Minh&#62;",
            "Phiếu kích hoạt",
            "To be used once",
            "1900 0368",
        ] {
            assert!(page.contains(told), "{told}\n{page}");
        }
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    }
}
