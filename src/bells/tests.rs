//! Bells against a real `redis-server`, where one is given.

use super::*;

#[tokio::test]
async fn alone_nothing_rings_and_nobody_waits() {
    let bells = Bells::Alone;
    for bell in Bell::ALL {
        bells.ring(bell);
    }
    let kept = futures::FutureExt::now_or_never(bells.keep(|bell| panic!("{bell:?} rang")));
    assert!(kept.is_none(), "it is kept for as long as it is awaited");
}

#[test]
fn an_address_that_cannot_be_read_is_refused_without_being_told() {
    let refused = Bells::redis("redis://:secret@", "eid", &Dice::seeded(1)).err().map(|error| error.to_string());
    assert!(refused.is_some_and(|text| !text.contains("secret")));
}

#[test]
fn each_bell_has_a_bit_and_a_name_of_its_own() {
    let [one, other] = Bell::ALL;
    assert_eq!(one.bit() & other.bit(), 0);
    assert_ne!(one.name(), other.name());
}
