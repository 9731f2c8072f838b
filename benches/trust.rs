//! The load of the trust store at start: four master lists of about 500 entries each, 792 different authorities in all, as
//! the four that states published (`EID_VECTORS` names a folder with those; without one, practice authorities stand in).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop where it stands")]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use eid::chip::master_list::{Entries, MasterList};
use eid::chip::trust::{Anchor, Trust};
use eid::practice::country::{Algorithm, Country};
use ring::digest::{SHA256, digest};

const PUBLISHED: [&str; 4] =
    ["DE_ML_2024-08-07.ml", "DE_ML_2026-05-28.ml", "NL_ML_2026-07-22.ml", "ICAO_ml_2023-09.ml"];
/// Where each practice list begins and ends among 792 authorities.
const PRACTICE: [(usize, usize); 4] = [(0, 541), (100, 688), (300, 711), (398, 792)];

fn lists() -> Vec<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "where the published lists are is told to this program alone")]
    let folder = std::env::var("EID_VECTORS").ok().map(PathBuf::from);
    if let Some(folder) = folder {
        let read = |name| std::fs::read(folder.join("masterlists").join(name)).unwrap();
        return PUBLISHED.map(read).to_vec();
    }
    let country = Country::of_practice();
    let all: Vec<_> = (0..792).map(|seed| Country::new(seed, Algorithm::USUAL).csca().to_vec()).collect();
    PRACTICE.map(|(from, to)| country.master_list(&all[from..to])).to_vec()
}

/// What happens to the files between the database and the first check.
fn load(lists: &[Vec<u8>]) -> Trust {
    let mut anchors = Vec::new();
    for list in lists {
        black_box(digest(&SHA256, list));
        anchors.extend(Entries::read(list).unwrap().certificates);
    }
    let mut seen = std::collections::HashSet::new();
    anchors.retain(|certificate| seen.insert(certificate.fingerprint()));
    assert_eq!(anchors.len(), 792);
    let anchors = anchors.into_iter().map(|certificate| Anchor { certificate, practice: false });
    Trust::new(anchors, [], [])
}

fn trust(c: &mut Criterion) {
    let lists = lists();
    c.bench_function("trust/load four lists, 792 authorities", |b| b.iter(|| load(&lists)));
    c.bench_function("trust/examine one list with its signature", |b| {
        b.iter(|| MasterList::read(black_box(&lists[1])).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = trust
}
criterion_main!(benches);
