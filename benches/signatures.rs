//! The bare check of a signature, by each algorithm that passports use: what every other figure about chips is held against.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eid::chip::hash::Hash;
use eid::chip::key::PublicKey;
use eid::chip::scheme::Scheme;

const MESSAGE: &[u8] = b"A passport is signed once and checked often.";

/// A signature that holds, and what it is called.
struct Case {
    name: String,
    key: PublicKey,
    spki: Vec<u8>,
    scheme: Scheme,
    signature: Vec<u8>,
}

fn hash(name: &str) -> Option<Hash> {
    Hash::ALL.into_iter().find(|hash| hash.name() == name)
}

/// A line of `tests/data/signatures.tsv`; `None` for what is there to be refused.
fn read(line: &str) -> Option<Case> {
    let [key, kind, digest, mask, salt, spki, signature] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let hash_of = hash(digest)?;
    let scheme = match kind {
        "ecdsa" => Scheme::Ecdsa(hash_of),
        "pkcs1" => Scheme::RsaPkcs1(hash_of),
        "pss" => Scheme::RsaPss { hash: hash_of, mgf: hash(mask)?, salt_len: salt.parse().ok()? },
        _ => return None,
    };
    let spki = hex::decode(spki).ok()?;
    let salt = if kind == "pss" { format!(" salt {salt}") } else { String::new() };
    Some(Case {
        name: format!("{key} {kind} {digest}{salt}"),
        key: PublicKey::from_spki(&spki).ok()?,
        spki,
        scheme,
        signature: hex::decode(signature).ok()?,
    })
}

fn signatures(criterion: &mut Criterion) {
    let mut cases: Vec<Case> = include_str!("../tests/data/signatures.tsv").lines().filter_map(read).collect();
    cases.dedup_by(|a, b| a.name == b.name);
    let mut group = criterion.benchmark_group("verify");
    for case in &cases {
        group.bench_function(&case.name, |bencher| {
            bencher.iter(|| case.key.verify(&case.scheme, black_box(MESSAGE), &case.signature).unwrap());
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("read key");
    for case in cases.iter().filter(|case| case.scheme.hash() == Hash::Sha256) {
        group.bench_function(&case.name, |bencher| {
            bencher.iter(|| PublicKey::from_spki(black_box(&case.spki)).unwrap().algorithm());
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = signatures
}
criterion_main!(benches);
