//! The archive by itself: a folder in every pass, and a bucket on a server that speaks S3 if the pass has one.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use eid::archive::{Archive, ArchiveError, Deletion};
use eid::domain::sealed::Sealed;
use eid::domain::time::Timestamp;
use futures::future::join_all;
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::bucket::PrivateBucket;

const FIRST: Uuid = Uuid::from_u128(1);
const SECOND: Uuid = Uuid::from_u128(2);

fn sealed(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

/// What every form of the archive promises. `here` and `beside` share a place, under two namespaces.
async fn keeps_its_promises(here: &Archive, beside: &Archive) {
    assert_eq!(here.get(FIRST).await.unwrap(), None);
    here.put(FIRST, &sealed("one")).await.unwrap();
    here.put(SECOND, &sealed("two")).await.unwrap();
    here.put(SECOND, &sealed("two")).await.expect("a second try of the same is no fault");
    assert_eq!(here.get(FIRST).await.unwrap(), Some(sealed("one")));
    assert_eq!(beside.get(FIRST).await.unwrap(), None, "another namespace is another place");

    let end = Timestamp::from_micros(i64::MAX);
    let listed = |found: Vec<eid::archive::Found>| found.iter().map(|found| found.object).collect::<Vec<_>>();
    assert_eq!(listed(here.put_before(end).await.unwrap()), [FIRST, SECOND]);
    assert!(beside.put_before(end).await.unwrap().is_empty());
    assert!(here.put_before(Timestamp::from_micros(0)).await.unwrap().is_empty());

    let gone = |was_there| Deletion { was_there, is_gone: true };
    assert_eq!(here.delete(FIRST).await.unwrap(), gone(true));
    assert_eq!(here.delete(FIRST).await.unwrap(), gone(false));
    assert_eq!(here.get(FIRST).await.unwrap(), None);
    assert_eq!(here.get(SECOND).await.unwrap(), Some(sealed("two")));

    let large = Sealed::from_bytes(vec![7; (512 << 10) + 29]);
    here.put(FIRST, &large).await.unwrap();
    assert_eq!(here.get(FIRST).await.unwrap(), Some(large));

    let many: Vec<_> = (10..42).map(Uuid::from_u128).collect();
    for put in join_all(many.iter().map(async |id| here.put(*id, &sealed("many")).await)).await {
        put.unwrap();
    }
    let found: HashSet<_> = listed(here.put_before(end).await.unwrap()).into_iter().collect();
    assert!(many.iter().all(|id| found.contains(id)));
}

fn folder() -> (TempDir, Archive, Archive) {
    let home = tempfile::tempdir().unwrap();
    let open = |namespace| Archive::local(&home.path().join("captures"), namespace).unwrap();
    let (here, beside) = (open("0000000000000001"), open("0000000000000002"));
    (home, here, beside)
}

#[tokio::test]
async fn a_folder_keeps_objects_apart_and_deletes_them_for_good() {
    let (_home, here, beside) = folder();
    keeps_its_promises(&here, &beside).await;
}

#[tokio::test]
async fn a_folder_is_for_its_owner_alone_and_what_is_not_ours_is_left_alone() {
    let (home, here, _) = folder();
    let root = home.path().join("captures");
    assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
    Archive::local(&root, "0000000000000001").unwrap();
    assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);

    here.put(FIRST, &sealed("one")).await.unwrap();
    let ours = root.join("captures/0000000000000001");
    for name in ["README", "00000000000000000000000000000002", "deeper/00000000-0000-0000-0000-000000000003"] {
        let path = ours.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "not ours").unwrap();
    }
    let found = here.put_before(Timestamp::from_micros(i64::MAX)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.object).collect::<Vec<_>>(), [FIRST]);
}

#[tokio::test]
async fn an_object_larger_than_any_capture_is_not_read() {
    let (_home, here, _) = folder();
    here.put(FIRST, &Sealed::from_bytes(vec![0; (1 << 20) + 1])).await.unwrap();
    assert!(matches!(here.get(FIRST).await, Err(ArchiveError::TooLarge)));
}

/// Makes every act on the folder fail, also for those who may do anything.
pub fn break_folder(root: &Path) {
    std::fs::remove_dir_all(root).unwrap();
    std::fs::write(root, "no folder").unwrap();
}

#[tokio::test]
async fn a_folder_that_is_broken_is_unavailable_and_nothing_counts_as_deleted() {
    let (home, here, _) = folder();
    here.put(FIRST, &sealed("one")).await.unwrap();
    break_folder(&home.path().join("captures"));
    assert!(matches!(here.put(SECOND, &sealed("two")).await, Err(ArchiveError::Unavailable(_))));
    assert!(matches!(here.get(FIRST).await, Err(ArchiveError::Unavailable(_))));
    assert!(matches!(here.delete(FIRST).await, Err(ArchiveError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_keeps_objects_apart_and_deletes_them_for_good_over_tls() {
    let Some(bucket) = PrivateBucket::start().await else { return };
    keeps_its_promises(&bucket.open("0000000000000001"), &bucket.open("0000000000000002")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_refuses_us_or_is_away_is_unavailable_in_good_time() {
    let Some(mut bucket) = PrivateBucket::start().await else { return };
    let stranger = bucket.open_as("STRANGER", "0000000000000001");
    assert!(matches!(stranger.put(FIRST, &sealed("one")).await, Err(ArchiveError::Unavailable(_))));
    assert!(matches!(stranger.get(FIRST).await, Err(ArchiveError::Unavailable(_))));
    let here = bucket.open("0000000000000001");
    here.put(FIRST, &sealed("one")).await.unwrap();
    bucket.stop();
    let patience = Duration::from_secs(20);
    for refused in [here.put(SECOND, &sealed("two")).await.err(), here.get(FIRST).await.err()] {
        assert!(matches!(refused, Some(ArchiveError::Unavailable(_))));
    }
    let deleted = tokio::time::timeout(patience, here.delete(FIRST)).await.expect("no endless wait");
    assert!(matches!(deleted, Err(ArchiveError::Unavailable(_))));
}
