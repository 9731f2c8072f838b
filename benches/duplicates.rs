//! The rules for duplicates on a population of 20,000 persons with known truth: what they find, what they refer, how many
//! requests they open, and what that costs, first by themselves and then through the whole service on SQLite.
//!
//! Prints tables for `docs/duplicates.md`. The weights were set on seeds 1 to 8; these are other ones.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark stops at the first surprise")]

mod support;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use eid::app::{Intake, Registry, Submitted};
use eid::domain::capture::Captures;
use eid::domain::duplicate::Profile;
use eid::domain::finding::DUPLICATE_LIKELY;
use eid::domain::ids::{EnrolmentId, RequestId};
use eid::domain::staff::{CertificateName, OfficeCode, Post, Role};
use eid::domain::time::Timestamp;
use eid::practice::population::{Measured, Population, measure};
use eid::receipt::PlainDigest;
use eid::sys::Dice;
use eid::vault::{KeyRing, Vault};
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2026 - 11 - 21);
const PERSONS: usize = 20_000;
/// Seeds of the published figures: none of those on which the weights were set.
const SEEDS: [u64; 5] = [2_026, 2_027, 2_028, 2_029, 2_030];

fn main() {
    // As a test, that it runs is all that matters.
    let persons = if std::env::args().any(|argument| argument == "--bench") { PERSONS } else { 500 };
    println!(
        "| seed | requests | duplicates | found | recall | referrals per 100 | precision | opened mean, p99, max | exact |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut measured: Vec<Measured> = Vec::new();
    for seed in SEEDS {
        let one = measure(&Population::draw(seed, persons, TODAY));
        row(&seed.to_string(), &one);
        measured.push(one);
    }
    by_kind(&measured);
    println!();
    arithmetic(&Population::draw(SEEDS[0], persons.min(2_000), TODAY));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(service(&Population::draw(SEEDS[0], persons, TODAY)));
}

fn row(name: &str, one: &Measured) {
    println!(
        "| {name} | {} | {} | {} | {:.4} | {:.2} | {:.3} | {:.2}, {}, {} | {} |",
        one.requests,
        one.duplicates,
        one.found,
        one.recall(),
        one.referred_per_100(),
        one.precision(),
        one.opened_mean(),
        one.opened_at(99),
        one.opened_at(100),
        one.exact,
    );
}

fn by_kind(measured: &[Measured]) {
    println!("\n| how they come again | of | found |\n|---|---|---|");
    let mut variants = std::collections::BTreeMap::new();
    let mut guards = std::collections::BTreeMap::new();
    for one in measured {
        for (variant, (of, found)) in &one.variants {
            let sum: &mut (usize, usize) = variants.entry(format!("{variant:?}")).or_default();
            *sum = (sum.0 + of, sum.1 + found);
        }
        for (guard, (of, referred)) in &one.guards {
            let sum: &mut (usize, usize) = guards.entry(format!("{guard:?}")).or_default();
            *sum = (sum.0 + of, sum.1 + referred);
        }
    }
    for (name, (of, found)) in &variants {
        println!("| {name} | {of} | {found} |");
    }
    println!("\n| who only looks like another | of | referred |\n|---|---|---|");
    for (name, (of, referred)) in &guards {
        println!("| {name} | {of} | {referred} |");
    }
}

/// What the rules cost by themselves: the keys of a request with their hashes, and one comparison.
fn arithmetic(population: &Population) {
    let vault = Vault::new(&KeyRing::generate(&Dice::seeded(1)), Dice::seeded(2)).unwrap();
    let (begun, mut keys) = (Instant::now(), 0);
    let profiles: Vec<_> = population.arrivals.iter().map(|arrival| Profile::of(&arrival.application)).collect();
    for profile in &profiles {
        for key in profile.keys() {
            std::hint::black_box(vault.blocking_key(&key));
            keys += 1;
        }
    }
    let each = begun.elapsed() / u32::try_from(profiles.len()).unwrap();
    let (begun, mut likely) = (Instant::now(), 0);
    for pair in profiles.windows(2) {
        likely += usize::from(std::hint::black_box(&pair[0]).compare(&pair[1]).is_likely());
    }
    let compared = begun.elapsed() / u32::try_from(profiles.len()).unwrap();
    println!(
        "keys of one request: {} on average, in {each:?}; a comparison: {compared:?} ({likely} likely)",
        keys / profiles.len()
    );
}

/// Every request through the service, in the order of arrival.
async fn service(population: &Population) {
    let folder = tempfile::tempdir().unwrap();
    let app = support::app(folder.path(), Registry::None, now()).await;
    let certificate = CertificateName { issuer: "CN=bench".to_owned(), uri: "urn:eid:bench:officer".to_owned() };
    let post = Post::new(Role::Officer, Some(OfficeCode::parse("79-01").unwrap())).unwrap();
    app.adopt_shipped().await.unwrap();
    app.register_staff(certificate.clone(), post).await.unwrap().unwrap();
    let by = app.caller(&certificate).await.unwrap().unwrap();
    let officer = by.officer().unwrap();
    let (mut people, mut checks, mut submits) = (HashMap::<EnrolmentId, usize>::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let (mut twice, mut found, mut referred, mut refused, mut ineligible) = (0, 0, 0, 0, 0);
    for (at, arrival) in population.arrivals.iter().enumerate() {
        let intake = Intake {
            application: arrival.application.clone(),
            chip: None,
            captures: Captures::default(),
            submitted: PlainDigest::of(&at.to_be_bytes()),
            provenance: None,
        };
        let begun = Instant::now();
        app.check(&officer, &intake).await.unwrap();
        checks.push(begun.elapsed());
        let name = RequestId::new(Dice::seeded(at as u64).id(now()));
        let repeat = app.repeat(name, "bench", &at.to_be_bytes());
        let begun = Instant::now();
        let enrolment = match app.submit(&by, &officer, &repeat, &intake).await.unwrap() {
            Submitted::Accepted(enrolment, _) => enrolment,
            Submitted::NotAccepted(findings) => {
                let in_use = findings.iter().any(|finding| finding.rule.id.ends_with(".in-use"));
                // Others are children, of whom the population draws no representatives.
                (refused, ineligible) = (refused + usize::from(in_use), ineligible + usize::from(!in_use));
                continue;
            }
        };
        submits.push(begun.elapsed());
        twice += usize::from(!seen.insert(arrival.person));
        if enrolment.notes.iter().any(|note| *note.rule == DUPLICATE_LIKELY) {
            referred += 1;
            let shown = app.compare_candidates(&by, &officer, enrolment.id).await.unwrap().candidates;
            found += usize::from(shown.iter().any(|one| people.get(&one.enrolment.id) == Some(&arrival.person)));
        }
        people.insert(enrolment.id, arrival.person);
    }
    println!(
        "through the service: {} requests, {twice} of persons who have one, {found} found, {referred} referred, {refused} refused as in use, \
         {ineligible} of children without a representative",
        population.arrivals.len()
    );
    for (what, mut times) in [("Check", checks), ("Submit", submits)] {
        times.sort_unstable();
        let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap();
        println!("{what}: mean {mean:?}, median {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100]);
    }
    app.store().clone().close().await;
}

fn now() -> Timestamp {
    Timestamp::start_of(TODAY).plus(Duration::from_hours(12))
}
