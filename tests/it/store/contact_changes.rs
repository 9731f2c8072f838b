//! Requests for another phone or e-mail address, and claims to numbers.

use eid::domain::contact::{ChangeState, ContactKind, Dispute, DisputeState, FailureReason, Ruling, Tier};
use eid::domain::ids::{AccountId, ChangeId, DisputeId, Version};
use eid::domain::sealed::BlindIndex;
use eid::domain::staff::{OfficeCode, Role};
use eid::store::{Change, ChangeCount, CountedChange, StoredChange, StoredDispute, Table};

use super::scene::{Outcome, Scene};
use crate::support::records::{NOW, later};

fn same(found: &StoredChange, kept: &StoredChange) {
    assert_eq!(found.change, kept.change);
    assert_eq!((&found.new_value, &found.link, &found.office), (&kept.new_value, &kept.link, &kept.office));
    assert_eq!((found.print, found.version), (kept.print, kept.version));
}

fn begin(stored: &StoredChange) -> Change {
    Change::NewChange(Box::new(stored.clone()))
}

fn save(stored: &StoredChange) -> Change {
    Change::SaveChange(Box::new(stored.change.clone()), stored.version)
}

async fn found(scene: &Scene, id: ChangeId) -> StoredChange {
    scene.reader().await.contact_change(id).await.unwrap().unwrap()
}

fn failed(reason: FailureReason) -> ChangeState {
    ChangeState::Failed { reason, at: later(30) }
}

#[tokio::test]
async fn a_change_comes_back_as_it_was_kept_in_each_of_its_states() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let failures = FailureReason::ALL.iter().map(|reason| failed(*reason));
    let states = [
        ChangeState::AwaitingApproval,
        ChangeState::ProvingOld,
        ChangeState::Waiting { until: later(90) },
        ChangeState::AwaitingCode,
        ChangeState::Done { at: later(30) },
    ];
    for (at, state) in states.into_iter().chain(failures).enumerate() {
        let mut stored = scene.make.change(account, [ContactKind::Phone, ContactKind::Email][at % 2]);
        stored.change.tier = Tier::ALL[at % 4];
        stored.office = (at % 2 == 0).then(|| OfficeCode::parse("79-01").unwrap());
        scene.done([begin(&stored)]).await;
        same(&found(&scene, stored.change.id).await, &stored);
        (stored.change.state, stored.change.expires_at) = (state, later(700));
        scene.done([save(&stored)]).await;
        stored.version = Version::new(2);
        same(&found(&scene, stored.change.id).await, &stored);
        stored.change.state = failed(FailureReason::Expired);
        scene.done([save(&stored)]).await;
    }
    let unknown = scene.make.change(account, ContactKind::Phone).change.id;
    assert!(scene.reader().await.contact_change(unknown).await.unwrap().is_none());
}

