//! Zones a second: the whole reading with every check, beside the crate `mrz` parsing the same lines in the same run.
//!
//! The whole reading is shape, format, check digits, codes, dates, characters, the comparison with an application and that
//! of the name. A zone that must be repaired is a case of its own: that is the slowest.

#![expect(clippy::expect_used, reason = "a bench whose specimen does not read has nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eid::domain::application::{Application, Language};
use eid::domain::check::zone::{Place, against_typed, by_itself};
use eid::domain::contact::Phone;
use eid::domain::mrz::Zone;
use eid::domain::passport::{DocumentNumber, Passport};
use eid::domain::person::{FullName, NamePart, Sex, StateCode};
use eid::domain::residence::{CardKind, ResidenceCard, Stay};
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2011 - 06 - 01);
const PASSPORT: [&str; 2] =
    ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];
const CARD: [&str; 3] =
    ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"];
/// Every cell that may hold either is a look-alike, so that each pair of them is tried.
const MISREAD: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nO1SZB0I589UTO7408122F1204159OI5ZB81S0OIZ5S99";

fn application() -> Application {
    let number = || DocumentNumber::parse("L898902C3").expect("a number");
    let state = || StateCode::parse("UTO").expect("a code");
    let name = FullName::new(NamePart::parse("Eriksson").ok(), NamePart::parse("Anna Maria").ok());
    Application {
        name: name.expect("a name"),
        born_on: date!(1974 - 08 - 12),
        sex: Sex::Female,
        nationality: state(),
        passport: Some(Passport {
            number: number(),
            issuing_state: state(),
            issued_on: date!(2007 - 04 - 16),
            expires_on: date!(2012 - 04 - 15),
            zone: Zone::parse(&PASSPORT.join("\n")).expect("a zone"),
        }),
        card: Some(ResidenceCard {
            kind: CardKind::Permanent,
            number: number(),
            issued_on: date!(2010 - 01 - 01),
            expires_on: date!(2011 - 12 - 31),
            passport_number: None,
            name: None,
        }),
        stay: Stay::default(),
        phone: Phone::parse("0912345678").expect("a number"),
        email: None,
        consents: Vec::new(),
        representative: None,
        language: Language::En,
    }
}

/// Reads and checks a zone; how many findings there are.
fn whole(application: &Application, text: &str) -> usize {
    let zone = Zone::parse(text).expect("a zone");
    by_itself(&zone, Place::Page, TODAY).len() + against_typed(application, &zone, Place::Page, TODAY).len()
}

fn zones(criterion: &mut Criterion) {
    let (application, passport, card) = (application(), PASSPORT.join("\n"), CARD.join("\n"));
    assert_eq!(whole(&application, &passport), 0, "the specimen has no findings");
    let mut group = criterion.benchmark_group("mrz");
    group.throughput(Throughput::Elements(1));
    group.bench_function("crate, passport", |b| b.iter(|| mrz::parse_td3(black_box(PASSPORT[0]), PASSPORT[1])));
    group.bench_function("reading, passport", |b| {
        b.iter(|| Zone::parse(black_box(&passport)).map(|zone| zone.wrong_digits().len()));
    });
    group.bench_function("reading and all checks, passport", |b| b.iter(|| whole(&application, black_box(&passport))));
    group.bench_function("crate, card", |b| b.iter(|| mrz::parse_td1(black_box(CARD[0]), CARD[1], CARD[2])));
    group.bench_function("reading and all checks, card", |b| b.iter(|| whole(&application, black_box(&card))));
    group.bench_function("reading and all checks, misread", |b| b.iter(|| whole(&application, black_box(MISREAD))));
    group.finish();
}

criterion_group!(benches, zones);
criterion_main!(benches);
