//! Documents in order, and in disorder of a known kind, from which the tests make others: all of the practice country.

use std::fs;
use std::path::Path;

use eid::chip::ber::{self, Bounds};
use eid::chip::certificate::Certificate;
use eid::chip::signed_data::SignedData;
use eid::chip::sod;
use eid::domain::time::Timestamp;
use eid::practice::country::{Algorithm, Answering, Bearer, Bits, Chip, Country, Curve, Flaw, Hash, Portrait, Wish};
use eid::practice::{Generator, Known};
use eid::proto as pb;

use crate::property::{ANSWER, CHALLENGE, COM, SOD, TODAY, pack};

/// Zones of every format, one of each with what is rare: letters in numbers, a number over nine, unknown dates.
const ZONES: [&str; 8] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
    "I<UTOSTEVENSON<<PETER<<<<<<<<<<<<<<<\nD231458907UTO3407127M9507122<<<<<<<2",
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
    "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nO1SZB0I589D<<74<<<<2<1204159OI5ZB81S0OIZ5S99",
    "P<VNMNGUYEN<<THI<ANH<TUYET<<<<<<<<<<<<<<<<<<\nC12345678VNM00<<<<2F99<<<<2<<<<<<<<<<<<<<<00",
];

/// Algorithms that differ in how keys and signatures are written.
fn algorithms() -> [Algorithm; 5] {
    [
        Algorithm::USUAL,
        Algorithm::explicit(Curve::BrainpoolP512r1, Hash::Sha512),
        Algorithm::named(Curve::P521, Hash::Sha512),
        Algorithm::Pkcs1 { bits: Bits::B2048, hash: Hash::Sha256 },
        Algorithm::Pss { bits: Bits::B2048, hash: Hash::Sha256, salt: 20 },
    ]
}

fn bearer() -> Bearer<'static> {
    Bearer {
        name: Some(("Eriksson", "Anna Maria")),
        born: Some("19740812"),
        issued: Some("20240101"),
        ..Bearer::with_zone(ZONES[0])
    }
}

/// Seeds of every property.
pub struct Seeds {
    chips: Vec<Chip>,
    certificates: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    master_lists: Vec<Vec<u8>>,
}

impl Seeds {
    pub fn new() -> Self {
        let countries = algorithms().map(|algorithm| Country::new(0, algorithm));
        let usual = &countries[0];
        let mut chips: Vec<_> =
            countries.iter().map(|country| country.chip(&bearer(), Answering::Ecdsa(Hash::Sha256))).collect();
        let jpeg2000 = Bearer { portrait: Portrait::Jpeg2000, ..bearer() };
        chips.push(usual.chip(&jpeg2000, Answering::Rsa(Hash::Sha256)));
        let flawed = [Flaw::IndefiniteLengths, Flaw::TwoSigners, Flaw::LdsVersion1, Flaw::TenThousandHashes];
        chips.extend(
            flawed.map(|flaw| usual.present(&bearer(), Answering::Ecdsa(Hash::Sha384), Some(flaw), TODAY).chip),
        );
        let renewed = usual.renewed();
        let mut certificates: Vec<_> = countries.iter().map(|country| country.csca().to_vec()).collect();
        certificates.push(usual.link_to(&renewed));
        let list = |serials: u32| {
            let serials: Vec<_> = (1..=serials).map(|serial| serial.to_be_bytes().to_vec()).collect();
            usual.crl(&serials, TODAY, TODAY + time::Duration::days(60))
        };
        let lists = vec![list(0), usual.crl_in_force(TODAY), list(100)];
        let master_lists = vec![usual.master_list(&certificates), usual.master_list(&[])];
        certificates.push(usual.signer(Wish::MasterList).certificate);
        Self { chips, certificates, lists, master_lists }
    }

    /// What a property is fed with, to begin with.
    pub fn of(&self, property: &str) -> Vec<Vec<u8>> {
        let chips = |file: fn(&Chip) -> Option<Vec<u8>>| self.chips.iter().filter_map(file).collect();
        match property {
            "zone" => ZONES.map(|zone| zone.as_bytes().to_vec()).to_vec(),
            "names" => names(),
            "records" => records(),
            "request" => requests(),
            "deviations" => vec![deviations()],
            "chip" => self.chips.iter().map(set).collect(),
            "active" => self.chips.iter().map(answer).collect(),
            "certificate" => self.certificates(),
            "signature" => self.certificates().iter().filter_map(|der| signed(der)).collect(),
            "crl" => self.lists.clone(),
            "master_list" => self.master_lists.clone(),
            "sod" | "ber" => chips(|chip| Some(chip.sod.clone())),
            "security_object" => self.chips.iter().filter_map(|chip| content(&chip.sod)).collect(),
            "com" => chips(|chip| Some(chip.com.clone())),
            "face" => self.chips.iter().filter_map(|chip| image(&chip.dg2)).collect(),
            "fingerprint" => fingerprints(),
            "dg1" => chips(|chip| Some(chip.dg1.clone())),
            "dg2" => chips(|chip| Some(chip.dg2.clone())),
            "dg11" => chips(|chip| chip.dg11.clone()),
            "dg12" => chips(|chip| chip.dg12.clone()),
            "dg14" => chips(|chip| chip.dg14.clone()),
            "dg15" => chips(|chip| chip.dg15.clone()),
            other => panic!("no seeds for {other}"),
        }
    }

