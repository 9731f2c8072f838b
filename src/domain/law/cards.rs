//! Residence cards: symbols, longest terms, and how a term stands to the passport's.

use time::macros::date;
use time::{Date, Duration};

use super::Item;
use crate::domain::residence::CardSymbol;

/// See [`SYMBOLS`].
pub const ITEM: Item =
    Item { name: "cards::SYMBOLS", basis: "Law 47/2014 art. 36–38; Law 118/2025", domain: "DOMAIN 3.1" };

/// A symbol under which temporary residence cards are issued, in plain letters.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    /// `LD2` for LĐ2.
    pub symbol: &'static str,
    /// First day on which cards are issued under it.
    pub from: Date,
    /// First day on which they no longer are.
    pub until: Option<Date>,
    /// Longest term in years; `None` where no text that was read gives one.
    pub years_max: Option<u8>,
}

/// Law 47/2014 came into force.
const LAW_47: Date = date!(2015 - 01 - 01);
/// Law 51/2019 did, which divided ĐT and LĐ.
const LAW_51: Date = date!(2020 - 07 - 01);
/// Law 118/2025 did.
const LAW_118: Date = date!(2026 - 07 - 01);

const fn issued(symbol: &'static str, from: Date, years_max: u8) -> Symbol {
    Symbol { symbol, from, until: None, years_max: Some(years_max) }
}

/// Symbols with their longest terms, as they changed by law. A symbol that is missing here, or that was not in use when
/// the card was issued, is noted, not refused: the list grows by law.
pub const SYMBOLS: &[Symbol] = &[
    issued("NG3", LAW_47, 5),
    issued("LV1", LAW_47, 5),
    issued("LV2", LAW_47, 5),
    issued("LS", LAW_47, 5),
    Symbol { until: Some(LAW_51), ..issued("DT", LAW_47, 5) },
    issued("DT1", LAW_51, 10),
    issued("DT2", LAW_51, 5),
    issued("DT3", LAW_51, 3),
    issued("NN1", LAW_47, 3),
    issued("NN2", LAW_47, 3),
    issued("DH", LAW_47, 5),
    issued("PV1", LAW_47, 2),
    Symbol { until: Some(LAW_51), ..issued("LD", LAW_47, 2) },
    issued("LD1", LAW_51, 2),
    issued("LD2", LAW_51, 2),
    issued("TT", LAW_47, 3),
    Symbol { symbol: "UD1", from: LAW_118, until: None, years_max: None },
    Symbol { symbol: "UD2", from: LAW_118, until: None, years_max: None },
];

/// What is known of `symbol` for a card issued on `day`.
pub fn symbol(symbol: &CardSymbol, day: Date) -> Option<&'static Symbol> {
    let in_use = |known: &&Symbol| known.from <= day && known.until.is_none_or(|until| day < until);
    SYMBOLS.iter().filter(|known| known.symbol == symbol.as_str()).find(in_use)
}

/// See [`EXCHANGE_YEARS`].
pub const EXCHANGE_ITEM: Item =
    Item { name: "cards::EXCHANGE_YEARS", basis: "Law 47/2014 art. 43", domain: "DOMAIN 3.2" };

/// Years after which a permanent card is exchanged. The right to reside does not end with the card. Law 47/2014 art. 43.
pub const EXCHANGE_YEARS: u8 = 10;

/// See [`ENDS_BEFORE_PASSPORT`].
pub const PASSPORT_ITEM: Item =
    Item { name: "cards::ENDS_BEFORE_PASSPORT", basis: "Law 47/2014 art. 38.1", domain: "DOMAIN 3.1" };

/// How much sooner than the passport against which it was issued a temporary card ends. A rule for issuing the card: it
/// says nothing once the passport has been replaced. Law 47/2014 art. 38.1.
pub const ENDS_BEFORE_PASSPORT: Duration = Duration::days(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, day: Date) -> Option<&'static Symbol> {
        symbol(&CardSymbol::parse(text).unwrap(), day)
    }

    #[test]
    fn symbols_of_the_list_are_known_and_visa_symbols_are_not() {
        let today = date!(2026 - 11 - 21);
        assert!(SYMBOLS.iter().filter(|s| s.until.is_none()).all(|s| known(s.symbol, today).is_some()));
        assert!(["DL", "EV", "DT4", "VR"].iter().all(|s| known(s, today).is_none()));
    }

    #[test]
    fn a_symbol_is_known_on_the_days_on_which_cards_are_issued_under_it() {
        assert!(known("ĐT", date!(2020 - 06 - 30)).is_some() && known("ĐT", date!(2020 - 07 - 01)).is_none());
        assert!(known("ĐT1", date!(2020 - 06 - 30)).is_none() && known("ĐT1", date!(2020 - 07 - 01)).is_some());
        assert!(known("UĐ1", date!(2026 - 06 - 30)).is_none());
        assert_eq!(known("UĐ1", date!(2026 - 07 - 01)).unwrap().years_max, None, "no ceiling was found");
        assert_eq!(known("ĐT1", date!(2021 - 01 - 01)).unwrap().years_max, Some(10));
    }
}
