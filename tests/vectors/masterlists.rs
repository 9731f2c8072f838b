//! CSCA master lists as states published them: read, verified against a pinned CSCA, put in force by two operators.

use std::fs;
use std::path::Path;
use std::time::Instant;

use eid::app::{App, Approved, Caller, Parts, Proposal, Proposed, Settings, TrustSettings};
use eid::archive::Archive;
use eid::chip::certificate::Certificate;
use eid::chip::master_list::{MasterList, MasterListFault};
use eid::config::Config;
use eid::domain::ids::RequestId;
use eid::domain::staff::{CertificateName, Post, Role};
use eid::domain::time::Timestamp;
use eid::domain::trust::{Material, Problem};
use eid::notify::Carriers;
use eid::server;
use eid::store::Store;
use eid::sys::{Clock, Dice};
use eid::vault::{KeyRing, Vault};
use time::macros::date;

const DE_2024: &str = "DE_ML_2024-08-07.ml";
const DE_2026: &str = "DE_ML_2026-05-28.ml";
const NL: &str = "NL_ML_2026-07-22.ml";
const ICAO: &str = "ICAO_ml_2023-09.ml";

/// Different CSCA certificates that the four lists hold together.
const DIFFERENT: usize = 792;

fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join("masterlists").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The CSCA that issued the signer of `list`, from the entries of `others`.
fn issuer_of(list: &MasterList, others: &[&MasterList]) -> Certificate {
    let entries = others.iter().flat_map(|list| &list.entries.certificates);
    entries.clone().find(|entry| list.is_vouched_for_by(entry)).expect("an entry issued the signer").clone()
}

#[test]
fn published_lists_are_read_whole_and_their_signatures_hold() {
    let Some(folder) = super::folder() else { return };
    for (name, entries, without_null) in
        [(DE_2024, 541, false), (DE_2026, 588, false), (NL, 411, false), (ICAO, 394, true)]
    {
        let bytes = read(&folder, name);
        let begun = Instant::now();
        let list = MasterList::read(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        println!(
            "{name}: {} entries, signed {}, read in {:?}",
            list.entries.certificates.len(),
            list.signed_at,
            begun.elapsed()
        );
        assert_eq!(list.entries.certificates.len() + list.entries.repeated.len(), entries, "{name}");
        assert_eq!(list.entries.unreadable, Vec::<usize>::new(), "{name}");
        assert_eq!(list.digest_info_without_null, without_null, "{name}");
    }
}

#[test]
fn a_list_with_a_byte_changed_is_not_believed() {
    let Some(folder) = super::folder() else { return };
    let mut ran = 0;
    for name in [DE_2024, DE_2026, NL, ICAO] {
        let bytes = read(&folder, name);
        // Within the first entries, in the middle, and in the signature at the end.
        for at in [1_500, bytes.len() / 2, bytes.len() - 5] {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let fault = MasterList::read(&forged).expect_err(name);
            assert!(matches!(fault, MasterListFault::Signature | MasterListFault::NotAMasterList), "{name}: {fault}");
            ran += 1;
        }
        for end in [0, 1, 10, 1_000, bytes.len() - 1] {
            assert!(MasterList::read(&bytes[..end]).is_err(), "{name} up to {end}");
            ran += 1;
        }
    }
    println!("Ran {ran} damaged master lists.");
}

struct House {
    app: App,
    clock: Clock,
    dice: Dice,
    first: Caller,
    second: Caller,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(trust: TrustSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::stopped(Timestamp::start_of(date!(2026 - 11 - 21)));
        let dice = Dice::seeded(1);
        let store = Store::open(&format!("sqlite:{}", folder.path().join("eid.db").display()), 4).await.unwrap();
        store.migrate().await.unwrap();
        let vault = Vault::new(&KeyRing::generate(&dice), dice.clone()).unwrap();
        let app = App::new(Parts {
            store,
            archive: Archive::local(&folder.path().join("captures"), &vault.namespace()).unwrap(),
            vault,
            carriers: Carriers::file(folder.path().join("messages.jsonl")),
            limits: eid::limits::Limits::memory(clock.clone()),
            bells: eid::bells::Bells::Alone,
            registry: eid::app::Registry::None,
            clock: clock.clone(),
            dice: dice.clone(),
            settings: Settings { trust, ..server::settings(&Config::development(folder.path()).unwrap()) },
        });
        let (first, second) = (operator(&app, "first").await, operator(&app, "second").await);
        Self { app, clock, dice, first, second, _folder: folder }
    }

    fn repeat(&self, content: &[u8]) -> eid::app::Repeat {
        self.app.repeat(RequestId::new(self.dice.id(self.clock.now())), "test", content)
    }

    async fn propose(&self, content: Vec<u8>, allow_older: bool) -> Proposed {
        let repeat = self.repeat(&content);
        let proposal = Proposal { kind: None, allow_older, content };
        self.app.propose_trust(&self.first, &repeat, &proposal).await.unwrap()
    }

    async fn import(&self, content: Vec<u8>, allow_older: bool) -> Material {
        let material = match self.propose(content, allow_older).await {
            Proposed::Proposed(material) => material,
            other => panic!("{other:?}"),
        };
        let repeat = self.repeat(b"");
        let (id, sha256) = (material.id, material.sha256);
        match self.app.approve_trust(&self.second, &repeat, id, sha256, allow_older).await.unwrap() {
            Approved::InForce(material) => material,
            other => panic!("{other:?}"),
        }
    }

    /// Names of the problems that keep a file out.
    async fn refused(&self, content: Vec<u8>) -> Vec<&'static str> {
        match self.propose(content, false).await {
            Proposed::NotAccepted(_, problems) => refusing(&problems),
            other => panic!("{other:?}"),
        }
    }
}