    /// Those of authorities, and those that came with documents.
    fn certificates(&self) -> Vec<Vec<u8>> {
        let mut all = self.certificates.clone();
        for chip in &self.chips {
            let Ok(der) = sod::unwrap(&chip.sod) else { continue };
            let Ok(message) = SignedData::read(&der) else { continue };
            all.extend(message.certificates.iter().map(|der| der.to_vec()));
        }
        all
    }
}

fn set(chip: &Chip) -> Vec<u8> {
    let groups = chip.groups().into_iter().map(|(number, file)| (u8::try_from(number).unwrap(), file));
    let answer = chip.answer(CHALLENGE).unwrap_or_default();
    let others = [(SOD, chip.sod.as_slice()), (COM, &chip.com), (ANSWER, &answer)];
    pack(others.into_iter().chain(groups))
}

fn answer(chip: &Chip) -> Vec<u8> {
    let answer = chip.answer(CHALLENGE).unwrap_or_default();
    let file = |file: &Option<Vec<u8>>| file.clone().unwrap_or_default();
    pack([(15, file(&chip.dg15).as_slice()), (14, &file(&chip.dg14)), (ANSWER, &answer)])
}

/// Key, algorithm and signature of a certificate that may have signed itself.
fn signed(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = Certificate::from_der(der).ok()?;
    let algorithm = certificate.der().get(certificate.tbs().len()..)?;
    let start = algorithm.windows(2).position(|window| window[0] == 0x30 && window[1] < 0x80)?;
    let algorithm = &algorithm[start..];
    let algorithm = algorithm.get(..2 + usize::from(algorithm[1]))?;
    Some(pack([(1, certificate.spki()), (2, algorithm), (3, certificate.signature())]))
}

fn image(dg2: &[u8]) -> Option<Vec<u8>> {
    Some(eid::chip::groups::dg2::read(dg2).ok()?.first()?.image.to_vec())
}

fn content(sod: &[u8]) -> Option<Vec<u8>> {
    let der = sod::unwrap(sod).ok()?;
    Some(SignedData::read(&der).ok()?.content.to_vec())
}

fn names() -> Vec<Vec<u8>> {
    let pairs = [
        "Nguyễn\nThị Ánh Tuyết\nNGUYEN\nTHI ANH TUYET",
        "Müller-Lüdenscheidt\n\nMueller Luedenscheidt\n",
        "O’Connor\nEnya Siobhán\nOCONNOR\nENYA",
        "محمد\nعلي\nMohammed\nAli",
        "ßßßßßßßß\nÄÖÜÅÆØ\nSSSSSSSSSSSSSSSS\nAEOEUEAAAEOE",
    ];
    pairs
        .into_iter()
        .zip(ZONES)
        .map(|(names, zone)| format!("{names}\n{}", zone.replace('\n', "")).into_bytes())
        .collect()
}

/// A file of immigration records as the practice database writes it, and as a spreadsheet leaves it.
fn records() -> Vec<Vec<u8>> {
    let mut people = Generator::new(1, Timestamp::start_of(TODAY));
    let applicants: Vec<_> = (0..3).map(|_| people.applicant()).collect();
    let known = [Known::WithBiometrics, Known::WithoutBiometrics, Known::Cancelled];
    let file = people.records(applicants.iter().zip(known));
    let spreadsheet = format!("\u{feff}{}", file.replace('\n', ",\"a, b\"\r\n").replacen("\"a, b\"", "remarks", 1));
    vec![file.into_bytes(), spreadsheet.into_bytes()]
}

