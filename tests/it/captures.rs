//! Captures: kept sealed, handed to the authority alone, erased with proof once it has them, and never half kept.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use eid::app::Confirmation;
use eid::domain::audit::{Action, Actor, Entry};
use eid::domain::ids::{EnrolmentId, EntryId};
use eid::proto as pb;
use eid::store::Unit;
use futures::future::join_all;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::archive::break_folder;
use crate::support::captures::{MARK, captures, hashes, sent};
use crate::support::service::{Service, fields, reason, with};

/// A request that waits, with captures; its name.
async fn kept(service: &Service) -> String {
    let id = service.submitted(&service.applicant().await.application).await;
    keep(service, &id).await;
    id
}

/// Keeps captures with a request that is there.
async fn keep(service: &Service, id: &str) {
    keep_these(service, id, &captures()).await;
}

async fn keep_these(service: &Service, id: &str, taken: &eid::domain::capture::Captures) {
    let changes = service.app().keep_captures(enrolment(id), taken).await.unwrap();
    let subject = Uuid::parse_str(id).unwrap();
    let entry_id = EntryId::new(Uuid::parse_str(&service.id()).unwrap());
    let entry = Entry::new(entry_id, service.now(), Actor::Console, Action::EnrolmentReceived, subject);
    service.app().store().commit(Unit::new(entry).with_all(changes)).await.unwrap();
}

fn enrolment(id: &str) -> EnrolmentId {
    EnrolmentId::parse(id).unwrap()
}

async fn fetch(service: &Service, id: &str, lease: &str) -> Result<Option<pb::Captures>, Status> {
    let request = pb::GetCapturesRequest { enrolment_id: id.to_owned(), lease_id: lease.to_owned() };
    service.authority().get_captures(request).await.map(|answer| answer.into_inner().captures)
}

async fn confirm(service: &Service, id: &str, sha256: Vec<Vec<u8>>) -> Result<pb::ConfirmCapturesOutcome, Status> {
    let request = pb::ConfirmCapturesRequest { enrolment_id: id.to_owned(), sha256 };
    service.authority().confirm_captures(request).await.map(|answer| answer.into_inner().outcome())
}

/// The hashes of what was kept, as the authority sends them.
fn received() -> Vec<Vec<u8>> {
    hashes(&captures()).into_iter().map(|hash| hash.to_vec()).collect()
}

