//! The applicant's slip: one page in Vietnamese and English that prints by itself.
//!
//! Owns its words and its layout (`templates/slip.html`). The page loads nothing and runs nothing: no script, no picture,
//! no style from elsewhere, and a policy in its head that would forbid them. Every value in it is escaped by the template
//! engine. It refuses more personal data than it takes to hand the slip to the right person: the name as printed and the
//! last three characters of the document's number.

use std::fmt;

use askama::Template as _;
use time::Date;

use super::claims::Due;
use super::jws::Signed;
use super::qr::{Drawing, TooMuch};
use crate::domain::ids::EnrolmentId;
use crate::domain::staff::OfficeCode;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// What a slip tells.
#[derive(Clone)]
pub struct Slip<'a> {
    /// The request.
    pub request: EnrolmentId,
    /// The office that took it in.
    pub office: At<'a>,
    /// The office that has it today, if that is another.
    pub today: Option<At<'a>>,
    /// When it did.
    pub received_at: Timestamp,
    /// The applicant's name as the document prints it.
    pub name: &'a str,
    /// Number of passport or card, masked.
    pub document_masked: &'a str,
    /// The legal deadline, if it is known.
    pub due: Option<Due>,
    /// What happens next.
    pub next: Text,
    /// The signed receipt; absent for requests of before there were any.
    pub signed: Option<&'a Signed>,
    /// When the slip is made.
    pub printed_at: Timestamp,
}

/// An office, as far as its records tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At<'a> {
    /// Its code.
    pub code: &'a OfficeCode,
    /// Its name.
    pub name: Option<&'a str>,
    /// Where it receives.
    pub seat: Option<&'a str>,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        self.name.map_or(Ok(()), |name| write!(f, " · {name}"))?;
        // Offices of one unit are often told apart by their seat.
        let seat = self.seat.filter(|seat| self.name.is_none_or(|name| !name.contains(seat)));
        seat.map_or(Ok(()), |seat| write!(f, ", {seat}"))
    }
}

impl fmt::Debug for Slip<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slip({})", self.request)
    }
}

/// A slip as HTML. It names a person and never prints in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Printed(String);

impl Printed {
    pub(super) const fn new(page: String) -> Self {
        Self(page)
    }

    /// The page.
    pub fn as_html(&self) -> &str {
        &self.0
    }

    /// The page.
    pub fn into_html(self) -> String {
        self.0
    }
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Printed(…)")
    }
}

/// The page, as the template wants it.
#[derive(askama::Template)]
#[template(path = "slip.html")]
struct Page<'a> {
    request: String,
    office: At<'a>,
    today: Option<At<'a>>,
    received: String,
    name: &'a str,
    document: &'a str,
    due: Option<String>,
    provisional: bool,
    next: Text,
    code: Option<Drawing>,
    key: String,
    printed: String,
}

impl Slip<'_> {
    /// The slip as a page of HTML for A5 paper, which A4 takes as well.
    ///
    /// # Errors
    /// If the receipt is more than a QR code holds.
    pub fn print(&self) -> Result<Printed, TooMuch> {
        let code = self.signed.map(|signed| Drawing::of(&signed.to_digits())).transpose()?;
        let key = self.signed.and_then(Signed::key_id);
        let page = Page {
            request: self.request.to_string(),
            office: self.office,
            today: self.today,
            received: minute(self.received_at),
            name: self.name,
            document: self.document_masked,
            due: self.due.map(|due| day(due.day)),
            provisional: self.due.is_some_and(|due| due.provisional),
            next: self.next,
            code,
            key: key.map(|key| key.to_string()).unwrap_or_default(),
            printed: minute(self.printed_at),
        };
        // Every value of the page is a text, a number or a flag, and a String takes them all.
        page.render().map(Printed::new).map_err(|_| TooMuch)
    }
}

/// A day as Viet Nam writes it: day, month, year.
fn day(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year())
}

