//! Devices, challenges, offline codes, proofs in person, authorities and lists.

use std::time::Duration;

use eid::device_ca::Revoked;
use eid::domain::device::{
    Assurance, AuthorityId, Challenge, ChallengeValue, CounterProof, CounterState, Device, DeviceCertificate,
    DevicePurpose, DeviceState, EndReason, KeyProof, ProofPurpose, Route, Serial, Step, TRIES_MAX,
};
use eid::domain::ids::{AccountId, DeviceId, ProofId, Version};
use eid::domain::law::codes::{FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX};
use eid::domain::sealed::CodeDigest;
use eid::domain::staff::Role;
use eid::domain::time::Timestamp;
use eid::store::{BoundDevice, Change, StoredList, Table, Unit};

use super::scene::{NOBODY, Outcome, Scene, outcome, race};
use crate::support::device::Phone;
use crate::support::records::{NOW, later};

const AUTHORITY: AuthorityId = AuthorityId::new([7; 32]);
const DAY: Duration = Duration::from_hours(24);

/// A scene with an authority in it.
pub async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.done([Change::FoundDeviceAuthority(AUTHORITY, b"certificate".to_vec())]).await;
    scene
}

fn challenge(account: AccountId, phone: &Phone, value: u8) -> Challenge {
    let meant = (account, DevicePurpose::Replacement, phone.thumbprint());
    Challenge::new(ChallengeValue::new([value; 32]), meant, Duration::from_mins(2), NOW)
}

fn proof(account: AccountId, phone: &Phone) -> KeyProof {
    let drawn = challenge(account, phone, 1);
    let signature = phone.signature(&drawn.text());
    drawn.answered((account, DevicePurpose::Replacement), phone.key(), &signature, NOW).unwrap()
}

fn certificate(scene: &Scene, device: DeviceId, serial: u8, issued_at: Timestamp) -> DeviceCertificate {
    DeviceCertificate {
        serial: Serial::drawn([serial; 20]),
        device,
        authority: AUTHORITY,
        der: scene.make.sealed().as_bytes().to_vec(),
        issued_at,
        expires_at: issued_at.plus(DAY),
        revoked_at: None,
    }
}

pub fn bound(scene: &Scene, account: AccountId, seed: u8) -> BoundDevice {
    let id = DeviceId::new(scene.make.id());
    let device = Device::bind(id, &proof(account, &Phone::new(seed)), Route::Activation, Assurance::High, NOW);
    BoundDevice { device, certificate: certificate(scene, id, seed, NOW), secret: scene.make.sealed() }
}

pub fn bind(bound: &BoundDevice) -> Change {
    Change::BindDevice(Box::new(bound.clone()))
}

async fn with_device(scene: &Scene, seed: u8) -> BoundDevice {
    let bound = bound(scene, scene.account().await.account.id, seed);
    scene.done([bind(&bound)]).await;
    bound
}

