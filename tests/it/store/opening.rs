//! Opening, migrating and closing.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::store::{Change, Schema, Store};
use eid::sys::Dice;

use super::scene::{Outcome, Scene, outcome};
use crate::support::database::{Database, on_postgres};
use crate::support::records::NOW;

#[tokio::test]
async fn an_open_store_gives_a_sign_of_life() {
    let database = Database::fresh().await;
    database.store().reader().await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let database = Database::fresh().await;
    assert_eq!(outcome(Store::open(&database.nowhere(), 1).await), Outcome::Unavailable);
}

#[tokio::test]
async fn a_database_without_tables_is_unavailable_until_it_is_migrated() {
    let database = Database::bare().await;
    let count = async || database.store().reader().await.unwrap().messages_in("waiting").await;
    assert_eq!(outcome(count().await), Outcome::Unavailable);
    database.store().migrate().await.unwrap();
    assert_eq!(count().await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_handed_over_is_committed_though_nobody_waits_for_it() {
    let scene = Scene::new().await;
    let member = scene.make.staff(Role::Operator);
    let unit = scene.unit(NOW, [Change::NewStaff(Box::new(member.clone()))]);
    {
        let mut commit = Box::pin(scene.store.commit(unit));
        assert!(futures::poll!(&mut commit).is_pending());
    }
    scene.store.clone().close().await;
    let again = Store::open(scene.database.url(), 1).await.unwrap();
    let found = again.reader().await.unwrap().staff_by_certificate(&member.certificate).await.unwrap();
    assert_eq!(found, Some(member));
}

#[tokio::test]
async fn a_store_closes_although_a_clone_of_it_lives_and_the_clone_is_closed_too() {
    let scene = Scene::new().await;
    let closing = scene.store.clone().close();
    tokio::time::timeout(Duration::from_secs(10), closing).await.expect("closing ends");
    assert_eq!(scene.commit([]).await, Outcome::Unavailable);
    assert_eq!(outcome(scene.store.reader().await), Outcome::Unavailable);
}

#[tokio::test]
async fn practice_has_a_place_of_its_own_that_can_be_cleared_away_and_made_again() {
    let scene = Scene::new().await;
    // Runs may share a server: the number must be one that no other run has.
    let (url, schema) = (scene.database.url(), Schema::practice(u64::from_le_bytes(Dice::system().bytes())));
    for _ in 0..2 {
        let practice = Store::open_practice(url, 1, &schema).await.unwrap();
        practice.migrate().await.unwrap();
        let mut reader = practice.reader().await.unwrap();
        let seen = reader.staff_by_certificate(&scene.officer.certificate).await.unwrap();
        // An embedded database is its file: whoever opens the same one has the same place.
        assert_eq!(seen.is_none(), on_postgres());
        drop(reader);
        practice.close().await;
        Store::drop_practice(url, &schema).await.unwrap();
    }
    let seen = scene.reader().await.staff_by_certificate(&scene.officer.certificate).await.unwrap();
    assert_eq!(seen, Some(scene.officer));
}