/// A minute on the wall in Viet Nam.
pub(super) fn minute(at: Timestamp) -> String {
    let date = at.local_date();
    let minutes = at.since(Timestamp::start_of(date)).as_secs() / 60;
    format!("{:02}:{:02} {}", minutes / 60, minutes % 60, day(date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    use crate::receipt::claims::tests::claims;
    use crate::receipt::jws::{read, sign};
    use crate::receipt::key::JwkSet;
    use crate::receipt::key::tests::rfc_8037;
    use crate::receipt::qr::tests::seen;

    const NEXT: Text = Text::new("The authority decides.", "Cơ quan quản lý quyết định.");

    fn page(name: &str, due: Option<Due>, signed: Option<&Signed>) -> String {
        page_of(name, due, signed, None)
    }

    fn page_of(name: &str, due: Option<Due>, signed: Option<&Signed>, today: Option<At<'_>>) -> String {
        let (claims, document_masked) = (claims(due), "••••••2C3");
        let slip = Slip {
            request: claims.request,
            office: At { code: &claims.office, name: Some("Thành phố <Hồ Chí Minh>"), seat: Some("1 Lê Lợi") },
            today,
            received_at: claims.received_at(),
            name,
            document_masked,
            due,
            next: NEXT,
            signed,
            printed_at: claims.received_at(),
        };
        assert!(!format!("{slip:?} {:?}", slip.print().unwrap()).contains(name));
        slip.print().unwrap().into_html()
    }

    fn due(provisional: bool) -> Due {
        Due { day: date!(2026 - 11 - 30), provisional }
    }

    #[test]
    fn the_page_tells_what_the_applicant_needs_in_both_languages() {
        let page = page("Anna Maria Eriksson", Some(due(false)), None);
        for word in [
            "Anna Maria Eriksson",
            "••••••2C3",
            "01930000-0000-7000-8000-000000000001",
            "79-01 · Thành phố &#60;Hồ Chí Minh&#62;, 1 Lê Lợi",
            "19:00 21/11/2026",
            "30/11/2026",
            "Cơ quan quản lý quyết định.",
            "The authority decides.",
            "1900 0368",
            "phím 4",
            "key 4",
            "@page",
        ] {
            assert!(page.contains(word), "{word}\n{page}");
        }
        assert!(!page.contains("tạm tính") && !page.contains("provisional"));
    }

    #[test]
    fn the_office_that_took_the_place_of_the_first_one_is_named_beside_it() {
        let code = OfficeCode::parse("75-01").unwrap();
        let today = At { code: &code, name: Some("Đồng Nai - Biên Hòa"), seat: Some("Biên Hòa") };
        let page = page_of("Anna", None, None, Some(today));
        assert!(page.contains("79-01 · Thành phố") && page.contains("<dd>75-01 · Đồng Nai - Biên Hòa</dd>"));
        assert!(!self::page("Anna", None, None).contains("Nay là"), "it is named if it is another one only");
    }

    #[test]
    fn a_deadline_that_may_move_or_is_not_known_is_said_to_be_so() {
        let moving = page("Anna", Some(due(true)), None);
        assert!(moving.contains("tạm tính") && moving.contains("provisional"));
        let unknown = page("Anna", None, None);
        assert!(unknown.contains("Chưa xác định") && unknown.contains("Not set yet"));
    }

    #[test]
    fn the_code_on_the_page_is_the_receipt_and_another_program_reads_it() {
        let (key, claims) = (rfc_8037(), claims(Some(due(true))));
        let signed = sign(&claims, &key);
        let page = page("Anna", Some(due(true)), Some(&signed));
        let after = |mark: &str| page.split(mark).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let side = after("viewBox=\"0 0 ").split(' ').next().unwrap().parse().unwrap();
        let seen = seen(side, after("<path d=\""));
        assert_eq!(read(&seen, &JwkSet::new(vec![key.public().clone()])).unwrap().claims, claims);
        assert!(page.contains(key.public().id().as_str()));
    }

    #[test]
    fn a_page_without_a_receipt_says_so_and_shows_no_code() {
        let page = page("Anna", None, None);
        assert!(!page.contains("<svg") && page.contains("không có biên nhận điện tử"));
    }

    #[test]
    fn whatever_a_name_holds_is_text() {
        for name in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "O'Brien & <b>Sons</b>"] {
            let page = page(name, None, None);
            assert!(
                !page.contains(name) && !page.contains("<script") && !page.contains("<img") && !page.contains("<b>")
            );
        }
        assert!(page("O'Brien", None, None).contains("O&#39;Brien"));
    }

    #[test]
    fn the_page_loads_and_runs_nothing() {
        let page = page("Anna", Some(due(true)), Some(&sign(&claims(Some(due(true))), &rfc_8037())));
        for mark in
            ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "<form", " on", "http://", "https://"]
        {
            let found = page.match_indices(mark).any(|(at, _)| mark != " on" || page[at..].starts_with(" onload"));
            assert!(!found, "{mark}");
        }
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    }
}