/// The files of the archive.
fn objects(service: &Service) -> Vec<PathBuf> {
    fn walk(folder: PathBuf, found: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { walk(path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(service.archive(), &mut found);
    found.sort();
    found
}

async fn erase(service: &Service) -> usize {
    let mut erased = 0;
    loop {
        match service.app().erase_due().await.unwrap() {
            0 => return erased,
            claimed => erased += claimed,
        }
    }
}

/// How often something was done to the request.
async fn times(service: &Service, id: &str, action: &str) -> usize {
    service.actions(id).await.iter().filter(|done| *done == action).count()
}

#[tokio::test]
async fn the_authority_gets_what_was_captured_and_each_look_is_recorded() {
    with(async |service| {
        let id = kept(service).await;
        let lease = service.claimed().await.lease_id;
        for look in 1..=2 {
            let got = fetch(service, &id, &lease).await.unwrap().unwrap();
            let taken = captures();
            assert_eq!(got.face.unwrap().content, taken.face.unwrap().content().as_bytes());
            let fingers: Vec<_> = got.fingerprints.iter().map(|print| (print.finger(), print.quality)).collect();
            assert_eq!(fingers, [(pb::Finger::RightIndex, Some(80)), (pb::Finger::LeftIndex, Some(80))]);
            for (got, taken) in got.fingerprints.iter().zip(&taken.fingerprints) {
                assert_eq!(got.content, taken.content().as_bytes());
            }
            let missing: Vec<_> = got.missing_fingers.iter().map(|one| (one.finger(), one.absence())).collect();
            assert_eq!(missing, [(pb::Finger::LeftThumb, pb::FingerAbsence::Amputated)]);
            assert_eq!(times(service, &id, "captures.handed-over").await, look);
        }
    })
    .await;
}

#[tokio::test]
async fn captures_are_handed_over_under_the_latest_lease_and_after_the_approval() {
    with(async |service| {
        let id = kept(service).await;
        let unclaimed = fetch(service, &id, &service.id()).await.unwrap_err();
        assert_eq!((unclaimed.code(), reason(&unclaimed).as_str()), (Code::FailedPrecondition, "LEASE_LOST"));
        let first = service.claimed().await.lease_id;
        service.wait(Duration::from_mins(6));
        let second = service.claimed().await.lease_id;
        assert_eq!(reason(&fetch(service, &id, &first).await.unwrap_err()), "LEASE_LOST");
        assert!(fetch(service, &id, &second).await.unwrap().is_some());
        assert_eq!(times(service, &id, "captures.handed-over").await, 1, "a refused look shows nothing");
        service.approve((&id, &second), &service.number()).await.unwrap();
        assert!(fetch(service, &id, &second).await.unwrap().is_some());
        let unknown = fetch(service, &service.id(), &second).await.unwrap_err();
        assert_eq!(reason(&unknown), "ENROLMENT_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_request_without_captures_has_none_to_get_or_to_confirm() {
    with(async |service| {
        let id = service.submitted(&service.applicant().await.application).await;
        let lease = service.claimed().await.lease_id;
        assert!(fetch(service, &id, &lease).await.unwrap().is_none());
        assert_eq!(confirm(service, &id, received()).await.unwrap(), pb::ConfirmCapturesOutcome::NothingHeld);
        let nothing = service.app().keep_captures(enrolment(&id), &eid::domain::capture::Captures::default()).await;
        assert!(nothing.unwrap().is_empty() && objects(service).is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_arrived_is_confirmed_by_its_hashes_and_erased_with_proof() {
    with(async |service| {
        let id = kept(service).await;
        let lease = service.claimed().await.lease_id;
        let before: Vec<_> = objects(service).iter().map(|path| std::fs::read(path).unwrap()).collect();
        let sealed: HashSet<_> = before.iter().map(|bytes| hex::encode(Sha256::digest(bytes))).collect();
        assert_eq!(before.len(), 3);

        let mut wrong = received();
        wrong[0][0] ^= 1;
        for different in [wrong, received()[..2].to_vec(), [received(), received()].concat()[..4].to_vec()] {
            assert_eq!(confirm(service, &id, different).await.unwrap(), pb::ConfirmCapturesOutcome::Different);
        }
        assert!(fetch(service, &id, &lease).await.unwrap().is_some());

        let mut any_order = received();
        any_order.reverse();
        assert_eq!(confirm(service, &id, any_order).await.unwrap(), pb::ConfirmCapturesOutcome::Confirmed);
        assert!(fetch(service, &id, &lease).await.unwrap().is_none(), "unreadable from this moment");
        assert_eq!(objects(service).len(), 3, "the noise goes next");
        assert_eq!(erase(service).await, 3);
        assert!(objects(service).is_empty());
        assert_eq!(confirm(service, &id, received()).await.unwrap(), pb::ConfirmCapturesOutcome::AlreadyEnded);

        let proofs = service.audit(&id).await;
        let proofs: Vec<_> = proofs.iter().filter(|entry| entry["action"] == "capture.deleted").collect();
        let proven: HashSet<_> =
            proofs.iter().map(|entry| entry["facts"]["sha256"].as_str().unwrap().to_owned()).collect();
        assert_eq!(proven, sealed);
        for entry in proofs {
            let facts = &entry["facts"];
            assert_eq!((&facts["read_before"], &facts["read_after"]), (&"present".into(), &"absent".into()));
            assert_eq!((&entry["actor"], &facts["archive"]), (&"service:eraser".into(), &"local".into()));
        }
    })
    .await;
}

#[tokio::test]
async fn of_sixteen_confirmations_at_once_one_ends_the_keeping() {
    with(async |service| {
        let id = kept(service).await;
        let outcomes = join_all((0..16).map(|_| confirm(service, &id, received()))).await;
        let confirmed = |outcome: &Result<_, _>| matches!(outcome, Ok(pb::ConfirmCapturesOutcome::Confirmed));
        assert_eq!(outcomes.iter().filter(|outcome| confirmed(outcome)).count(), 1);
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(times(service, &id, "captures.confirmed").await, 1);
        let erased: usize =
            join_all((0..16).map(|_| service.app().erase_due())).await.into_iter().map(Result::unwrap).sum();
        assert_eq!((erased, times(service, &id, "capture.deleted").await), (3, 3));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_ends_the_keeping_of_what_was_captured() {
    with(async |service| {
        let id = kept(service).await;
        let lease = service.claimed().await.lease_id;
        let refusal = pb::AuthorityRefusal { reason: pb::RefusalReason::Duplicate.into() };
        let decision = pb::record_decision_request::Decision::Refusal(refusal);
        service.decide((&id, &lease), decision).await.unwrap();
        assert!(fetch(service, &id, &lease).await.unwrap().is_none());
        assert_eq!(confirm(service, &id, received()).await.unwrap(), pb::ConfirmCapturesOutcome::AlreadyEnded);
        assert_eq!(erase(service).await, 3);
        assert!(objects(service).is_empty());
        assert_eq!(times(service, &id, "capture.deleted").await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_eraser_that_was_killed_is_followed_by_one_that_finishes() {
    with(async |service| {
        let id = kept(service).await;
        confirm(service, &id, received()).await.unwrap();
        // It claims, deletes one object, and is gone before it records anything.
        let store = service.app().store();
        let claimed = store.claim_objects(10, Duration::from_mins(1), service.now()).await.unwrap();
        assert_eq!(claimed.len(), 3);
        std::fs::remove_file(&objects(service)[0]).unwrap();
        assert_eq!(erase(service).await, 0, "its claim holds");
        service.wait(Duration::from_mins(1));
        assert_eq!(erase(service).await, 3);
        assert!(objects(service).is_empty());
        let entries = service.audit(&id).await;
        let read_before = entries.iter().filter_map(|entry| entry["facts"]["read_before"].as_str());
        assert_eq!(read_before.filter(|read| *read == "absent").count(), 1, "{entries:?}");
        assert_eq!(times(service, &id, "capture.deleted").await, 3);
    })
    .await;
}

#[tokio::test]
async fn what_was_put_by_a_call_that_was_never_committed_is_swept_up_after_an_hour() {
    with(async |service| {
        let id = kept(service).await;
        let of_rows = objects(service);
        let lost = service.submitted(&service.applicant().await.application).await;
        drop(service.app().keep_captures(enrolment(&lost), &captures()).await.unwrap());
        assert_eq!(objects(service).len(), 6);
        let aged = |secs| {
            let at = SystemTime::UNIX_EPOCH + Duration::from_micros(service.now().micros().unsigned_abs());
            for path in objects(service) {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                file.set_modified(at - Duration::from_secs(secs)).unwrap();
            }
        };
        aged(3_600);
        assert_eq!(service.app().sweep_archive().await.unwrap(), 0, "it may yet be committed");
        aged(3_601);
        let orphans: Vec<_> = objects(service).into_iter().filter(|path| !of_rows.contains(path)).collect();
        assert_eq!(service.app().sweep_archive().await.unwrap(), 3);
        assert_eq!(objects(service), of_rows, "what has a row stays");
        for orphan in orphans {
            let name = orphan.file_name().unwrap().to_str().unwrap().to_owned();
            assert_eq!(service.actions(&name).await, ["archive.orphan-deleted"]);
        }
        let lease = service.claimed().await.lease_id;
        assert!(fetch(service, &id, &lease).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn an_object_that_comes_back_from_a_copy_is_swept_up_and_cannot_be_read() {
    with(async |service| {
        let id = kept(service).await;
        let copies: Vec<_> = objects(service).into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
        confirm(service, &id, received()).await.unwrap();
        erase(service).await;
        for (bytes, path) in &copies {
            std::fs::write(path, bytes).unwrap();
            std::fs::File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        let lease = service.claimed().await.lease_id;
        assert!(fetch(service, &id, &lease).await.unwrap().is_none());
        assert_eq!(service.app().sweep_archive().await.unwrap(), 3);
        assert!(objects(service).is_empty());
    })
    .await;
}

#[tokio::test]
async fn while_the_archive_is_away_nothing_is_kept_handed_over_or_counted_as_deleted() {
    with(async |service| {
        let id = kept(service).await;
        let another = service.submitted(&service.applicant().await.application).await;
        let lease = service.claimed().await.lease_id;
        break_folder(&service.archive());
        let refused = Status::from(service.app().keep_captures(enrolment(&another), &captures()).await.unwrap_err());
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "ARCHIVE_UNAVAILABLE"));
        let mut reader = service.app().store().reader().await.unwrap();
        assert!(reader.captures(enrolment(&another)).await.unwrap().is_none());
        drop(reader);
        assert_eq!(reason(&fetch(service, &id, &lease).await.unwrap_err()), "ARCHIVE_UNAVAILABLE");
        // What arrived before can still be confirmed: its key goes now, the objects when they can be reached.
        assert_eq!(confirm(service, &id, received()).await.unwrap(), pb::ConfirmCapturesOutcome::Confirmed);
        assert_eq!(service.app().erase_due().await.unwrap(), 3);
        assert_eq!(times(service, &id, "capture.deleted").await, 0);
        std::fs::remove_file(service.archive()).unwrap();
        std::fs::create_dir(service.archive()).unwrap();
        service.wait(Duration::from_mins(1));
        assert_eq!(service.app().erase_due().await.unwrap(), 3);
        assert_eq!(times(service, &id, "capture.deleted").await, 3);
    })
    .await;
}

/// A way to spoil the first object, with the second one at hand.
type Spoil = &'static dyn Fn(&PathBuf, &PathBuf);

#[tokio::test]
async fn an_object_that_was_changed_lost_or_exchanged_is_not_handed_over() {
    with(async |service| {
        let (id, other) = (kept(service).await, kept(service).await);
        let lease = service.claimed().await.lease_id;
        let all = objects(service);
        let (first, second) = (&all[0], &all[1]);
        let ways: [Spoil; 3] = [
            &|first, second| assert!(std::fs::copy(second, first).unwrap() > 0),
            &|first, _| {
                let mut bytes = std::fs::read(first).unwrap();
                bytes[40] ^= 1;
                std::fs::write(first, bytes).unwrap();
            },
            &|first, _| std::fs::remove_file(first).unwrap(),
        ];
        for spoil in ways {
            spoil(first, second);
            let broken = fetch(service, &id, &lease).await.unwrap_err();
            assert_eq!((broken.code(), reason(&broken).as_str()), (Code::Internal, "BROKEN"));
            assert!(fetch(service, &other, &lease).await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn no_byte_of_what_was_captured_is_kept_in_clear() {
    with(async |service| {
        kept(service).await;
        let taken = captures();
        assert!(taken.face.as_ref().unwrap().content().as_bytes().windows(MARK.len()).any(|window| window == MARK));
        for object in objects(service) {
            let bytes = std::fs::read(&object).unwrap();
            assert!(!bytes.windows(12).any(|window| MARK.windows(12).any(|mark| mark == window)), "{object:?}");
        }
        for clear in [MARK.to_vec(), hex::encode(MARK).into_bytes(), b"Amputated".to_vec()] {
            assert!(!service.database().holds(&clear).await);
        }
        // A hash of a face finds that face again: it is as secret as the face.
        for hash in hashes(&taken) {
            assert!(
                !service.database().holds(&hash).await && !service.database().holds(hex::encode(hash).as_bytes()).await
            );
        }
        assert_eq!(format!("{taken:?}").matches("Content(").count(), 3);
    })
    .await;
}

#[tokio::test]
async fn fingers_that_are_missing_and_nothing_else_are_confirmed_without_a_hash() {
    with(async |service| {
        let id = service.submitted(&service.applicant().await.application).await;
        let alone = eid::domain::capture::Captures { face: None, fingerprints: Vec::new(), ..captures() };
        keep_these(service, &id, &alone).await;
        assert_eq!(confirm(service, &id, Vec::new()).await.unwrap(), pb::ConfirmCapturesOutcome::Confirmed);
        assert_eq!(confirm(service, &id, Vec::new()).await.unwrap(), pb::ConfirmCapturesOutcome::AlreadyEnded);
        service.claimed().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    with(async |service| {
        let empty = service.authority().get_captures(pb::GetCapturesRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["enrolment_id", "lease_id"]);
        let id = service.submitted(&service.applicant().await.application).await;
        for (sent, named) in [
            (vec![vec![0; 32]; 12], vec!["sha256"]),
            (vec![vec![0; 32], vec![0; 31], Vec::new()], vec!["sha256[1]", "sha256[2]"]),
        ] {
            assert_eq!(fields(&confirm(service, &id, sent).await.unwrap_err()), named);
        }
        let caller = eid::app::Caller::from_directory(authority(service).await, None).unwrap();
        let nobodys = service.app().confirm_captures(&caller, enrolment(&id), &[[0; 32]]).await.unwrap();
        assert_eq!(nobodys, Confirmation::NothingHeld);
        service.claimed().await;
    })
    .await;
}

async fn authority(service: &Service) -> eid::domain::staff::StaffMember {
    let name = crate::support::service::certificate("authority");
    service.app().store().reader().await.unwrap().staff_by_certificate(&name).await.unwrap().unwrap()
}

/// Hands a request with a face alone in, which is noted, and has the authority return it; its name and its content.
async fn returned(service: &Service) -> (String, pb::Application) {
    let captures = pb::Captures { face: sent().face, ..pb::Captures::default() };
    let application = service.applicant().await.application;
    let request = pb::SubmitRequest {
        request_id: service.id(),
        application: Some(application.clone()),
        captures: Some(captures),
        ..pb::SubmitRequest::default()
    };
    let answer = service.officer().submit(request).await.unwrap().into_inner();
    let Some(pb::submit_response::Outcome::Accepted(receipt)) = answer.outcome else { panic!("not taken in") };
    let lease = service.claimed().await.lease_id;
    let wanted = pb::MoreInformation {
        reason: pb::ReturnReason::Face.into(),
        note: "The face is in the shade; please take it again.".to_owned(),
    };
    let decision = pb::record_decision_request::Decision::MoreInformation(wanted);
    service.decide((&receipt.enrolment_id, &lease), decision).await.unwrap();
    (receipt.enrolment_id, application)
}

async fn correct(service: &Service, id: &str, application: pb::Application, captures: Option<pb::Captures>) {
    let request = pb::CorrectRequest {
        request_id: service.id(),
        enrolment_id: id.to_owned(),
        application: Some(application),
        captures,
        ..pb::CorrectRequest::default()
    };
    let answer = service.officer().correct(request).await.unwrap().into_inner();
    assert!(matches!(answer.outcome, Some(pb::correct_response::Outcome::Accepted(_))));
}

#[tokio::test]
async fn a_correction_without_captures_uses_those_that_are_held_and_notes_what_was_noted_of_them() {
    with(async |service| {
        let (id, application) = returned(service).await;
        let before = noted(service, &id).await;
        assert!(before.contains(&"capture.fingerprints-missing".to_owned()), "{before:?}");
        let held = objects(service);
        correct(service, &id, application, None).await;
        assert_eq!(noted(service, &id).await, before);
        assert_eq!(objects(service), held);
        let lease = service.claimed().await.lease_id;
        assert!(fetch(service, &id, &lease).await.unwrap().is_some());
    })
    .await;
}

async fn noted(service: &Service, id: &str) -> Vec<String> {
    let request = pb::GetRequest { enrolment_id: id.to_owned() };
    let enrolment = service.officer().get(request).await.unwrap().into_inner().enrolment.unwrap();
    enrolment.notes.into_iter().map(|note| note.rule).collect()
}

#[tokio::test]
async fn captures_of_a_correction_are_those_that_the_authority_gets_and_the_earlier_ones_are_erased_with_proof() {
    with(async |service| {
        let (id, application) = returned(service).await;
        let held: HashSet<_> = objects(service).into_iter().collect();
        correct(service, &id, application, Some(sent())).await;
        assert!(noted(service, &id).await.is_empty(), "what was noted before is cured");
        let lease = service.claimed().await.lease_id;
        let got = fetch(service, &id, &lease).await.unwrap().unwrap();
        assert_eq!((got.face.is_some(), got.fingerprints.len()), (true, 2));
        assert_eq!(erase(service).await, held.len());
        assert!(objects(service).iter().all(|object| !held.contains(object)));
        assert_eq!(times(service, &id, "capture.deleted").await, held.len());
        assert_eq!(confirm(service, &id, received()).await.unwrap(), pb::ConfirmCapturesOutcome::Confirmed);
    })
    .await;
}

#[tokio::test]
async fn what_was_captured_for_a_withdrawn_request_is_erased() {
    with(async |service| {
        let (id, _) = returned(service).await;
        let count = objects(service).len();
        let request = pb::WithdrawRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            reason: pb::WithdrawalReason::NotCorrected.into(),
        };
        service.officer().withdraw(request).await.unwrap();
        assert_eq!(erase(service).await, count);
        assert!(objects(service).is_empty());
        assert_eq!(times(service, &id, "capture.deleted").await, count);
    })
    .await;
}
