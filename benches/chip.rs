//! Passive authentication by each algorithm, beside the bare signatures that it contains in the same run: that over the
//! document and that over its signer's certificate. The revocation list was verified before, as it is once in the life of
//! a snapshot of trust.
//!
//! The table at the end sets one against the other, measured in turns: a signer that was not seen before may cost at most
//! 1.25 of the signatures, one that was at most 0.65 of that.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise, and says what it saw"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use eid::chip::certificate::Certificate;
use eid::chip::crl::Crl;
use eid::chip::files::GroupNumber;
use eid::chip::policy::Policy;
use eid::chip::scheme::Scheme;
use eid::chip::signed_data::SignedData;
use eid::chip::trust::Anchor;
use eid::chip::{ChipFiles, Mode, Trust, examine, sod};
use eid::domain::chip::{ChipReport, Genuineness};
use eid::domain::time::Timestamp;
use eid::practice::country::{Algorithm, Answering, Bearer, Bits, Chip, Country, Curve, Hash, Wish};
use time::Date;
use time::macros::date;

const TODAY: Date = date!(2026 - 11 - 21);
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
/// Turns of each kind that the table is made of.
const TURNS: usize = 60;

fn algorithms() -> Vec<Algorithm> {
    let curves = [
        (Curve::P256, Hash::Sha256),
        (Curve::P384, Hash::Sha384),
        (Curve::P521, Hash::Sha512),
        (Curve::BrainpoolP256r1, Hash::Sha256),
        (Curve::BrainpoolP384r1, Hash::Sha384),
        (Curve::BrainpoolP512r1, Hash::Sha512),
    ];
    let explicit = Algorithm::explicit(Curve::BrainpoolP256r1, Hash::Sha256);
    let curves = curves.into_iter().map(|(curve, hash)| Algorithm::named(curve, hash)).chain([explicit]);
    let sizes = [Bits::B2048, Bits::B3072, Bits::B4096];
    let pkcs1 = sizes.into_iter().map(|bits| Algorithm::Pkcs1 { bits, hash: Hash::Sha256 });
    let pss = [(Bits::B2048, 32), (Bits::B4096, 32), (Bits::B2048, 20)];
    let pss = pss.into_iter().map(|(bits, salt)| Algorithm::Pss { bits, hash: Hash::Sha256, salt });
    curves.chain(pkcs1).chain(pss).collect()
}

fn name(algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::Ecdsa { curve, parameters, hash } => format!("{curve:?} {parameters:?} {hash:?}"),
        Algorithm::Pkcs1 { bits, hash } => format!("RSA {bits:?} PKCS#1 {hash:?}"),
        Algorithm::Pss { bits, hash, salt } => format!("RSA {bits:?} PSS {hash:?} salt {salt}"),
    }
}

fn files(chip: &Chip) -> ChipFiles {
    let group =
        |(number, file): (u32, &[u8])| (GroupNumber::new(u8::try_from(number).unwrap()).unwrap(), file.to_vec());
    let groups: BTreeMap<_, _> = chip.groups().into_iter().map(group).collect();
    ChipFiles::new(chip.sod.clone(), groups, Some(chip.com.clone()), None).unwrap()
}

/// One algorithm: a chip, the chip of another signer, who is trusted, and the signatures in the first.
struct Case {
    name: String,
    chip: ChipFiles,
    other: ChipFiles,
    csca: Certificate,
    crl: Crl,
    signer: Certificate,
    scheme: Scheme,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    fn new(algorithm: Algorithm) -> Self {
        let country = Country::new(0, algorithm);
        let bearer = Bearer { name: Some(("Eriksson", "Anna Maria")), ..Bearer::with_zone(ZONE) };
        let chip = country.chip(&bearer, Answering::Never);
        let other = country.chip_by(&country.signer(Wish::Revoked), &bearer, Answering::Never);
        let der = sod::unwrap(&chip.sod).unwrap();
        let message = SignedData::read(&der).unwrap();
        let signer = message.signers.first().unwrap();
        Self {
            name: name(algorithm),
            csca: Certificate::from_der(country.csca()).unwrap(),
            crl: Crl::from_der(&country.crl_in_force(TODAY)).unwrap(),
            signer: Certificate::from_der(message.certificates.first().unwrap()).unwrap(),
            scheme: Scheme::read(signer.algorithm, signer.digest).unwrap(),
            signed: signer.signed_bytes().unwrap(),
            signature: signer.signature.to_vec(),
            chip: files(&chip),
            other: files(&other),
        }
    }

    fn examine(chip: &ChipFiles, trust: &Trust) -> ChipReport {
        examine(black_box(chip), trust, &Policy::default(), Mode::default(), Timestamp::start_of(TODAY))
    }

    /// A snapshot that never saw the chip's signer, and whose revocation list is verified.
    fn fresh(&self) -> Trust {
        let anchor = Anchor { certificate: self.csca.clone(), practice: false };
        let trust = Trust::new([anchor], [self.crl.clone()], []);
        Self::examine(&self.other, &trust);
        trust
    }

    fn whole(&self, trust: &Trust) {
        assert_eq!(Self::examine(&self.chip, trust).data, Genuineness::Genuine);
    }

    /// The signatures, and nothing else.
    fn bare(&self) {
        self.signer.key().unwrap().verify(&self.scheme, black_box(&self.signed), &self.signature).unwrap();
        self.signer.verify_signed_by(self.csca.key().unwrap()).unwrap();
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

/// Turn by turn, so that what else the machine does hits all alike.
fn table(cases: &[Case]) {
    println!(
        "\n{:<42}{:>12}{:>12}{:>8}{:>12}{:>8}",
        "microseconds", "signatures", "new signer", "ratio", "known", "ratio"
    );
    for case in cases {
        let (mut bare, mut new, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let trust = case.fresh();
            bare.push(timed(|| case.bare()));
            new.push(timed(|| case.whole(&trust)));
            known.push(timed(|| case.whole(&trust)));
        }
        let [bare, new, known] = [bare, new, known].map(median);
        println!("{:<42}{bare:>12.0}{new:>12.0}{:>8.2}{known:>12.0}{:>8.2}", case.name, new / bare, known / new);
    }
    println!("Goals: a new signer at most 1.25 of its signatures, a known one at most 0.65 of a new one.");
}

fn chips(c: &mut Criterion, cases: &[Case]) {
    for case in cases {
        let mut group = c.benchmark_group(&case.name);
        group.bench_function("signatures", |b| b.iter(|| case.bare()));
        group.bench_function("new signer", |b| {
            b.iter_batched(|| case.fresh(), |trust| case.whole(&trust), BatchSize::SmallInput);
        });
        let trust = case.fresh();
        case.whole(&trust);
        group.bench_function("known signer", |b| b.iter(|| case.whole(&trust)));
        group.finish();
    }
}

fn main() {
    let cases: Vec<_> = algorithms().into_iter().map(Case::new).collect();
    let second = Duration::from_secs(1);
    let mut criterion =
        Criterion::default().sample_size(10).warm_up_time(second / 2).measurement_time(second).configure_from_args();
    chips(&mut criterion, &cases);
    criterion.final_summary();
    table(&cases);
}
