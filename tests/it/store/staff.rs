//! The staff directory.

use eid::domain::staff::{CertificateName, Role, StaffMember};
use eid::store::{Change, Table};

use super::scene::{Outcome, Scene};

fn enter(member: &StaffMember) -> Change {
    Change::NewStaff(Box::new(member.clone()))
}

#[tokio::test]
async fn members_of_every_role_are_found_by_their_certificate_enabled_or_not() {
    let scene = Scene::new().await;
    for (role, enabled) in Role::ALL.into_iter().flat_map(|role| [(role, true), (role, false)]) {
        let member = StaffMember { enabled, ..scene.make.staff(role) };
        scene.done([enter(&member)]).await;
        let found = scene.reader().await.staff_by_certificate(&member.certificate).await.unwrap();
        assert_eq!(found, Some(member));
    }
}

#[tokio::test]
async fn the_same_uri_of_another_issuer_is_someone_else() {
    let scene = Scene::new().await;
    let other = CertificateName { issuer: "CN=Another".into(), ..scene.officer.certificate.clone() };
    assert_eq!(scene.reader().await.staff_by_certificate(&other).await.unwrap(), None);
    let member = StaffMember { certificate: other.clone(), ..scene.make.staff(Role::Operator) };
    scene.done([enter(&member)]).await;
    assert_eq!(scene.reader().await.staff_by_certificate(&other).await.unwrap(), Some(member));
}

#[tokio::test]
async fn a_certificate_is_entered_once() {
    let scene = Scene::new().await;
    let again = StaffMember { certificate: scene.officer.certificate.clone(), ..scene.make.staff(Role::Operator) };
    assert_eq!(scene.commit([enter(&again)]).await, Outcome::Taken(Table::Staff));
}

#[tokio::test]
async fn an_entry_is_disabled_once_and_found_as_such() {
    let scene = Scene::new().await;
    scene.done([Change::DisableStaff(scene.officer.id)]).await;
    let found = scene.reader().await.staff_by_certificate(&scene.officer.certificate).await.unwrap().unwrap();
    assert!(!found.enabled);
    assert_eq!(scene.commit([Change::DisableStaff(scene.officer.id)]).await, Outcome::Changed);
}
