//! Accounts.

use eid::domain::account::{AccountState, Notice};
use eid::domain::application::Language;
use eid::domain::ids::Version;
use eid::store::{AccountKey, Change, StoredAccount, Table};

use super::scene::{Outcome, Scene};
use crate::support::records::{NOW, later};

fn same(found: &StoredAccount, kept: &StoredAccount) {
    assert_eq!(found.account, kept.account);
    assert_eq!((&found.number, &found.number_index), (&kept.number, &kept.number_index));
    assert_eq!((&found.phone, &found.phone_index), (&kept.phone, &kept.phone_index));
    assert_eq!((&found.email, &found.passport), (&kept.email, &kept.passport));
    assert_eq!((&found.representative, found.version), (&kept.representative, kept.version));
}

fn add(stored: &StoredAccount) -> Change {
    Change::NewAccount(Box::new(stored.clone()))
}

fn save(stored: &StoredAccount) -> Change {
    Change::SaveAccount(Box::new(stored.clone()))
}

/// An account with everything that may be absent when it is new.
async fn full(scene: &Scene) -> StoredAccount {
    let mut stored = scene.make.account(scene.enrolment().await.enrolment.id);
    stored.account.represented = true;
    stored.account.language = Language::En;
    stored.email = Some((scene.make.sealed(), scene.make.index()));
    stored.representative = Some(scene.make.index());
    scene.done([add(&stored)]).await;
    stored
}

