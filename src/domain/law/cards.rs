//! Symbols under which temporary residence cards are issued.

use super::Item;
use crate::domain::residence::CardSymbol;

/// See [`SYMBOLS`].
pub const ITEM: Item =
    Item { name: "cards::SYMBOLS", basis: "Law 47/2014 art. 36–38; Law 118/2025", domain: "DOMAIN 3.1" };

/// Symbols in plain letters. A list that grows by law: a symbol that is missing here is noted, not refused.
pub const SYMBOLS: &[&str] =
    &["NG3", "LV1", "LV2", "LS", "DT1", "DT2", "DT3", "NN1", "NN2", "DH", "PV1", "LD1", "LD2", "TT", "UD1", "UD2"];

/// Whether cards are known to be issued under `symbol`.
pub fn is_known(symbol: &CardSymbol) -> bool {
    SYMBOLS.contains(&symbol.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_the_list_are_known_and_visa_symbols_are_not() {
        assert!(SYMBOLS.iter().all(|s| CardSymbol::parse(s).is_ok_and(|s| is_known(&s))));
        assert!(["DL", "EV", "DT4", "VR"].iter().all(|s| CardSymbol::parse(s).is_ok_and(|s| !is_known(&s))));
    }
}
