//! Changes of phone and e-mail address.

use eid::domain::contact::{ChangeState, ContactKind};
use eid::domain::ids::Version;
use eid::store::{Change, StoredChange, Table};

use super::scene::{Outcome, Scene};
use crate::support::records::later;

fn same(found: &StoredChange, kept: &StoredChange) {
    let (a, b) = (&found.change, &kept.change);
    assert_eq!((a.id, a.account, a.kind), (b.id, b.account, b.kind));
    assert_eq!((a.begun_at, a.expires_at, a.state), (b.begun_at, b.expires_at, b.state));
    assert_eq!((&found.new_value, found.version), (&kept.new_value, kept.version));
}

fn begin(stored: &StoredChange) -> Change {
    Change::NewChange(Box::new(stored.clone()))
}

fn save(stored: &StoredChange) -> Change {
    Change::SaveChange(Box::new(stored.change.clone()), stored.version)
}

#[tokio::test]
async fn a_change_comes_back_as_it_was_kept_in_each_of_its_states() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let at = later(30);
    let settled = [ChangeState::Confirmed { at }, ChangeState::Cancelled { at }, ChangeState::Lapsed { at }];
    for (kind, state) in
        [ContactKind::Phone, ContactKind::Email].into_iter().flat_map(|kind| settled.map(|s| (kind, s)))
    {
        let mut stored = scene.make.change(account, kind);
        scene.done([begin(&stored)]).await;
        same(&scene.reader().await.contact_change(stored.change.id).await.unwrap().unwrap(), &stored);
        stored.change.state = state;
        scene.done([save(&stored)]).await;
        stored.version = Version::new(2);
        same(&scene.reader().await.contact_change(stored.change.id).await.unwrap().unwrap(), &stored);
    }
    let unknown = scene.make.change(account, ContactKind::Phone).change.id;
    assert!(scene.reader().await.contact_change(unknown).await.unwrap().is_none());
}

#[tokio::test]
async fn one_change_of_each_kind_is_pending_at_a_time() {
    let scene = Scene::new().await;
    let (account, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let mut first = scene.make.change(account, ContactKind::Phone);
    let second = scene.make.change(account, ContactKind::Phone);
    scene.done([begin(&first), begin(&scene.make.change(account, ContactKind::Email))]).await;
    scene.done([begin(&scene.make.change(other, ContactKind::Phone))]).await;
    assert_eq!(scene.commit([begin(&second)]).await, Outcome::Taken(Table::ContactChange));
    first.change.state = ChangeState::Cancelled { at: later(1) };
    scene.done([save(&first), begin(&second)]).await;
}

#[tokio::test]
async fn the_pending_changes_of_an_account_are_listed_and_no_others() {
    let scene = Scene::new().await;
    let (account, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let [mut settled, phone] = [(); 2].map(|()| scene.make.change(account, ContactKind::Phone));
    let email = scene.make.change(account, ContactKind::Email);
    scene.done([begin(&settled), begin(&scene.make.change(other, ContactKind::Phone))]).await;
    settled.change.state = ChangeState::Lapsed { at: settled.change.expires_at };
    scene.done([save(&settled), begin(&phone), begin(&email)]).await;
    let found = scene.reader().await.pending_changes(account).await.unwrap();
    assert_eq!(found.len(), 2);
    same(&found[0], &phone);
    same(&found[1], &email);
}

#[tokio::test]
async fn a_change_that_was_settled_since_or_is_not_there_is_not_saved() {
    let scene = Scene::new().await;
    let mut stored = scene.make.change(scene.account().await.account.id, ContactKind::Phone);
    assert_eq!(scene.commit([save(&stored)]).await, Outcome::Changed);
    scene.done([begin(&stored)]).await;
    stored.change.state = ChangeState::Confirmed { at: later(1) };
    scene.done([save(&stored)]).await;
    let mut stale = stored.clone();
    stale.change.state = ChangeState::Cancelled { at: later(2) };
    assert_eq!(scene.commit([save(&stale)]).await, Outcome::Changed);
    let found = scene.reader().await.contact_change(stored.change.id).await.unwrap().unwrap();
    assert_eq!(found.change.state, stored.change.state);
}
