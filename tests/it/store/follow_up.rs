//! Following up: accounts with their ways, shelf by shelf, and reminders.

use std::time::Duration;

use eid::domain::code::Purpose;
use eid::domain::follow_up::{NoticeState, Reminded, Shelf};
use eid::domain::ids::{AccountId, Version};
use eid::domain::office::OfficeSpan;
use eid::domain::staff::OfficeCode;
use eid::domain::time::Timestamp;
use eid::store::{
    Attempt, Change, FOLLOW_UP_STATEMENTS, FollowedAccount, Report, SealedMessage, Settled, ShelvedAccount,
    StoredAccount,
};
use uuid::Uuid;

use super::scene::{Outcome, Scene};
use crate::support::database::on_postgres;
use crate::support::plan::plan;
use crate::support::records::{NOW, later, office};

const DAY: Duration = Duration::from_hours(24);

async fn followed(scene: &Scene, id: AccountId) -> FollowedAccount {
    scene.reader().await.followed(id).await.unwrap().unwrap()
}

fn noticed(account: AccountId, at: Timestamp) -> Change {
    Change::NoteNotice { account, sent: at, delivered: None }
}

async fn active(scene: &Scene, at: Timestamp) -> StoredAccount {
    let stored = scene.account().await;
    let account = stored.account.clone().activate(at).unwrap();
    let stored = StoredAccount { account, ..stored };
    scene.done([Change::SaveAccount(Box::new(stored.clone()))]).await;
    stored
}

fn span(code: &str) -> OfficeSpan {
    OfficeSpan { code: OfficeCode::parse(code).unwrap(), from: None, until: None }
}

fn names(rows: &[ShelvedAccount]) -> Vec<AccountId> {
    assert!(rows.iter().all(|row| row.followed.as_ref().is_some_and(|one| one.stored.account.id == row.place.1)));
    rows.iter().map(|row| row.place.1).collect()
}

#[tokio::test]
async fn that_the_notice_was_opened_is_noted_once_and_changes_no_version() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    scene.done([Change::NoteOpened(id)]).await;
    assert_eq!(scene.commit([Change::NoteOpened(id)]).await, Outcome::Changed);
    let found = scene.reader().await.account(id).await.unwrap().unwrap();
    assert_eq!((found.account.notice.opened_at, found.version), (Some(NOW), Version::new(1)));
    assert!(found.account.notice.received_at().is_none());
}

#[tokio::test]
async fn a_way_tells_of_the_latest_notice_the_codes_and_the_devices() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    assert!(scene.reader().await.followed(AccountId::new(scene.make.id())).await.unwrap().is_none());
    let bare = followed(&scene, id).await.way;
    assert_eq!(
        (bare.notice, bare.code_sent_at, bare.device_bound_at, bare.has_device),
        (NoticeState::Waiting, None, None, false)
    );

    let message = scene.make.message(id);
    scene.done([Change::Send(message.clone())]).await;
    let claimed = scene.store.claim_messages(9, Duration::from_mins(1), NOW).await.unwrap();
    assert_eq!(claimed.len(), 1);
    scene.done([Change::Settle(message.id, 1, Settled::Failed)]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Failed);
    scene.done([Change::GiveUpMessage(message.id)]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Failed, "a person saw it, and it did not arrive");

    let again = scene.make.message(id);
    let code = SealedMessage { kind: "activation_code", ..scene.make.message(id) };
    scene.done([Change::Send(again.clone()), Change::Send(code)]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Waiting, "the latest notice counts");
    scene.store.claim_messages(9, Duration::from_mins(1), NOW).await.unwrap();
    scene.done([Change::Settle(again.id, 1, Settled::Sent { at: later(5) })]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Sent { at: later(5), delivered: false });
    let attempt = Attempt {
        message: again.id,
        number: 1,
        carrier: Some("file".to_owned()),
        outcome: "delivered".to_owned(),
        at: later(5),
        parts: Vec::new(),
    };
    scene.done([Change::NoteAttempt(attempt)]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Sent { at: later(5), delivered: true });

    let code = scene.make.code(id, Purpose::Activation, later(7));
    let other = scene.make.code(id, Purpose::PhoneChange, later(9));
    let put = |code| Change::PutCode(Box::new(code), Version::NONE);
    scene.done([put(code), put(other)]).await;
    assert_eq!(followed(&scene, id).await.way.code_sent_at, Some(later(7)));
}