async fn read(scene: &Scene, stored: &StoredAccount) -> StoredAccount {
    scene.reader().await.account(stored.account.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_comes_back_as_it_was_kept_with_and_without_what_may_be_absent() {
    let scene = Scene::new().await;
    for stored in [scene.account().await, full(&scene).await] {
        same(&read(&scene, &stored).await, &stored);
    }
}

#[tokio::test]
async fn an_account_is_found_by_each_of_its_keys() {
    let scene = Scene::new().await;
    let (stored, _other) = (full(&scene).await, full(&scene).await);
    let keys = [
        AccountKey::Id(stored.account.id),
        AccountKey::Enrolment(stored.account.enrolment),
        AccountKey::Number(stored.number_index.clone()),
        AccountKey::Phone(stored.phone_index.clone()),
        AccountKey::Email(stored.email.clone().unwrap().1),
        AccountKey::Passport(stored.passport.clone()),
    ];
    for key in keys {
        let found = scene.reader().await.accounts(&key).await.unwrap();
        assert_eq!(found.iter().map(|found| found.account.id).collect::<Vec<_>>(), [stored.account.id], "{key:?}");
    }
}

#[tokio::test]
async fn nothing_is_found_by_a_key_that_no_account_has() {
    let scene = Scene::new().await;
    scene.account().await;
    let unknown = scene.make.account(scene.make.enrolment(scene.officer.id).enrolment.id);
    let keys = [
        AccountKey::Id(unknown.account.id),
        AccountKey::Enrolment(unknown.account.enrolment),
        AccountKey::Number(scene.make.index()),
        AccountKey::Phone(scene.make.index()),
        AccountKey::Email(scene.make.index()),
        AccountKey::Passport(scene.make.index()),
    ];
    for key in keys {
        assert!(scene.reader().await.accounts(&key).await.unwrap().is_empty(), "{key:?}");
    }
    assert!(scene.reader().await.account(unknown.account.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_search_shows_the_oldest_accounts_first_and_twenty_at_most() {
    let scene = Scene::new().await;
    let phone = scene.make.index();
    let mut ids = Vec::new();
    for _ in 0..21 {
        let mut stored = scene.make.account(scene.enrolment().await.enrolment.id);
        stored.phone_index = phone.clone();
        scene.done([add(&stored)]).await;
        ids.push(stored.account.id);
    }
    let found = scene.reader().await.accounts(&AccountKey::Phone(phone)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.account.id).collect::<Vec<_>>(), ids[..20]);
}

#[tokio::test]
async fn a_login_needs_the_number_and_the_phone_of_one_account() {
    let scene = Scene::new().await;
    let one = scene.account().await;
    scene.account().await;
    let mut reader = scene.reader().await;
    let found = reader.account_by_login(&one.login_index).await.unwrap().unwrap();
    same(&found, &one);
    assert!(reader.account_by_login(&one.phone_index).await.unwrap().is_none());
    assert!(reader.account_by_login(&scene.make.index()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_number_serves_one_account_and_a_request_gets_one_account() {
    let scene = Scene::new().await;
    let kept = scene.account().await;
    let mut same_number = scene.make.account(scene.enrolment().await.enrolment.id);
    same_number.number_index = kept.number_index.clone();
    assert_eq!(scene.commit([add(&same_number)]).await, Outcome::Taken(Table::Account));
    let same_request = scene.make.account(kept.account.enrolment);
    assert_eq!(scene.commit([add(&same_request)]).await, Outcome::Taken(Table::Account));
    let mut same_name = scene.make.account(scene.enrolment().await.enrolment.id);
    same_name.account.id = kept.account.id;
    assert_eq!(scene.commit([add(&same_name)]).await, Outcome::Taken(Table::Account));
}

#[tokio::test]
async fn a_saved_account_is_as_it_was_saved_and_one_version_on() {
    let scene = Scene::new().await;
    let mut stored = scene.account().await;
    stored.account.state = AccountState::Active { since: later(60) };
    stored.account.notice = Notice { sent_at: Some(later(10)), delivered_at: Some(later(20)), opened_at: None };
    (stored.phone, stored.phone_index) = (scene.make.sealed(), scene.make.index());
    stored.email = Some((scene.make.sealed(), scene.make.index()));
    scene.done([save(&stored)]).await;
    stored.version = Version::new(2);
    same(&read(&scene, &stored).await, &stored);
    stored.email = None;
    scene.done([save(&stored)]).await;
    stored.version = Version::new(3);
    same(&read(&scene, &stored).await, &stored);
}

#[tokio::test]
async fn an_account_that_was_changed_since_or_is_not_there_is_not_saved() {
    let scene = Scene::new().await;
    let stored = scene.account().await;
    scene.done([save(&stored)]).await;
    let stale = StoredAccount { phone_index: scene.make.index(), ..stored.clone() };
    assert_eq!(scene.commit([save(&stale)]).await, Outcome::Changed);
    assert_eq!(read(&scene, &stored).await.phone_index, stored.phone_index);
    let gone = scene.make.account(stored.account.enrolment);
    assert_eq!(scene.commit([save(&gone)]).await, Outcome::Changed);
}

#[tokio::test]
async fn what_is_known_of_a_notice_is_added_to_and_never_overwritten() {
    let scene = Scene::new().await;
    let stored = scene.account().await;
    let account = stored.account.id;
    let note = |sent, delivered| Change::NoteNotice { account, sent, delivered };
    scene.done([note(NOW, None)]).await;
    let sent = Notice { sent_at: Some(NOW), ..Notice::default() };
    assert_eq!(read(&scene, &stored).await.account.notice, sent);
    scene.done([note(later(1), Some(later(2)))]).await;
    scene.done([note(later(3), Some(later(4)))]).await;
    let found = read(&scene, &stored).await;
    assert_eq!(found.account.notice, Notice { delivered_at: Some(later(2)), ..sent });
    assert_eq!(found.version, Version::new(4));
    assert_eq!(scene.commit([save(&stored)]).await, Outcome::Changed);
}

#[tokio::test]
async fn a_notice_of_an_account_that_is_not_there_is_refused() {
    let scene = Scene::new().await;
    let account = scene.make.account(scene.make.enrolment(scene.officer.id).enrolment.id).account.id;
    let note = Change::NoteNotice { account, sent: NOW, delivered: None };
    assert_eq!(scene.commit([note]).await, Outcome::Changed);
}
