//! A check without a chip: read from the message, look up what others hold, apply the rules. The rules are to take at most
//! 100 microseconds; the look-ups ask SQLite and are reported beside them.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eid::app::{Officer, Registry};
use eid::domain::check::{Known, examine};
use eid::domain::ids::StaffId;
use eid::domain::staff::OfficeCode;
use eid::domain::time::Timestamp;
use eid::grpc::read_check;
use eid::practice::Generator;
use eid::proto as pb;
use eid::sys::Dice;
use prost::Message as _;
use time::macros::date;

/// Applicants in turn: adults, children with a representative, permanent and temporary cards.
const APPLICANTS: usize = 64;

fn now() -> Timestamp {
    Timestamp::start_of(date!(2026 - 11 - 21))
}

fn messages() -> Vec<Vec<u8>> {
    let mut people = Generator::new(1, now());
    let check = |application| pb::CheckRequest { application: Some(application), ..pb::CheckRequest::default() };
    (0..APPLICANTS).map(|_| check(people.applicant().application).encode_to_vec()).collect()
}

fn checks(c: &mut Criterion) {
    let messages = messages();
    let read = |bytes: &Vec<u8>| read_check(&pb::CheckRequest::decode(black_box(bytes.as_slice())).unwrap()).unwrap();
    let intakes: Vec<_> = messages.iter().map(read).collect();
    let (mut bytes, mut intake) = (messages.iter().cycle(), intakes.iter().cycle());
    let mut group = c.benchmark_group("check");
    group.bench_function("read the message", |b| b.iter(|| read(bytes.next().unwrap())));
    group.bench_function("apply the rules", |b| {
        b.iter(|| {
            let intake = intake.next().unwrap();
            examine(&intake.application, Some(&intake.captures), &Known::default(), now())
        });
    });
    group.bench_function("both", |b| {
        b.iter(|| {
            let intake = read(bytes.next().unwrap());
            examine(&intake.application, Some(&intake.captures), &Known::default(), now())
        });
    });
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(support::app(folder.path(), Registry::Table, now()));
    let officer =
        Officer { id: StaffId::new(app_id()), office: OfficeCode::parse("79-01").unwrap(), on: now().local_date() };
    group.bench_function("all, with look-ups on SQLite", |b| {
        b.iter(|| runtime.block_on(app.check(&officer, &read(bytes.next().unwrap()))).unwrap());
    });
    group.finish();
}

fn app_id() -> uuid::Uuid {
    Dice::seeded(2).id(now())
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = checks
}
criterion_main!(benches);