#[tokio::test]
async fn a_notice_that_was_taken_and_then_lost_is_told_from_one_that_never_left() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let message = scene.make.message(id);
    scene.done([Change::Send(message.clone())]).await;
    scene.store.claim_messages(9, Duration::from_mins(1), NOW).await.unwrap();
    let attempt = Attempt {
        message: message.id,
        number: 1,
        carrier: Some("smpp".to_owned()),
        outcome: "accepted".to_owned(),
        at: later(5),
        parts: vec!["1".to_owned()],
    };
    scene.done([Change::Settle(message.id, 1, Settled::Sent { at: later(5) }), Change::NoteAttempt(attempt)]).await;
    scene.done([Change::NoteReport(Report { carrier: "smpp", part: "1".to_owned(), arrived: false })]).await;
    assert_eq!(followed(&scene, id).await.way.notice, NoticeState::Lost);
}

#[tokio::test]
async fn accounts_lie_on_their_shelves_in_order_and_pages_leave_none_out() {
    let scene = Scene::new().await;
    let (mut open, mut lapsed, mut unsent, mut idle) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..5 {
        let ago = |days: u32| NOW.minus(DAY * days);
        for (shelf, at) in [(&mut open, ago(5 - number)), (&mut lapsed, ago(9 + number))] {
            let id = scene.account().await.account.id;
            scene.done([noticed(id, at)]).await;
            shelf.push(id);
        }
        unsent.push(scene.account().await.account.id);
        idle.push(active(&scene, later(u64::from(number))).await.account.id);
    }
    for (shelf, expected) in
        [(Shelf::Open, &open), (Shelf::Lapsed, &lapsed), (Shelf::Unsent, &unsent), (Shelf::Deviceless, &idle)]
    {
        for (whose, here) in [(None, true), (Some(span(office().as_str())), true), (Some(span("79-02")), false)] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let rows = scene.reader().await.shelved((shelf, NOW), whose.as_ref(), after, 2).await.unwrap();
                let Some(last) = rows.last() else { break };
                after = Some(last.place);
                found.extend(names(&rows));
            }
            assert_eq!(&found, if here { expected } else { const { &Vec::new() } }, "{shelf:?} {whose:?}");
        }
    }
}

#[tokio::test]
async fn an_arrival_and_a_reopening_move_an_account_to_its_new_place() {
    let scene = Scene::new().await;
    let stored = scene.account().await;
    let id = stored.account.id;
    let place = async |shelf, now| {
        let rows = scene.reader().await.shelved((shelf, now), None, None, 9).await.unwrap();
        rows.first().map(|row| row.place.0)
    };
    scene.done([noticed(id, NOW)]).await;
    assert_eq!(place(Shelf::Open, NOW).await, Some(NOW));
    scene.done([Change::NoteNotice { account: id, sent: NOW, delivered: Some(later(60)) }]).await;
    assert_eq!(place(Shelf::Open, NOW).await, Some(later(60)), "from delivery");
    let late = NOW.plus(DAY * 20);
    assert_eq!(place(Shelf::Lapsed, late).await, Some(later(60)));
    let kept = scene.reader().await.account(id).await.unwrap().unwrap();
    let account = kept.account.clone().reopen(late).unwrap();
    scene.done([Change::SaveAccount(Box::new(StoredAccount { account, ..kept }))]).await;
    assert_eq!((place(Shelf::Lapsed, late).await, place(Shelf::Open, late).await), (None, Some(late)));
}

#[tokio::test]
async fn what_a_release_before_leaves_out_is_made_up_for_by_the_next_look() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    scene.done([noticed(id, NOW)]).await;
    // That release knows neither of these columns.
    scene.database.tamper("UPDATE account SET office = NULL, received_at = NULL, window_from = 0, look_at = 0").await;
    let own = span(office().as_str());
    let open = async || scene.reader().await.shelved((Shelf::Open, NOW), Some(&own), None, 9).await.unwrap();
    assert!(open().await.is_empty());
    let seen = scene.reader().await.accounts_to_look_at(NOW, 9).await.unwrap().0.remove(0).stored.version;
    scene.done([Change::LookAgain(vec![(id, None, seen)])]).await;
    assert_eq!(names(&open().await), [id]);
}

#[tokio::test]
async fn accounts_are_told_by_when_they_were_issued() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let nobody = AccountId::new(Uuid::nil());
    for (from, until, expected) in [(NOW, later(1), vec![id]), (NOW, NOW, Vec::new()), (later(1), later(9), Vec::new())]
    {
        for whose in [None, Some(span(office().as_str()))] {
            let rows = scene.reader().await.issued(whose.as_ref(), ((from, nobody), until), 9).await.unwrap();
            assert_eq!(names(&rows), expected);
        }
        assert!(
            scene.reader().await.issued(Some(&span("79-02")), ((from, nobody), until), 9).await.unwrap().is_empty()
        );
    }
}

