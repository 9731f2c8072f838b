//! Passports of Utopia and residence cards, with terms as the law allows them (DOMAIN 3.1, 3.2).

use time::{Date, Duration};

use crate::domain::time::{format_date, years_after};
use crate::practice::draw::Draw;
use crate::practice::nations::Name;
use crate::proto::{Passport, ResidenceCard, ResidenceCardKind, Sex};

/// The country that Doc 9303 prints its specimens for. No such state, no such passports.
pub(super) const UTOPIA: &str = "UTO";

/// Symbols of temporary cards with the longest term in years. One spelling each; `symbol` varies it.
const TERMS: &[(&str, i32)] = &[
    ("LĐ1", 2),
    ("LĐ2", 2),
    ("LĐ2", 2),
    ("ĐT1", 10),
    ("ĐT2", 5),
    ("ĐT3", 3),
    ("NN1", 3),
    ("NN2", 3),
    ("DH", 5),
    ("PV1", 2),
    ("LV1", 5),
    ("LV2", 5),
    ("LS", 5),
    ("NG3", 5),
    ("TT", 3),
];

/// How much sooner than the passport a temporary card must end (Law 47/2014 art. 38.1).
const CARD_ENDS_BEFORE_PASSPORT: Duration = Duration::days(30);

/// The holder, as far as documents print it.
pub(super) struct Holder<'a> {
    pub(super) name: &'a Name,
    pub(super) sex: Sex,
    pub(super) born: Date,
    pub(super) nationality: &'a str,
}

/// A passport number that this generator has not given before: nine characters, now and then eight.
pub(super) fn passport_number(draw: &mut Draw) -> String {
    let digits = if draw.once_in(5) { 6 } else { 7 };
    draw.fresh(|draw| format!("UP{}", draw.digits(digits)))
}

/// A ten-year passport with its machine readable zone.
pub(super) fn passport(draw: &mut Draw, holder: &Holder<'_>, issued: Date) -> Passport {
    let (number, expires) = (passport_number(draw), years_after(issued, 10));
    let personal_number = draw.once_in(3).then(|| format!("UTO{}", draw.digits(7)));
    Passport {
        mrz: zone(holder, &number, expires, personal_number),
        number,
        issuing_state: UTOPIA.to_owned(),
        issued_on: format_date(issued),
        expires_on: format_date(expires),
    }
}

fn zone(holder: &Holder<'_>, number: &str, expires: Date, personal_number: Option<String>) -> String {
    let (surname, given_names) = holder.name.identifiers();
    mrz::format_td3(&mrz::Td3Fields {
        issuing_country: UTOPIA.to_owned(),
        document_number: number.to_owned(),
        surname: surname.to_owned(),
        given_names: given_names.to_owned(),
        nationality: holder.nationality.to_owned(),
        date_of_birth: zone_date(holder.born),
        sex: match holder.sex {
            Sex::Female => mrz::Sex::Female,
            Sex::Male => mrz::Sex::Male,
            Sex::X | Sex::Unspecified => mrz::Sex::Unspecified,
        },
        date_of_expiry: zone_date(expires),
        personal_number,
        ..mrz::Td3Fields::default()
    })
}

fn zone_date(day: Date) -> mrz::MrzDate {
    mrz::MrzDate::Calendar(mrz::Date::new(day.year(), u8::from(day.month()).into(), day.day().into()))
}

/// A temporary card: any symbol for grown-ups, TT for children, for one year up to the longest term.
pub(super) fn temporary_card(draw: &mut Draw, issued: Date, passport_ends: Date, child: bool) -> ResidenceCard {
    let (symbol, years_max) = if child { ("TT", 3) } else { draw.one_of(TERMS) };
    let term = years_after(issued, draw.within(1..=years_max)) - Duration::DAY;
    ResidenceCard {
        kind: ResidenceCardKind::Temporary.into(),
        symbol: if draw.once_in(2) { symbol.to_owned() } else { symbol.replace('Đ', "D") },
        number: card_number(draw),
        issued_on: format_date(issued),
        expires_on: format_date(term.min(passport_ends - CARD_ENDS_BEFORE_PASSPORT)),
        passport_number: String::new(),
        family_name: String::new(),
        given_names: String::new(),
    }
}

/// A permanent card, which is exchanged every ten years and does not depend on a passport.
pub(super) fn permanent_card(draw: &mut Draw, issued: Date) -> ResidenceCard {
    ResidenceCard {
        kind: ResidenceCardKind::Permanent.into(),
        symbol: String::new(),
        number: card_number(draw),
        issued_on: format_date(issued),
        expires_on: format_date(years_after(issued, 10) - Duration::DAY),
        passport_number: String::new(),
        family_name: String::new(),
        given_names: String::new(),
    }
}

fn card_number(draw: &mut Draw) -> String {
    draw.fresh(|draw| format!("PRACTICE{}", draw.digits(8)))
}