#[tokio::test]
async fn one_change_of_each_kind_is_open_at_a_time() {
    let scene = Scene::new().await;
    let (account, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let mut first = scene.make.change(account, ContactKind::Phone);
    let second = scene.make.change(account, ContactKind::Phone);
    scene.done([begin(&first), begin(&scene.make.change(account, ContactKind::Email))]).await;
    scene.done([begin(&scene.make.change(other, ContactKind::Phone))]).await;
    assert_eq!(scene.commit([begin(&second)]).await, Outcome::Taken(Table::ContactChange));
    first.change.state = failed(FailureReason::CancelledByStaff);
    scene.done([save(&first), begin(&second)]).await;
}

#[tokio::test]
async fn the_changes_of_an_account_are_listed_and_no_others() {
    let scene = Scene::new().await;
    let (account, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let [mut settled, mut phone] = [(); 2].map(|()| scene.make.change(account, ContactKind::Phone));
    let mut email = scene.make.change(account, ContactKind::Email);
    (phone.change.begun_at, phone.change.repeats) = (later(1), Some(settled.change.id));
    email.change.begun_at = later(2);
    scene.done([begin(&settled), begin(&scene.make.change(other, ContactKind::Phone))]).await;
    settled.change.state = failed(FailureReason::Expired);
    scene.done([save(&settled), begin(&phone), begin(&email)]).await;
    let open = scene.reader().await.pending_changes(account).await.unwrap();
    assert_eq!(open.len(), 2);
    same(&open[0], &phone);
    same(&open[1], &email);
    let all = scene.reader().await.contact_changes(account).await.unwrap();
    let ids: Vec<_> = all.iter().map(|one| one.change.id).collect();
    assert_eq!(ids, [email.change.id, phone.change.id, settled.change.id]);
    let link = email.link.clone().unwrap();
    same(&scene.reader().await.change_by_link(&link).await.unwrap().unwrap(), &email);
    let nobodys = BlindIndex::from_bytes(vec![9; 32]);
    assert!(scene.reader().await.change_by_link(&nobodys).await.unwrap().is_none());
}

#[tokio::test]
async fn a_change_that_was_moved_on_since_or_is_not_there_is_not_saved() {
    let scene = Scene::new().await;
    let mut stored = scene.make.change(scene.account().await.account.id, ContactKind::Phone);
    assert_eq!(scene.commit([save(&stored)]).await, Outcome::Changed);
    scene.done([begin(&stored)]).await;
    stored.change.state = ChangeState::Done { at: later(1) };
    scene.done([save(&stored)]).await;
    let mut stale = stored.clone();
    stale.change.state = failed(FailureReason::CancelledByHolder);
    assert_eq!(scene.commit([save(&stale)]).await, Outcome::Changed);
    assert_eq!(found(&scene, stored.change.id).await.change.state, stored.change.state);
}

#[tokio::test]
async fn a_change_is_due_at_its_instant_and_can_be_looked_at_later() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let mut waiting = scene.make.change(account, ContactKind::Phone);
    waiting.change.state = ChangeState::Waiting { until: later(90) };
    let typed = scene.make.change(account, ContactKind::Email);
    scene.done([begin(&waiting), begin(&typed)]).await;
    let due = async |at| scene.reader().await.changes_due(later(at), 10).await.unwrap();
    let (first, second) = ((waiting.change.id, waiting.version), (typed.change.id, typed.version));
    assert_eq!(due(89).await, []);
    assert_eq!((due(90).await, due(600).await), (vec![first], vec![first, second]));
    scene.done([Change::PostponeChange(first.0, later(700), Version::new(7))]).await;
    assert_eq!(due(90).await, [first], "it was changed meanwhile");
    scene.done([Change::PostponeChange(first.0, later(700), first.1)]).await;
    assert_eq!((due(600).await, due(700).await), (vec![second], vec![second, first]));
    waiting.change.state = failed(FailureReason::AccountChanged);
    scene.done([save(&waiting)]).await;
    assert_eq!(due(700).await, [second]);
}

#[tokio::test]
async fn what_is_declined_fails_if_it_waits_for_a_second_person() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let mut waits = scene.make.change(account, ContactKind::Phone);
    waits.change.state = ChangeState::AwaitingApproval;
    let typed = scene.make.change(account, ContactKind::Email);
    scene.done([begin(&waits), begin(&typed)]).await;
    scene.done([Change::DeclineChange(waits.change.id), Change::DeclineChange(typed.change.id)]).await;
    let state = found(&scene, waits.change.id).await.change.state;
    assert_eq!(state.failure(), Some(FailureReason::NotApproved));
    assert_eq!(found(&scene, typed.change.id).await.change.state, ChangeState::AwaitingCode);
}

#[tokio::test]
async fn the_requests_of_a_span_are_counted_by_kind_tier_and_end() {
    let scene = Scene::new().await;
    let make = async |kind, tier, state, begun| {
        let mut stored = scene.make.change(scene.account().await.account.id, kind);
        (stored.change.tier, stored.change.state, stored.change.begun_at) = (tier, state, later(begun));
        scene.done([begin(&stored)]).await;
    };
    let (phone, tier) = (ContactKind::Phone, Tier::InPerson);
    make(phone, tier, ChangeState::AwaitingApproval, 0).await;
    make(phone, tier, ChangeState::AwaitingApproval, 1).await;
    make(phone, tier, ChangeState::AwaitingCode, 2).await;
    make(phone, tier, ChangeState::Done { at: later(9) }, 3).await;
    make(phone, tier, failed(FailureReason::Unreachable), 4).await;
    make(ContactKind::Email, Tier::ByAuthority, failed(FailureReason::Expired), 5).await;
    make(phone, tier, ChangeState::Done { at: later(9) }, 100).await;
    let counts = async |now| {
        let counted = scene.reader().await.count_changes(NOW, later(100), now).await.unwrap();
        counted
            .into_iter()
            .map(|ChangeCount { kind, standing, count, .. }| (kind.name(), standing, count))
            .collect::<Vec<_>>()
    };
    let sum = |counts: &[(&str, CountedChange, u64)]| counts.iter().map(|(.., count)| count).sum::<u64>();
    let early = counts(later(10)).await;
    assert_eq!(sum(&early), 6);
    assert!(early.contains(&("phone", CountedChange::Done, 1)));
    assert!(early.contains(&("email", CountedChange::Failed(FailureReason::Expired), 1)));
    let late = counts(later(600)).await;
    assert_eq!(sum(&late), 6);
    assert!(late.contains(&("phone", CountedChange::Failed(FailureReason::NotApproved), 2)), "{late:?}");
    assert!(late.contains(&("phone", CountedChange::Failed(FailureReason::Expired), 1)));
    assert!(late.iter().all(|(_, standing, _)| *standing != CountedChange::Open));
}