/// Ten applicants, with and without a chip, and messages in which nothing can be read.
fn requests() -> Vec<Vec<u8>> {
    let now = Timestamp::start_of(TODAY);
    let (mut plain, mut chipped) = (Generator::new(1, now), Generator::new(2, now).with_chips());
    let mut all = Vec::new();
    for _ in 0..5 {
        let (one, other) = (plain.applicant(), chipped.applicant());
        let chip = other.chip.as_ref().map(|chip| chip.captured(None));
        all.push(pb::CheckRequest { application: Some(one.application), ..pb::CheckRequest::default() });
        all.push(pb::CheckRequest { application: Some(other.application), chip, ..pb::CheckRequest::default() });
    }
    all.push(nothing_right());
    all.iter().map(prost::Message::encode_to_vec).collect()
}

/// A request with as many faults as one can hold.
pub fn nothing_right() -> pb::CheckRequest {
    let strange = || "\u{0}".repeat(20);
    let consent = pb::Consent { text_sha256: strange(), text_language: strange(), ..pb::Consent::default() };
    pb::CheckRequest {
        application: Some(pb::Application {
            person: Some(pb::Person { date_of_birth: strange(), nationality: strange(), ..pb::Person::default() }),
            passport: Some(pb::Passport { mrz: strange(), number: strange(), ..pb::Passport::default() }),
            residence_card: Some(pb::ResidenceCard { number: strange(), ..pb::ResidenceCard::default() }),
            stay: Some(pb::Stay { resident_since: strange(), visa: Some(pb::Visa::default()) }),
            phone: strange(),
            email: strange(),
            consents: vec![consent; 16],
            representative: Some(pb::Representative::default()),
            ..pb::Application::default()
        }),
        captures: None,
        chip: Some(pb::Chip {
            groups: vec![pb::DataGroup { number: 99, content: Vec::new() }; 10_000],
            active_authentication: Some(pb::ActiveAuthentication::default()),
            ..pb::Chip::default()
        }),
    }
}

fn deviations() -> Vec<u8> {
    let one = format!(
        r#"{{"certificate":"{}","fault":"chip.signer-profile","until":"2027-06-30","reason":"Notice 1."}}"#,
        "ab".repeat(32)
    );
    format!(r#"{{"name":"national","issued_on":"2026-11-01","deviations":[{one}]}}"#).into_bytes()
}

/// Published documents in the folder of vectors that suit a property.
pub fn published(folder: &Path, property: &str) -> Vec<Vec<u8>> {
    let files = |under: &str| files_below(&folder.join(under));
    let all = match property {
        "sod" | "ber" => [files("sod"), files("sod-mutated"), files("specimen")].concat(),
        "security_object" => return files("sod").iter().filter_map(|sod| content(sod)).collect(),
        "certificate" => [files("mockcerts"), certificates_of(files("sod"))].concat(),
        "master_list" => files("masterlists"),
        "zone" => {
            let lines = files("mrz").concat();
            let lines = String::from_utf8_lossy(&lines).into_owned();
            return lines
                .split('"')
                .filter(|part| part.len() >= 72 && part.contains('<'))
                .map(|zone| zone.replace("\\n", "\n").into_bytes())
                .collect();
        }
        "dg1" | "dg2" | "dg11" | "dg14" | "dg15" | "com" => files("specimen"),
        _ => Vec::new(),
    };
    // What is longer helps no fuzzer.
    all.into_iter().filter(|file| file.len() < 1 << 20).collect()
}

fn certificates_of(sods: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for sod in sods {
        let Ok(der) = ber::to_der(&sod, &Bounds::default()) else { continue };
        let Ok(der) = sod::unwrap(&der) else { continue };
        let Ok(message) = SignedData::read(&der) else { continue };
        found.extend(message.certificates.iter().map(|der| der.to_vec()));
    }
    found
}

fn files_below(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        if path.is_dir() { files_below(path) } else { fs::read(path).into_iter().collect() }
    };
    paths.iter().flat_map(read).collect()
}

/// Templates of the first ISO/IEC and ANSI forms with one view, of the edition of 2011, and of the extensible form.
fn fingerprints() -> Vec<Vec<u8>> {
    let extensible = [&[0x62, 0x82, 1, 0][..], &[7; 256]].concat();
    let forms: [&[u8]; 4] = [
        b"FMR\0 20\0\0\0\0\x20\0\0\x01\x40\x01\xe0\0\xc5\0\xc5\x01\0\x07\0\x50\0\0\0\0\0",
        b"FMR\0 20\0\0\x20\0\0\0\0\0\0\x01\x40\x01\xe0\0\xc5\0\xc5\x01\0\x07\0\x50\0\0\0",
        b"FMR\x00030\0\0\0\0\x10\0\x01\0\0",
        &extensible,
    ];
    forms.map(<[u8]>::to_vec).to_vec()
}
