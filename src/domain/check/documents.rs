//! Passport and residence card as they were typed: terms, order of days, card against passport.

use time::Date;

use super::zone::Place;
use crate::domain::application::Application;
use crate::domain::finding::{
    CARD_EXCHANGE_DUE, CARD_EXPIRED, CARD_NAME_DIFFERS, CARD_OUTLASTS_PASSPORT, CARD_PASSPORT_DIFFERS,
    CARD_SYMBOL_UNKNOWN, CARD_TERM, DATE_IN_FUTURE, DATE_ORDER, Field, Finding, Findings, PASSPORT_EXPIRED,
    PASSPORT_MISSING,
};
use crate::domain::law::cards;
use crate::domain::mrz::{self, PartialDate, Zone};
use crate::domain::passport::Passport;
use crate::domain::residence::{CardKind, ResidenceCard};
use crate::domain::time::{format_date, years_after};

const PASSPORT_ISSUED: &str = "passport.issued_on";
const PASSPORT_EXPIRES: &str = "passport.expires_on";
const CARD_ISSUED: &str = "residence_card.issued_on";
const CARD_EXPIRES: &str = "residence_card.expires_on";

/// Looks at both documents on `today`.
pub(super) fn documents(application: &Application, today: Date, found: &mut Findings) {
    found.add_if(application.born_on > today, &DATE_IN_FUTURE, &["person.date_of_birth"]);
    if let Some(passport) = &application.passport {
        let term = (passport.issued_on, passport.expires_on);
        in_order(term, [PASSPORT_ISSUED, PASSPORT_EXPIRES], Some(application.born_on), today, found);
        if passport.expires_on < today {
            found.add(Finding::new(&PASSPORT_EXPIRED, [day(PASSPORT_EXPIRES, passport.expires_on)]));
        }
    } else {
        found.add_if(!may_have_no_passport(application), &PASSPORT_MISSING, &["passport"]);
    }
    if let Some(card) = &application.card {
        self::card(card, Some(application.born_on), today, found);
        against_passport(application, card, found);
    }
}

/// Looks at a residence card by itself; `born_on` is its holder's day of birth, if somebody typed it.
pub(super) fn card(card: &ResidenceCard, born_on: Option<Date>, today: Date, found: &mut Findings) {
    in_order((card.issued_on, card.expires_on), [CARD_ISSUED, CARD_EXPIRES], born_on, today, found);
    match &card.kind {
        CardKind::Temporary(_) => temporary(card, today, found),
        CardKind::Permanent => permanent(card, today, found),
    }
}

/// Looks at the last day of a passport as its zone tells it: for when nobody typed it.
pub(super) fn expiry(zone: &Zone, place: Place, today: Date, found: &mut Findings) {
    let last = zone.expiry(today).and_then(PartialDate::date).filter(|last| *last < today);
    let shown = last.map(|last| place.part("expires_on").showing(format_date(last)));
    found.add_all(shown.map(|shown| Finding::new(&PASSPORT_EXPIRED, [shown])));
}

/// Whether passport, zone or nationality are of Utopia, the practice country (Doc 9303-3 section 5, part G).
pub(super) fn is_practice(application: &Application) -> bool {
    let zone = application.passport.as_ref().map(|passport| &passport.zone);
    let passport = application.passport.as_ref().map(|passport| passport.issuing_state.clone());
    let read = zone.into_iter().flat_map(|zone| [zone.issuing_state(), zone.nationality()]).flatten();
    let typed = [Some(application.nationality.clone()), passport].into_iter().flatten();
    typed.chain(read).any(|state| state.is_practice())
}

/// A stateless holder of a permanent card may have no passport (DOMAIN 3.2).
fn may_have_no_passport(application: &Application) -> bool {
    let permanent = application.card.as_ref().is_some_and(|card| card.kind == CardKind::Permanent);
    permanent && application.nationality.is_stateless()
}

/// A field with a day in it.
fn day(path: &'static str, day: Date) -> Field {
    Field::typed(path).showing(format_date(day))
}

/// A document is issued in the holder's life, not in the future, and before it ends.
fn in_order(
    (issued, expires): (Date, Date),
    [issued_field, expires_field]: [&'static str; 2],
    born_on: Option<Date>,
    today: Date,
    found: &mut Findings,
) {
    if issued > today {
        found.add(Finding::new(&DATE_IN_FUTURE, [day(issued_field, issued)]));
    }
    if issued > expires || born_on.is_some_and(|born| issued < born) {
        found.add(Finding::new(&DATE_ORDER, [day(issued_field, issued), day(expires_field, expires)]));
    }
}

fn temporary(card: &ResidenceCard, today: Date, found: &mut Findings) {
    if card.expires_on < today {
        found.add(Finding::new(&CARD_EXPIRED, [day(CARD_EXPIRES, card.expires_on)]));
    }
    let CardKind::Temporary(symbol) = &card.kind else { return };
    match cards::symbol(symbol, card.issued_on) {
        None => {
            let field = Field::typed("residence_card.symbol").showing(symbol.as_str());
            found.add(Finding::new(&CARD_SYMBOL_UNKNOWN, [field, day(CARD_ISSUED, card.issued_on)]));
        }
        Some(known) => longer_than(known.years_max, card, found),
    }
}

fn permanent(card: &ResidenceCard, today: Date, found: &mut Findings) {
    if card.expires_on < today {
        found.add(Finding::new(&CARD_EXCHANGE_DUE, [day(CARD_EXPIRES, card.expires_on)]));
    }
    longer_than(Some(cards::EXCHANGE_YEARS), card, found);
}

/// A term of n years may be printed with the anniversary as its last day.
fn longer_than(years_max: Option<u8>, card: &ResidenceCard, found: &mut Findings) {
    let Some(years) = years_max else { return };
    let latest = years_after(card.issued_on, i32::from(years));
    if card.expires_on > latest {
        let fields = [day(CARD_EXPIRES, card.expires_on), day(CARD_ISSUED, card.issued_on)];
        found.add(Finding::new(&CARD_TERM, fields));
    }
}

fn against_passport(application: &Application, card: &ResidenceCard, found: &mut Findings) {
    let Some(passport) = &application.passport else { return };
    if let Some(printed) = card.passport_number.as_ref().filter(|printed| **printed != passport.number) {
        let fields = [
            Field::typed("residence_card.passport_number").showing(printed.as_str()),
            Field::typed("passport.number").showing(passport.number.as_str()),
        ];
        found.add(Finding::new(&CARD_PASSPORT_DIFFERS, fields));
    } else if outlasts(card, passport) {
        let fields = [day(CARD_EXPIRES, card.expires_on), day(PASSPORT_EXPIRES, passport.expires_on)];
        found.add(Finding::new(&CARD_OUTLASTS_PASSPORT, fields));
    }
    if card.name.as_ref().is_some_and(|name| !mrz::agree(name, &application.name).agrees()) {
        let fields = ["residence_card.family_name", "person.family_name"];
        found.add_if(true, &CARD_NAME_DIFFERS, &fields);
    }
}

/// Whether a temporary card ends later than it may beside this passport. A card issued before the passport was issued
/// against another one.
fn outlasts(card: &ResidenceCard, passport: &Passport) -> bool {
    matches!(card.kind, CardKind::Temporary(_))
        && card.issued_on >= passport.issued_on
        && card.expires_on > passport.expires_on.saturating_sub(cards::ENDS_BEFORE_PASSPORT)
}
