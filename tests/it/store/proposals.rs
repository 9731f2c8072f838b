//! What waits for a second person, and what an account remembers of its holder's way.

use std::time::Duration;

use eid::domain::code::Purpose;
use eid::domain::ids::{ProposalId, Version};
use eid::domain::proposal::{Act, Proposal, ProposalKind, ProposalState, Settler};
use eid::domain::staff::{OfficeCode, Role};
use eid::domain::time::Timestamp;
use eid::store::{Change, StoredProposal, Table, Waiting};

use super::scene::{Outcome, Scene};
use crate::support::records::{NOW, later};

fn add(stored: &StoredProposal) -> Change {
    Change::NewProposal(Box::new(stored.clone()))
}

fn asked_at(scene: &Scene, act: Act, at: Timestamp) -> StoredProposal {
    let by = Settler { id: scene.officer.id, role: Role::Hotline, office: None };
    let proposal = Proposal::ask(ProposalId::new(scene.make.id()), act, Version::new(4), &by, at);
    StoredProposal { proposal, reason: scene.make.sealed(), version: Version::new(1) }
}

async fn asked(scene: &Scene) -> StoredProposal {
    let act = Act::Reopening(scene.account().await.account.id);
    asked_at(scene, act, NOW)
}

async fn found(scene: &Scene, id: ProposalId) -> StoredProposal {
    scene.reader().await.proposal(id).await.unwrap().unwrap()
}

const KINDS: &[ProposalKind] = &ProposalKind::ALL;
const EVERY: Waiting<'_> = Waiting { after: None, kinds: KINDS, office: None, now: NOW, limit: 10 };

async fn listed(scene: &Scene, asked: Waiting<'_>) -> Vec<ProposalId> {
    let rows = scene.reader().await.proposals(&asked).await.unwrap();
    rows.into_iter().map(|one| one.proposal.id).collect()
}

#[tokio::test]
async fn a_proposal_comes_back_as_it_was_kept_in_each_of_its_states() {
    let scene = Scene::new().await;
    let by = scene.officer.id;
    for state in [
        ProposalState::Approved { by, at: later(5) },
        ProposalState::Declined { by, at: later(6) },
        ProposalState::Void { by, at: later(7) },
    ] {
        let mut stored = asked(&scene).await;
        stored.proposal.office = OfficeCode::parse("79-01").ok();
        scene.done([add(&stored)]).await;
        let kept = found(&scene, stored.proposal.id).await;
        assert_eq!((&kept.proposal, &kept.reason, kept.version), (&stored.proposal, &stored.reason, Version::new(1)));
        let pending = scene.reader().await.pending_proposal(&stored.proposal.act).await.unwrap();
        assert_eq!(pending.unwrap().proposal, stored.proposal);
        stored.proposal.state = state;
        let save = |seen| Change::SaveProposal(Box::new(stored.proposal.clone()), Version::new(seen));
        assert_eq!(scene.commit([save(7)]).await, Outcome::Changed);
        scene.done([save(1)]).await;
        assert_eq!(found(&scene, stored.proposal.id).await.proposal, stored.proposal);
        assert!(scene.reader().await.pending_proposal(&stored.proposal.act).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_proposal_of_a_kind_waits_for_each_target_and_one_that_lapsed_makes_room() {
    let scene = Scene::new().await;
    let first = asked(&scene).await;
    scene.done([add(&first)]).await;
    let (act, over) = (first.proposal.act.clone(), first.proposal.expires_at);
    // One that saw the target as it is no longer makes room too.
    let mut anew = asked_at(&scene, act.clone(), NOW);
    anew.proposal.seen = Version::new(5);
    scene.done([add(&anew)]).await;
    assert_eq!(found(&scene, first.proposal.id).await.proposal.state, ProposalState::Lapsed);
    let (first, seen) = (anew, Version::new(5));
    let second = Duration::from_secs(1);
    let mut early =
        asked_at(&scene, act.clone(), NOW.plus(ProposalKind::Reopening.rule().waits.saturating_sub(second)));
    early.proposal.seen = seen;
    assert_eq!(scene.commit([add(&early)]).await, Outcome::Taken(Table::Proposal));
    let late = asked_at(&scene, act, over);
    scene.done([add(&late)]).await;
    assert_eq!(found(&scene, first.proposal.id).await.proposal.state, ProposalState::Lapsed);
    assert_eq!(listed(&scene, Waiting { now: over, ..EVERY }).await, [late.proposal.id]);
}

#[tokio::test]
async fn proposals_that_wait_are_listed_in_their_order_by_kind_and_office() {
    let scene = Scene::new().await;
    let mut all = Vec::new();
    for office in [None, OfficeCode::parse("79-01").ok(), OfficeCode::parse("01-01").ok()] {
        let mut stored = asked(&scene).await;
        stored.proposal.office = office;
        scene.done([add(&stored)]).await;
        all.push(stored.proposal);
    }
    all.sort_unstable_by_key(|proposal| proposal.id);
    assert!(listed(&scene, Waiting { kinds: &[], ..EVERY }).await.is_empty());
    assert!(listed(&scene, Waiting { now: all[0].expires_at, ..EVERY }).await.is_empty(), "nobody came in time");
    let office = OfficeCode::parse("79-01").unwrap();
    let ours: Vec<_> =
        all.iter().filter(|one| one.office.as_ref().is_none_or(|of| *of == office)).map(|one| one.id).collect();
    let here = Waiting { office: Some(&office), ..EVERY };
    assert_eq!(listed(&scene, here).await, ours);
    assert_eq!(listed(&scene, Waiting { limit: 1, ..here }).await, ours[..1]);
    assert_eq!(listed(&scene, Waiting { after: Some(ours[0]), ..here }).await, ours[1..]);
    let nowhere: Vec<_> = all.iter().filter(|one| one.office.is_none()).map(|one| one.id).collect();
    assert_eq!(listed(&scene, EVERY).await, nowhere, "whose office ended sees none of an office's");
}

#[tokio::test]
async fn the_first_code_asked_for_and_the_first_try_are_remembered() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let progress = async || scene.reader().await.account(account).await.unwrap().unwrap().account.progress;
    assert_eq!((progress().await.code_asked_at, progress().await.code_tried_at), (None, None));
    for at in [later(5), later(9)] {
        scene.store.commit(scene.unit(at, [Change::NoteAsked(account)])).await.unwrap();
    }
    assert_eq!(progress().await.code_asked_at, Some(later(5)));
}

#[tokio::test]
async fn failures_in_a_row_are_forgiven_and_those_of_the_day_stay() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let held = "UPDATE account SET failures_in_row = 100, failures_today = 4, failures_day = 5, held_until = 7";
    scene.database.tamper(held).await;
    scene.done([Change::ForgiveFailures(account)]).await;
    let (failures, _) = scene.reader().await.slot(account, Purpose::Activation).await.unwrap();
    assert_eq!((failures.in_row, failures.today, failures.held_until), (0, 4, None));
}