#[tokio::test]
async fn an_account_is_looked_at_when_something_happened_and_when_it_was_planned() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let due = async |now| {
        let (found, _) = scene.reader().await.accounts_to_look_at(now, 9).await.unwrap();
        found.into_iter().map(|one| (one.stored.account.id, one.stored.version, one.reminded)).collect::<Vec<_>>()
    };
    let seen = Version::new(1);
    assert_eq!(due(NOW).await, [(id, seen, None)]);
    scene.done([Change::LookAgain(vec![(id, Some(later(60)), Version::new(7))])]).await;
    assert_eq!(due(NOW).await.len(), 1, "somebody saw another version");
    scene.done([Change::LookAgain(vec![(id, Some(later(60)), seen)])]).await;
    assert_eq!((due(later(59)).await.len(), due(later(60)).await.len()), (0, 1));
    scene.done([Change::LookAgain(vec![(id, None, seen)])]).await;
    assert!(due(NOW.plus(DAY * 99)).await.is_empty());
    scene.done([noticed(id, NOW)]).await;
    assert_eq!(due(NOW).await, [(id, Version::new(2), None)], "something happened");

    let reminded = Reminded { window: None, day: 3 };
    assert_eq!(scene.commit([Change::Remind(id, reminded, None, seen)]).await, Outcome::Changed);
    scene.done([Change::Remind(id, reminded, Some(later(90)), Version::new(2))]).await;
    assert_eq!(scene.commit([Change::Remind(id, reminded, None, Version::new(2))]).await, Outcome::Changed, "once");
    assert_eq!(due(later(90)).await, [(id, Version::new(3), Some(reminded))]);
    let reopened = Reminded { window: Some(later(5)), day: 6 };
    scene.done([Change::Remind(id, reopened, Some(NOW), Version::new(3))]).await;
    assert_eq!(due(NOW).await, [(id, Version::new(4), Some(reopened))]);

    let stored = scene.reader().await.account(id).await.unwrap().unwrap();
    let account = stored.account.clone().activate(later(1)).unwrap();
    scene.done([Change::SaveAccount(Box::new(StoredAccount { account, ..stored }))]).await;
    assert!(due(NOW.plus(DAY * 99)).await.is_empty(), "who is active is reminded of nothing");
    assert_eq!(scene.commit([Change::Remind(id, reminded, None, Version::new(5))]).await, Outcome::Changed);
}

/// Accounts by the thousand, for an engine that plans by numbers: one in ten waits, one in ten of those without a notice.
const MANY: &str = "INSERT INTO account (id, enrolment_id, represented, language, number, number_index, phone, phone_index, \
     login_index, passport_index, issued_at, activated_at, office, received_at, window_from, has_device, look_at, \
     failures_day, failures_today, failures_in_row, version) \
     SELECT gen_random_uuid(), gen_random_uuid(), FALSE, 'vi', '\\x00', ('n' || i)::bytea, '\\x00', '\\x00', '\\x00', \
     '\\x00', i * 1000, CASE WHEN i % 10 > 0 THEN i * 1000 END, (50 + i % 8) || '-01', i, \
     CASE WHEN i % 100 > 0 THEN i * 1000 ELSE 0 END, i % 10 > 1, NULL, 0, 0, 0, 1 FROM generate_series(1, 20000) AS i";

#[tokio::test]
async fn no_list_of_those_who_need_a_hand_looks_at_every_account_and_none_is_sorted() {
    let scene = Scene::new().await;
    if on_postgres() {
        scene.database.tamper("ALTER TABLE account DROP CONSTRAINT account_enrolment_id_fkey").await;
        scene.database.tamper(MANY).await;
        scene.database.tamper("ANALYZE account").await;
    }
    for (name, sql) in FOLLOW_UP_STATEMENTS {
        let office = [
            ("text", "'50-01'"),
            ("bigint", "0"),
            ("bigint", "9000000000000000000"),
            ("bigint", "9000000000000000000"),
        ];
        let page = [("bigint", "0"), ("uuid", "'00000000-0000-0000-0000-000000000000'"), ("bigint", "51")];
        let all = if name.contains("office") { &office[..] } else { &office[3..] };
        let plan = plan(&scene.database, sql, &[&page[..], all].concat(), "").await;
        let scans = ["Seq Scan on account", "SCAN account\n", "Seq Scan on outbox", "SCAN notice"];
        assert!(!scans.iter().any(|scan| plan.contains(scan)), "{name}\n{plan}");
        let index = if name.starts_with("issued") {
            "account_issued"
        } else if name.starts_with("deviceless") {
            "account_deviceless"
        } else {
            "account_awaiting"
        };
        assert!(plan.contains(index), "{name}\n{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{name}\n{plan}");
    }
}
