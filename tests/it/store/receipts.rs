//! Receipts: one for each submission, never another in its place.

use eid::domain::ids::EnrolmentId;
use eid::receipt::Signed;
use eid::store::{Change, StoredReceipt, Table};

use super::scene::{Outcome, Scene};

fn receipt(enrolment: EnrolmentId, revision: u32) -> StoredReceipt {
    StoredReceipt { enrolment, revision, signed: Signed::from_stored(format!("a.b.{revision}")) }
}

#[tokio::test]
async fn a_receipt_of_a_request_comes_back_as_it_was_signed_by_revision_or_as_the_latest() {
    let scene = Scene::new().await;
    let (id, another) = (scene.enrolment().await.enrolment.id, scene.enrolment().await.enrolment.id);
    let all = [receipt(id, 1), receipt(id, 2), receipt(id, 10)];
    scene.done(all.iter().cloned().map(Change::KeepReceipt)).await;
    let mut reader = scene.reader().await;
    for one in &all {
        assert_eq!(reader.receipt(id, one.revision).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(reader.latest_receipt(id).await.unwrap().as_ref(), all.last());
    assert_eq!(reader.receipt(id, 3).await.unwrap(), None);
    assert_eq!(reader.receipt(another, 1).await.unwrap(), None);
    assert_eq!(reader.latest_receipt(another).await.unwrap(), None);
}

#[tokio::test]
async fn a_submission_has_one_receipt_and_a_receipt_has_a_request() {
    let scene = Scene::new().await;
    let kept = receipt(scene.enrolment().await.enrolment.id, 1);
    scene.done([Change::KeepReceipt(kept.clone())]).await;
    let other = StoredReceipt { signed: Signed::from_stored("c.d.e".to_owned()), ..kept.clone() };
    assert_eq!(scene.commit([Change::KeepReceipt(other)]).await, Outcome::Taken(Table::Other));
    assert_eq!(scene.reader().await.receipt(kept.enrolment, 1).await.unwrap(), Some(kept));
    let nobodys = receipt(EnrolmentId::new(scene.make.id()), 1);
    assert_eq!(scene.commit([Change::KeepReceipt(nobodys)]).await, Outcome::Unavailable);
}
