//! Trust material: kept whole, one file in force for each publisher, changes counted.

use eid::domain::ids::{MaterialId, StaffId, Version};
use eid::domain::staff::Role;
use eid::domain::trust::{Decided, Kind, Material, Problem, Report, Sha256, Stage, faults};
use eid::store::{Change, StoredMaterial, Table};

use super::scene::{Outcome, Scene, race};
use crate::support::records::{NOW, later};

struct Trust {
    scene: Scene,
    second: StaffId,
}

impl Trust {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let second = scene.make.staff(Role::Operator);
        scene.done([Change::NewStaff(Box::new(second.clone()))]).await;
        Self { scene, second: second.id }
    }

    /// A proposal, told from others by `number`.
    fn proposal(&self, kind: Kind, publisher: &str, number: u8) -> StoredMaterial {
        let material = Material {
            id: MaterialId::new(self.scene.make.id()),
            kind,
            publisher: publisher.to_owned(),
            edition: later(u64::from(number)),
            sha256: Sha256::new([number; 32]),
            report: Report {
                bytes: 3,
                entries: 2,
                vouched_by: Some(Sha256::new([9; 32])),
                problems: vec![Problem::about(&faults::ENTRY_UNREADABLE, 7)],
                ..Report::default()
            },
            proposed_by: self.scene.officer.id,
            proposed_at: NOW,
            stage: Stage::Proposed,
        };
        StoredMaterial { material, content: vec![number, 0, 255], version: Version::new(1) }
    }

    async fn kept(&self, kind: Kind, publisher: &str, number: u8) -> StoredMaterial {
        let stored = self.proposal(kind, publisher, number);
        self.scene.done([Change::NewMaterial(Box::new(stored.clone()))]).await;
        stored
    }

    fn decided(&self) -> Decided {
        Decided { by: self.second, at: later(60) }
    }

    fn moved(stored: &StoredMaterial, stage: Stage) -> Change {
        Change::SaveMaterial(Box::new(Material { stage, ..stored.material.clone() }), stored.version)
    }

    async fn found(&self, stored: &StoredMaterial) -> StoredMaterial {
        self.scene.reader().await.trust_material(stored.material.id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_kept_in_every_state() {
    let trust = Trust::new().await;
    let none = MaterialId::new(trust.scene.make.id());
    assert_eq!(trust.scene.reader().await.trust_material(none).await.unwrap(), None);
    let stages = [
        Stage::Proposed,
        Stage::InForce(trust.decided()),
        Stage::Rejected(trust.decided()),
        Stage::Replaced { approved: trust.decided(), at: later(90) },
    ];
    for ((number, stage), kind) in (1..).zip(stages).zip(Kind::ALL) {
        let stored = trust.kept(kind, "DE", number).await;
        assert_eq!(trust.found(&stored).await, stored);
        if stage != Stage::Proposed {
            trust.scene.done([Trust::moved(&stored, stage)]).await;
            let expected = StoredMaterial {
                material: Material { stage, ..stored.material.clone() },
                version: Version::new(2),
                ..stored.clone()
            };
            assert_eq!(trust.found(&stored).await, expected);
            assert_eq!(trust.scene.commit([Trust::moved(&stored, stage)]).await, Outcome::Changed, "an old version");
        }
    }
}

#[tokio::test]
async fn the_same_file_waits_once_and_may_come_again_when_it_was_decided() {
    let trust = Trust::new().await;
    let first = trust.kept(Kind::Csca, "DE", 1).await;
    let again = trust.proposal(Kind::Csca, "DE", 1);
    let taken = Outcome::Taken(Table::TrustMaterial);
    assert_eq!(trust.scene.commit([Change::NewMaterial(Box::new(again.clone()))]).await, taken);
    trust.scene.done([Trust::moved(&first, Stage::Rejected(trust.decided()))]).await;
    trust.scene.done([Change::NewMaterial(Box::new(again))]).await;
}

#[tokio::test]
async fn one_file_of_each_kind_and_publisher_is_in_force() {
    let trust = Trust::new().await;
    let in_force = Stage::InForce(trust.decided());
    let (old, new) = (trust.kept(Kind::Crl, "NL", 1).await, trust.kept(Kind::Crl, "NL", 2).await);
    let (other, kind) = (trust.kept(Kind::Crl, "DE", 3).await, trust.kept(Kind::MasterList, "NL", 4).await);
    for stored in [&old, &other, &kind] {
        trust.scene.done([Trust::moved(stored, in_force)]).await;
    }
    assert_eq!(trust.scene.commit([Trust::moved(&new, in_force)]).await, Outcome::Taken(Table::TrustMaterial));
    let (was, version) = trust.scene.reader().await.trust_of(Kind::Crl, "NL").await.unwrap().unwrap();
    assert_eq!((was.id, version), (old.material.id, Version::new(2)));
    let replaced = Change::SaveMaterial(Box::new(was.replace(later(90))), version);
    trust.scene.done([replaced, Trust::moved(&new, in_force)]).await;
    let (is, _) = trust.scene.reader().await.trust_of(Kind::Crl, "NL").await.unwrap().unwrap();
    assert_eq!(is.id, new.material.id);
    assert_eq!(trust.scene.reader().await.trust_of(Kind::Csca, "NL").await.unwrap(), None);
}

#[tokio::test]
async fn files_are_listed_by_state_oldest_first_and_no_more_than_asked() {
    let trust = Trust::new().await;
    let mut kept = Vec::new();
    for number in 1..=4 {
        kept.push(trust.kept(Kind::Csca, &number.to_string(), number).await);
    }
    let in_force = Stage::InForce(trust.decided());
    for stored in &kept[..2] {
        trust.scene.done([Trust::moved(stored, in_force)]).await;
    }
    let mut reader = trust.scene.reader().await;
    let ids = |found: Vec<Material>| found.into_iter().map(|material| material.id).collect::<Vec<_>>();
    let all: Vec<_> = kept.iter().map(|stored| stored.material.id).collect();
    assert_eq!(ids(reader.trust_in_state("proposed", 10).await.unwrap()), all[2..]);
    assert_eq!(ids(reader.trust_in_state("in-force", 1).await.unwrap()), all[..1]);
    assert_eq!(ids(reader.trust_in_state("rejected", 10).await.unwrap()), []);
    let whole = reader.trust_in_force(10).await.unwrap();
    let contents: Vec<_> = whole.iter().map(|stored| stored.content.clone()).collect();
    assert_eq!(contents, [vec![1, 0, 255], vec![2, 0, 255]]);
    assert_eq!(reader.trust_in_force(1).await.unwrap(), whole[..1]);
}

#[tokio::test]
async fn changes_are_counted_and_what_was_seen_must_still_be_so() {
    let trust = Trust::new().await;
    let revision = async || trust.scene.reader().await.trust_revision().await.unwrap();
    assert_eq!(revision().await, Version::NONE);
    trust.scene.done([Change::ReviseTrust(Version::NONE)]).await;
    assert_eq!(revision().await, Version::new(1));
    assert_eq!(trust.scene.commit([Change::ReviseTrust(Version::NONE)]).await, Outcome::Changed);
    assert_eq!(trust.scene.commit([Change::ReviseTrust(Version::new(2))]).await, Outcome::Changed);
    trust.scene.done([Change::ReviseTrust(Version::new(1))]).await;
    assert_eq!(revision().await, Version::new(2));
}

#[tokio::test]
async fn of_many_changes_at_once_on_the_same_state_one_is_made() {
    let trust = Trust::new().await;
    let outcomes = race(16, |_| {
        let (store, unit) = (trust.scene.store.clone(), trust.scene.unit(NOW, [Change::ReviseTrust(Version::NONE)]));
        async move { super::scene::outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done | Outcome::Changed)), "{outcomes:?}");
    assert_eq!(trust.scene.reader().await.trust_revision().await.unwrap(), Version::new(1));
}