#[tokio::test]
async fn a_device_is_read_as_it_was_bound() {
    let scene = scene().await;
    let bound = with_device(&scene, 1).await;
    let (device, mut reader) = (&bound.device, scene.reader().await);
    assert_eq!(reader.active_device(device.account).await.unwrap().as_ref(), Some(device));
    assert_eq!(reader.device(device.id).await.unwrap().as_ref(), Some(device));
    assert_eq!(reader.device_by_key(device.key.thumbprint()).await.unwrap().as_ref(), Some(device));
    let kept = reader.device_certificate(bound.certificate.serial).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&bound.certificate));
    assert_eq!(reader.unused_totp(device.id).await.unwrap().as_ref(), Some(&bound.secret));
    assert_eq!(reader.device_authority(AUTHORITY).await.unwrap().as_deref(), Some(&b"certificate"[..]));
    let nobody = AccountId::new(scene.make.id());
    assert!(reader.active_device(nobody).await.unwrap().is_none());
    assert!(reader.devices_of(nobody).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_account_has_one_device_and_a_key_is_used_once() {
    let scene = scene().await;
    let first = with_device(&scene, 1).await;
    let second = bound(&scene, first.device.account, 2);
    assert_eq!(scene.commit([bind(&second)]).await, Outcome::Taken(Table::Device));
    let elsewhere = bound(&scene, scene.account().await.account.id, 1);
    assert_eq!(scene.commit([bind(&elsewhere)]).await, Outcome::Taken(Table::Device));
    scene.done([Change::EndDevice(first.device.id, EndReason::Lost)]).await;
    let again = BoundDevice { certificate: certificate(&scene, elsewhere.device.id, 9, NOW), ..elsewhere };
    assert_eq!(scene.commit([bind(&again)]).await, Outcome::Taken(Table::Device), "an ended key stays ended");
    scene.done([bind(&second)]).await;
}

#[tokio::test]
async fn every_device_ever_bound_stays_with_its_dates_and_its_certificates_are_revoked() {
    let scene = scene().await;
    let first = with_device(&scene, 1).await;
    let second = bound(&scene, first.device.account, 2);
    scene.done([Change::EndDevice(first.device.id, EndReason::Replaced), bind(&second)]).await;
    let mut reader = scene.reader().await;
    let ended = Device { state: DeviceState::Ended { at: NOW, reason: EndReason::Replaced }, ..first.device.clone() };
    assert_eq!(reader.devices_of(first.device.account).await.unwrap(), [second.device, ended]);
    let revoked = reader.device_certificate(first.certificate.serial).await.unwrap().unwrap();
    assert_eq!(revoked, DeviceCertificate { revoked_at: Some(NOW), ..first.certificate });
    assert_eq!(reader.device_certificate(second.certificate.serial).await.unwrap(), Some(second.certificate));
    drop(reader);
    let again = Change::EndDevice(first.device.id, EndReason::Lost);
    assert_eq!(scene.commit([again]).await, Outcome::Changed, "a device ends once");
}

#[tokio::test]
async fn a_unit_that_cannot_bind_ends_and_revokes_nothing() {
    let scene = scene().await;
    let (first, other) = (with_device(&scene, 1).await, with_device(&scene, 3).await);
    let clash = BoundDevice { secret: scene.make.sealed(), ..bound(&scene, first.device.account, 3) };
    let changes = [Change::EndDevice(first.device.id, EndReason::Replaced), bind(&clash)];
    assert_eq!(scene.commit(changes).await, Outcome::Taken(Table::Device));
    let mut reader = scene.reader().await;
    assert!(reader.device(first.device.id).await.unwrap().unwrap().is_active());
    assert_eq!(reader.device_certificate(first.certificate.serial).await.unwrap().unwrap().revoked_at, None);
    assert!(reader.device(other.device.id).await.unwrap().unwrap().is_active());
}

#[tokio::test]
async fn another_certificate_is_issued_to_a_device_that_is_active() {
    let scene = scene().await;
    let first = with_device(&scene, 1).await;
    let next = certificate(&scene, first.device.id, 40, later(3_600));
    scene.done([Change::RenewDevice(Box::new(next.clone()))]).await;
    assert_eq!(scene.reader().await.latest_certificate(first.device.id).await.unwrap(), Some(next.clone()));
    scene.done([Change::EndDevice(first.device.id, EndReason::GivenUp)]).await;
    let revoked = scene.reader().await.device_certificate(next.serial).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW), "both are revoked");
    let late = certificate(&scene, first.device.id, 41, NOW);
    assert_eq!(scene.commit([Change::RenewDevice(Box::new(late))]).await, Outcome::Changed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_certificate_slips_past_the_end_of_its_device() {
    let scene = scene().await;
    let first = with_device(&scene, 1).await;
    race(10, |n| {
        let change = if n == 5 {
            Change::EndDevice(first.device.id, EndReason::Lost)
        } else {
            let serial = u8::try_from(n + 50).unwrap();
            Change::RenewDevice(Box::new(certificate(&scene, first.device.id, serial, NOW)))
        };
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [change]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    let mut reader = scene.reader().await;
    assert!(!reader.device(first.device.id).await.unwrap().unwrap().is_active());
    for n in 50..60 {
        let kept = reader.device_certificate(Serial::drawn([n; 20])).await.unwrap();
        assert!(kept.is_none_or(|kept| kept.revoked_at.is_some()), "{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_bind_a_device_at_once_one_does() {
    let scene = scene().await;
    let account = scene.account().await.account.id;
    let outcomes = race(10, |n| {
        let bound = bound(&scene, account, u8::try_from(n + 1).unwrap());
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [bind(&bound)]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&one| one == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&one| one == Outcome::Taken(Table::Device)).count(), 9);
}

#[tokio::test]
async fn a_challenge_is_spent_once_in_its_time() {
    let scene = scene().await;
    let phone = Phone::new(1);
    let drawn = challenge(scene.account().await.account.id, &phone, 3);
    let spend = |at| scene.unit(at, [Change::SpendDeviceChallenge(drawn.value)]);
    assert_eq!(outcome(scene.store.commit(spend(NOW)).await), Outcome::Changed, "it was never drawn");
    scene.done([Change::NewDeviceChallenge(drawn.clone())]).await;
    assert_eq!(scene.reader().await.device_challenge(drawn.value).await.unwrap().as_ref(), Some(&drawn));
    for at in [drawn.expires_at, NOW.minus(Duration::from_hours(1))] {
        assert_eq!(outcome(scene.store.commit(spend(at)).await), Outcome::Changed, "{at}");
    }
    assert_eq!(outcome(scene.store.commit(spend(NOW)).await), Outcome::Done);
    assert_eq!(outcome(scene.store.commit(spend(NOW)).await), Outcome::Changed);
    assert!(scene.reader().await.device_challenge(drawn.value).await.unwrap().is_none());
    let next = challenge(drawn.account, &phone, 4);
    let after = scene.unit(drawn.expires_at.plus(DAY), [Change::NewDeviceChallenge(next)]);
    assert_eq!(outcome(scene.store.commit(after).await), Outcome::Done, "what has ended is dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_spend_a_challenge_at_once_one_does() {
    let scene = scene().await;
    let drawn = challenge(scene.account().await.account.id, &Phone::new(1), 3);
    scene.done([Change::NewDeviceChallenge(drawn.clone())]).await;
    let outcomes = race(20, |_| {
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [Change::SpendDeviceChallenge(drawn.value)]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&one| one == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&one| one == Outcome::Changed).count(), 19);
}

/// Tries an offline code that turns out to be of `step`, or wrong; whether it was taken.
async fn try_step(scene: &Scene, device: DeviceId, at: Timestamp, step: Option<i64>) -> Option<bool> {
    let entry = scene.make.entry(at, NOBODY);
    let decide = move |tried: eid::store::TotpTry| match step.map(Step::from_stored) {
        Some(step) if step > tried.last => (true, Unit::new(entry).with(Change::AcceptTotp(device, step, 1))),
        _ => (false, Unit::new(entry)),
    };
    scene.store.try_totp(device, at, decide).await.unwrap()
}

#[tokio::test]
async fn a_step_is_taken_once_and_none_before_it() {
    let scene = scene().await;
    let id = with_device(&scene, 1).await.device.id;
    assert_eq!(try_step(&scene, id, NOW, Some(100)).await, Some(true));
    for used in [100, 99, 0] {
        assert_eq!(try_step(&scene, id, NOW, Some(used)).await, Some(false), "{used}");
    }
    let (failures, drift) = scene.reader().await.totp_record(id).await.unwrap().unwrap();
    assert_eq!((failures.today, failures.in_row, drift), (3, 3, Some(1)));
    assert!(scene.reader().await.unused_totp(id).await.unwrap().is_none(), "the secret is not handed out again");
    assert_eq!(try_step(&scene, id, NOW, Some(101)).await, Some(true));
    let (failures, _) = scene.reader().await.totp_record(id).await.unwrap().unwrap();
    assert_eq!((failures.today, failures.in_row), (3, 0), "failures of the day stay, those in a row do not");
    let stale = Change::AcceptTotp(id, Step::from_stored(101), 0);
    assert_eq!(scene.commit([stale]).await, Outcome::Changed, "the statement itself refuses it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_show_the_same_offline_code_at_once_one_is_believed() {
    let scene = scene().await;
    let id = with_device(&scene, 1).await.device.id;
    let answers = race(10, |_| {
        let (store, entry) = (scene.store.clone(), scene.make.entry(NOW, NOBODY));
        let decide = move |tried: eid::store::TotpTry| {
            let step = Step::from_stored(7);
            let unit = Unit::new(entry);
            if step > tried.last { (true, unit.with(Change::AcceptTotp(id, step, 0))) } else { (false, unit) }
        };
        async move { store.try_totp(id, NOW, decide).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|&&answer| answer == Some(true)).count(), 1);
}

#[tokio::test]
async fn offline_codes_have_so_many_tries_a_day_and_so_many_in_a_row() {
    let scene = scene().await;
    let id = with_device(&scene, 1).await.device.id;
    let mut counted = 0;
    for day in 0..20 {
        let at = NOW.plus(DAY * day);
        for _ in 0..FAILURES_PER_DAY_MAX + 2 {
            counted += u32::from(try_step(&scene, id, at, None).await.is_some());
        }
        if day == 0 {
            assert_eq!(counted, FAILURES_PER_DAY_MAX);
        }
    }
    assert_eq!(counted, FAILURES_IN_ROW_MAX);
}

#[tokio::test]
async fn an_ended_device_has_no_offline_codes() {
    let scene = scene().await;
    let id = with_device(&scene, 1).await.device.id;
    scene.done([Change::EndDevice(id, EndReason::Lost)]).await;
    assert_eq!(try_step(&scene, id, NOW, Some(5)).await, None);
    assert_eq!(try_step(&scene, DeviceId::new(scene.make.id()), NOW, Some(5)).await, None);
}

fn in_person(scene: &Scene, account: AccountId) -> (CounterProof, CodeDigest) {
    let by = (scene.officer.id, scene.officer.post.office().unwrap().clone());
    let digest = CodeDigest::from_bytes(scene.make.sealed().as_bytes().to_vec());
    (CounterProof::for_replacement(ProofId::new(scene.make.id()), account, by, NOW), digest)
}

fn record((proof, digest): &(CounterProof, CodeDigest)) -> Change {
    Change::RecordProof(Box::new(proof.clone()), digest.clone())
}

/// Tries a code from the counter, which is wrong; the proof and how often it may be tried yet.
async fn try_counter(scene: &Scene, account: AccountId, at: Timestamp) -> Option<(ProofId, u32)> {
    let entry = scene.make.entry(at, NOBODY);
    let decide = move |tried: eid::store::CounterTry| ((tried.proof, tried.tries_left), Unit::new(entry));
    scene.store.try_counter_code((account, ProofPurpose::Replacement), at, decide).await.unwrap()
}

#[tokio::test]
async fn a_proof_in_person_counts_when_a_second_person_agreed_and_until_it_is_used() {
    let scene = scene().await;
    let (account, supervisor) = (scene.account().await.account.id, scene.make.staff(Role::Supervisor));
    scene.done([Change::NewStaff(Box::new(supervisor.clone()))]).await;
    let kept = in_person(&scene, account);
    scene.done([record(&kept)]).await;
    let id = kept.0.id;
    assert_eq!(scene.reader().await.counter_proof(id).await.unwrap().as_ref(), Some(&kept.0));
    assert_eq!(try_counter(&scene, account, NOW).await, None, "nobody agreed");
    assert_eq!(scene.commit([Change::UseProof(id)]).await, Outcome::Changed);
    let own = Change::CountersignProof(id, scene.officer.id);
    assert_eq!(scene.commit([own]).await, Outcome::Changed, "nobody agrees with themselves");
    let agree = || Change::CountersignProof(id, supervisor.id);
    let late = scene.unit(kept.0.expires_at, [agree()]);
    assert_eq!(outcome(scene.store.commit(late).await), Outcome::Changed);
    scene.done([agree()]).await;
    assert_eq!(scene.commit([agree()]).await, Outcome::Changed);
    let state = scene.reader().await.counter_proof(id).await.unwrap().unwrap().state;
    assert_eq!(state, CounterState::Countersigned { by: supervisor.id });
    let live = async |purpose, at| scene.reader().await.has_live_proof((account, purpose), at).await.unwrap();
    assert!(live(ProofPurpose::Replacement, NOW).await && !live(ProofPurpose::Activation, NOW).await);
    assert!(!live(ProofPurpose::Replacement, kept.0.expires_at).await);
    assert_eq!(try_counter(&scene, account, kept.0.expires_at).await, None, "its time is over");
    let entry = scene.make.entry(NOW, NOBODY);
    let other = scene.store.try_counter_code((account, ProofPurpose::Activation), NOW, move |_| ((), Unit::new(entry)));
    assert_eq!(other.await.unwrap(), None, "it is for something else");
    assert_eq!(try_counter(&scene, account, NOW).await, Some((id, TRIES_MAX - 1)));
    scene.done([Change::UseProof(id)]).await;
    assert_eq!(scene.commit([Change::UseProof(id)]).await, Outcome::Changed);
    assert_eq!(try_counter(&scene, account, NOW).await, None);
    assert_eq!(scene.reader().await.counter_proof(id).await.unwrap().unwrap().state, CounterState::Used);
}

#[tokio::test]
async fn a_code_from_the_counter_has_five_tries_and_a_new_proof_takes_the_place_of_the_old() {
    let scene = scene().await;
    let (account, supervisor) = (scene.account().await.account.id, scene.make.staff(Role::Supervisor));
    scene.done([Change::NewStaff(Box::new(supervisor.clone()))]).await;
    let (old, new) = (in_person(&scene, account), in_person(&scene, account));
    scene.done([record(&old), Change::CountersignProof(old.0.id, supervisor.id)]).await;
    for left in (0..TRIES_MAX).rev() {
        assert_eq!(try_counter(&scene, account, NOW).await, Some((old.0.id, left)));
    }
    assert_eq!(try_counter(&scene, account, NOW).await, None);
    scene.done([record(&new)]).await;
    assert!(scene.reader().await.counter_proof(old.0.id).await.unwrap().is_none());
    assert_eq!(try_counter(&scene, account, NOW).await, None, "the new one is not agreed to");
    scene.done([Change::CountersignProof(new.0.id, supervisor.id)]).await;
    assert_eq!(try_counter(&scene, account, NOW).await, Some((new.0.id, TRIES_MAX - 1)));
}

#[tokio::test]
async fn an_authority_has_one_certificate_for_ever() {
    let scene = scene().await;
    let again = Change::FoundDeviceAuthority(AUTHORITY, b"another".to_vec());
    assert_eq!(scene.commit([again]).await, Outcome::Taken(Table::Device));
    assert!(scene.reader().await.device_authority(AuthorityId::new([8; 32])).await.unwrap().is_none());
}

fn list(number: i64) -> StoredList {
    let (number, der) = (Version::new(number), b"list".to_vec());
    StoredList { authority: AUTHORITY, number, der, made_at: NOW, next_at: later(3_600) }
}

fn publish(number: i64, newly: &[Serial]) -> Change {
    Change::PublishDeviceList(Box::new(list(number)), newly.to_vec(), Version::new(number - 1))
}

#[tokio::test]
async fn a_list_takes_the_place_of_the_one_before_and_of_no_other() {
    let scene = scene().await;
    assert!(scene.reader().await.device_list(AUTHORITY).await.unwrap().is_none());
    assert_eq!(scene.commit([publish(2, &[])]).await, Outcome::Changed, "there is no first one");
    scene.done([publish(1, &[])]).await;
    assert_eq!(scene.commit([publish(1, &[])]).await, Outcome::Changed);
    scene.done([publish(2, &[])]).await;
    assert_eq!(scene.reader().await.device_list(AUTHORITY).await.unwrap(), Some(list(2)));
}

#[tokio::test]
async fn what_is_revoked_is_listed_until_after_its_end_and_known_to_stand_in_a_list() {
    let scene = scene().await;
    let (one, two) = (with_device(&scene, 1).await, with_device(&scene, 2).await);
    let unlisted = async |at| scene.reader().await.has_unlisted(AUTHORITY, at).await.unwrap();
    let read = async |since| scene.reader().await.revoked_certificates(AUTHORITY, since).await.unwrap();
    assert!(!unlisted(NOW).await && read(NOW).await.is_empty());
    scene.done([Change::EndDevice(one.device.id, EndReason::Lost)]).await;
    let serial = one.certificate.serial;
    let found = read(NOW).await;
    let revoked = Revoked { serial, at: NOW, reason: EndReason::Lost };
    assert_eq!(found.iter().map(|one| (one.revoked, one.listed)).collect::<Vec<_>>(), [(revoked, false)]);
    assert!(unlisted(NOW).await && !unlisted(one.certificate.expires_at).await);
    scene.done([publish(1, &[serial])]).await;
    assert!(!unlisted(NOW).await && read(NOW).await[0].listed);
    assert!(read(one.certificate.expires_at).await.is_empty(), "it ended before the last list");
    scene.done([Change::EndDevice(two.device.id, EndReason::Replaced)]).await;
    assert!(unlisted(NOW).await);
    assert_eq!(scene.commit([publish(2, &[serial])]).await, Outcome::Changed, "it stood in a list before");
}

#[tokio::test]
async fn more_revoked_certificates_than_a_page_holds_are_all_read() {
    let scene = scene().await;
    let first = with_device(&scene, 1).await;
    let numbered = |n: u16| {
        let mut serial = [0; 20];
        serial[18..].copy_from_slice(&n.to_be_bytes());
        let der = vec![0];
        DeviceCertificate { serial: Serial::drawn(serial), der, ..first.certificate.clone() }
    };
    for chunk in (0..2_100).collect::<Vec<u16>>().chunks(700) {
        scene.done(chunk.iter().map(|n| Change::RenewDevice(Box::new(numbered(*n))))).await;
    }
    scene.done([Change::EndDevice(first.device.id, EndReason::Lost)]).await;
    let all = scene.reader().await.revoked_certificates(AUTHORITY, NOW).await.unwrap();
    let serials: std::collections::BTreeSet<_> = all.iter().map(|one| one.revoked.serial).collect();
    assert_eq!((all.len(), serials.len()), (2_101, 2_101));
}