fn refusing(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.fault).filter(|fault| fault.refuses).map(|fault| fault.name).collect()
}

async fn operator(app: &App, name: &str) -> Caller {
    let certificate = CertificateName { issuer: "CN=test".to_owned(), uri: format!("urn:eid:test:{name}") };
    app.register_staff(certificate.clone(), Post::new(Role::Operator, None).unwrap()).await.unwrap();
    app.caller(&certificate).await.unwrap().unwrap()
}

const STRICT: TrustSettings = TrustSettings { expired_signers: true, digest_info_without_null: false, practice: false };

#[tokio::test]
async fn the_four_lists_make_792_authorities_and_an_older_one_is_noticed() {
    let Some(folder) = super::folder() else { return };
    let house = House::new(TrustSettings { digest_info_without_null: true, ..STRICT }).await;
    let list = |name| MasterList::read(&read(&folder, name)).unwrap();

    assert_eq!(house.refused(read(&folder, DE_2026)).await, ["signer.untrusted"], "nothing is pinned");
    let icao = issuer_of(&list(ICAO), &[&list(ICAO), &list(DE_2026), &list(DE_2024), &list(NL)]);
    let older = issuer_of(&list(DE_2024), &[&list(DE_2024)]);
    assert_ne!(older.der(), read(&folder, "DE_ROOT_CA_CSCA07.cer"), "Germany has renewed its authority meanwhile");
    house.import(icao.der().to_vec(), false).await;
    house.import(read(&folder, "NL_ROOT_CA.cer"), false).await;
    house.import(read(&folder, "DE_ROOT_CA_CSCA07.cer"), false).await;
    house.import(older.der().to_vec(), false).await;

    let mut all = std::collections::BTreeSet::new();
    for name in [DE_2024, DE_2026, NL, ICAO] {
        let material = house.import(read(&folder, name), false).await;
        let report = &material.report;
        println!(
            "{name}: {} of {}, {} new, {} known, {} removed; {:?}",
            material.publisher,
            material.edition,
            report.new,
            report.known,
            report.removed,
            report.problems.iter().map(|problem| (problem.fault.name, problem.about.as_str())).collect::<Vec<_>>()
        );
        all.extend(list(name).entries.certificates.iter().map(Certificate::fingerprint));
    }
    assert_eq!(all.len(), DIFFERENT);
    // The newer list of Germany has taken the place of the older one.
    let present = house.app.trust_snapshot();
    println!("{} different CSCAs in the four lists, {} in force", all.len(), present.authorities());
    assert!(present.authorities() < DIFFERENT);

    assert_eq!(house.refused(read(&folder, DE_2024)).await, ["file.older"]);
    let back = house.import(read(&folder, DE_2024), true).await;
    assert!(back.report.problems.iter().any(|problem| problem.fault.name == "file.older-on-purpose"));
    house.import(read(&folder, DE_2026), false).await;
    assert_eq!(house.app.trust_snapshot().authorities(), present.authorities());
}

#[tokio::test]
async fn a_list_signed_without_the_null_and_one_whose_signer_expired_are_refused_unless_allowed() {
    let Some(folder) = super::folder() else { return };
    let list = MasterList::read(&read(&folder, ICAO)).unwrap();
    let newer = MasterList::read(&read(&folder, DE_2026)).unwrap();
    let csca = issuer_of(&list, &[&list, &newer]).der().to_vec();
    for (settings, refused) in [
        (STRICT, vec!["signature.digest-info"]),
        (TrustSettings { expired_signers: false, ..STRICT }, vec!["signer.expired-refused", "signature.digest-info"]),
    ] {
        let house = House::new(settings).await;
        house.import(csca.clone(), false).await;
        assert_eq!(house.refused(read(&folder, ICAO)).await, refused);
    }
}