#[tokio::test]
async fn the_last_code_of_a_change_tells_whether_the_contact_can_be_reached() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let stored = scene.make.change(account, ContactKind::Phone);
    let id = stored.change.id;
    scene.done([begin(&stored)]).await;
    let failed = async || scene.reader().await.contact_code_failed(id).await.unwrap();
    let (message, other) = (scene.make.message(account), scene.make.message(account));
    let carried = Change::NoteCodeMessage(id, message.id);
    scene.done([Change::Send(message), Change::Send(other.clone())]).await;
    scene.database.tamper("UPDATE outbox SET state = 'failed'").await;
    assert!(!failed().await, "none of them is its own");
    scene.done([carried]).await;
    assert!(failed().await);
    scene.database.tamper("UPDATE outbox SET state = 'sent'").await;
    assert!(!failed().await);
    let nobodys = Change::NoteCodeMessage(ChangeId::new(scene.make.id()), other.id);
    assert_eq!(scene.commit([nobodys]).await, Outcome::Changed);
}

#[tokio::test]
async fn what_a_release_before_left_open_has_failed_and_can_be_settled() {
    let scene = Scene::new().await;
    let stored = scene.make.change(scene.account().await.account.id, ContactKind::Phone);
    scene.done([begin(&stored)]).await;
    scene.database.tamper("UPDATE contact_change SET tier = NULL, phase = NULL, account_print = NULL").await;
    let mut found = found(&scene, stored.change.id).await;
    assert_eq!((found.change.tier, found.change.state.failure()), (Tier::ByAuthority, Some(FailureReason::Superseded)));
    found.change.state = failed(FailureReason::Superseded);
    scene.done([save(&found), begin(&scene.make.change(stored.change.account, ContactKind::Phone))]).await;
}

fn claim(scene: &Scene, holder: AccountId, phone: &BlindIndex) -> StoredDispute {
    let dispute = Dispute {
        id: DisputeId::new(scene.make.id()),
        holder,
        opened_by: scene.officer.id,
        office: Some(OfficeCode::parse("79-01").unwrap()),
        opened_at: NOW,
        state: DisputeState::Open,
    };
    StoredDispute { dispute, phone: scene.make.sealed(), phone_index: phone.clone(), version: Version::new(1) }
}

#[tokio::test]
async fn one_claim_to_a_number_of_an_account_is_open_until_it_is_ruled_on_once() {
    let scene = Scene::new().await;
    let judge = scene.make.staff(Role::Administrator);
    let account = scene.account().await;
    let (holder, phone) = (account.account.id, account.phone_index);
    let (first, second) = (claim(&scene, holder, &phone), claim(&scene, holder, &phone));
    let open = |stored: &StoredDispute| Change::OpenDispute(Box::new(stored.clone()));
    scene.done([Change::NewStaff(Box::new(judge.clone())), open(&first)]).await;
    assert_eq!(scene.commit([open(&second)]).await, Outcome::Taken(Table::ContactDispute));
    let found = scene.reader().await.open_dispute(holder, &phone).await.unwrap().unwrap();
    assert_eq!((&found.dispute, &found.phone, &found.phone_index), (&first.dispute, &first.phone, &phone));
    let ruling = (Ruling::HolderKeeps, judge.id, later(5));
    scene.done([Change::ResolveDispute(first.dispute.id, ruling, found.version)]).await;
    let again = scene.commit([Change::ResolveDispute(first.dispute.id, ruling, Version::new(2))]).await;
    assert_eq!(again, Outcome::Changed);
    let found = scene.reader().await.dispute(first.dispute.id).await.unwrap().unwrap();
    assert_eq!(found.dispute, first.dispute.clone().resolve(ruling.0, ruling.1, ruling.2).unwrap());
    scene.done([open(&second)]).await;
    let listed = async |after| scene.reader().await.open_disputes(after, 10).await.unwrap();
    assert_eq!(listed(None).await.iter().map(|one| one.dispute.id).collect::<Vec<_>>(), [second.dispute.id]);
    assert!(listed(Some(second.dispute.id)).await.is_empty());
}
