//! Bad input: whatever the bytes, every parser returns, and takes no more memory than its input and its bounds account
//! for. `fuzz/` holds the same properties against libFuzzer.
//!
//! Work is counted in allocations, not in time, so that a busy machine changes nothing. Faults are drawn from fixed seeds.

#![cfg(test)]

mod bombs;
mod mutation;
mod property;
mod seeds;

use std::fs;
use std::path::PathBuf;

use allocation_counter::{AllocationInfo, measure};

use mutation::{Faults, hard};
use property::{ALL, Property};
use seeds::Seeds;

/// Bytes allocated at one time: so many for each byte of input, and so many beside.
const AT_ONCE: (u64, u64) = (64, 256 << 10);
/// Bytes allocated in all, as a measure of work.
const IN_ALL: (u64, u64) = (64, 8 << 20);
/// Faulty copies of all seeds of a property.
const COPIES: usize = 600;

/// Feeds `input` to a property and holds what it took against its bounds.
fn feed((name, holds): Property, input: &[u8]) -> AllocationInfo {
    let taken = measure(|| holds(input));
    let len = input.len() as u64;
    let within = |taken: u64, (each, beside): (u64, u64)| taken <= each * len + beside;
    assert!(within(taken.bytes_max, AT_ONCE), "{name}: {} bytes at once for an input of {len}", taken.bytes_max);
    assert!(within(taken.bytes_total, IN_ALL), "{name}: {} bytes in all for an input of {len}", taken.bytes_total);
    taken
}

fn all(inputs: impl Fn(&str) -> Vec<Vec<u8>>) {
    let mut ran = 0;
    for property in ALL {
        let inputs = inputs(property.0);
        let taken: Vec<_> = inputs.iter().map(|input| feed(property, input)).collect();
        ran += taken.len();
        let most = |of: fn(&AllocationInfo) -> u64| taken.iter().map(of).max().unwrap_or(0);
        println!("{}: at most {} bytes at once, {} in all", property.0, most(|t| t.bytes_max), most(|t| t.bytes_total));
    }
    println!("Ran {ran} inputs.");
}

#[test]
fn documents_in_order_hold_every_property() {
    let seeds = Seeds::new();
    all(|name| seeds.of(name));
}

#[test]
fn documents_with_any_fault_hold_every_property() {
    let seeds = Seeds::new();
    all(|name| {
        let (good, mut faults) = (seeds.of(name), Faults::new(1));
        let copies = good.iter().cycle().take(COPIES);
        copies.map(|good| faults.in_copy_of(good)).collect()
    });
}

#[test]
fn what_breaks_off_anywhere_holds_every_property() {
    let seeds = Seeds::new();
    all(|name| {
        let good = seeds.of(name);
        let shortest = good.iter().min_by_key(|seed| seed.len()).unwrap();
        let step = shortest.len().div_ceil(200);
        (0..shortest.len()).step_by(step).map(|len| shortest[..len].to_vec()).collect()
    });
}

#[test]
fn hard_inputs_hold_every_property() {
    all(|_| hard());
}

#[test]
fn a_corpus_is_written_where_one_is_asked_for() {
    #[expect(clippy::disallowed_methods, reason = "scripts/fuzz asks these tests alone")]
    let asked = |name| std::env::var(name).ok().filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let Some(corpus) = asked("EID_CORPUS") else { return };
    let (seeds, vectors) = (Seeds::new(), asked("EID_VECTORS"));
    for (name, _) in ALL {
        let folder = corpus.join(name);
        fs::create_dir_all(&folder).unwrap();
        let published = vectors.iter().flat_map(|vectors| seeds::published(vectors, name));
        for (number, seed) in seeds.of(name).into_iter().chain(published).enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
}
