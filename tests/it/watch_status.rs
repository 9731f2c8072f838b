//! Watching accounts: every event once, those of one account in order, whatever is cut, restarted or written at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eid::domain::account::AccountState;
use eid::domain::account_event::{AccountEvent, AccountPlace, AccountVerb};
use eid::domain::staff::Role;
use eid::proto as pb;
use eid::proto::activation_service_client::ActivationServiceClient;
use eid::store::{Change, Unit};
use eid::sys::Dice;
use futures::future::join_all;
use pb::AccountEventKind as Kind;
use tonic::{Code, Status, Streaming};

use crate::devices::{Person, bound};
use crate::hotline::{asked, closes_at, second};
use crate::support::contacts::{begun_phone, confirm, fresh_phone};
use crate::support::device::Phone;
use crate::support::proposals::approve;
use crate::support::records::{Records, received};
use crate::support::service::{Channel, Replica, Service, certificate, fields, reason, with};
use crate::watch::{end, next, present as present_of_office, watched_by as office_watched_by};

type Stream = Streaming<pb::WatchStatusResponse>;

/// Begins to watch; lets time pass when that was too often.
async fn begin(service: &Service, channel: Channel, token: &str) -> Result<Stream, Status> {
    let mut client = ActivationServiceClient::new(channel);
    loop {
        let request = pb::WatchStatusRequest { resume_token: token.to_owned() };
        match client.watch_status(request).await {
            Err(refused) if reason(&refused) == "TOO_MANY_CALLS" => service.wait(Duration::from_secs(1)),
            answer => return answer.map(tonic::Response::into_inner),
        }
    }
}

/// The same, after calls that were dropped have given up their places: the service learns of that in its own time.
async fn watch(service: &Service, channel: Channel, token: &str) -> Result<Stream, Status> {
    let begun = async {
        loop {
            match begin(service, channel.clone(), token).await {
                Err(refused) if reason(&refused) == "TOO_MANY_WATCHERS" => tokio::task::yield_now().await,
                answer => return answer,
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), begun).await.expect("a place is free")
}

async fn watched(service: &Service, token: &str) -> Result<Stream, Status> {
    watch(service, service.channel(Some("app_backend")), token).await
}

/// Where the present is.
async fn present(service: &Service) -> String {
    let first = next(&mut watched(service, "").await.unwrap()).await.unwrap();
    assert!(first.event.is_none(), "the first message tells the place and nothing else");
    first.resume_token
}

/// Everything after `token` that has happened by now, each with the token behind it.
async fn caught_up(service: &Service, token: &str) -> Vec<(pb::AccountEvent, String)> {
    let mut stream = watched(service, token).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let message = next(&mut stream).await.unwrap();
        match message.event {
            Some(event) => heard.push((event, message.resume_token)),
            None => return heard,
        }
    }
}

/// The kinds of what has happened since, and the last event; what comes next is to be told behind its token.
async fn kinds_since(service: &Service, token: &mut String) -> (Vec<Kind>, pb::AccountEvent) {
    let heard = caught_up(service, token).await;
    let (last, behind) = heard.last().cloned().expect("something happened");
    *token = behind;
    (heard.iter().map(|(event, _)| event.kind()).collect(), last)
}

#[tokio::test]
async fn each_step_of_an_account_is_told_with_where_it_stands_afterwards() {
    with(async |service| {
        let mut token = present(service).await;
        let person = Person::new(service).await;
        let (holder, standing) = (&person.holder, pb::AccountStanding::Active);
        let (kinds, last) = kinds_since(service, &mut token).await;
        let steps = [Kind::Issued, Kind::NoticeSent, Kind::NoticeDelivered, Kind::Activated];
        let devices = [Kind::DeviceEnded, Kind::DeviceBound];
        let of_the_account: Vec<_> = kinds.into_iter().filter(|kind| !devices.contains(kind)).collect();
        assert_eq!(of_the_account, steps);
        assert_eq!(
            (last.account_id.as_str(), last.standing(), &last.window_closes_at),
            (&*holder.account, standing, &None)
        );

        bound(service, &person, &Phone::new(77)).await;
        let (kinds, last) = kinds_since(service, &mut token).await;
        assert_eq!((kinds.last(), last.standing()), (Some(&Kind::DeviceBound), standing));

        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder.with(Phone::new(77)), &new).await;
        assert!(caught_up(service, &token).await.is_empty(), "a wish is no change");
        confirm(service, &change, &service.latest_code(&new).await).await;
        assert_eq!(kinds_since(service, &mut token).await.0, [Kind::ContactChanged]);
    })
    .await;
}

#[tokio::test]
async fn a_window_that_lapses_is_told_beforehand_and_one_that_is_opened_again_by_its_event() {
    with(async |service| {
        let mut token = present(service).await;
        let holder = service.holder().await;
        let status = service.status(&holder.number, &holder.phone).await;
        let (_, last) = kinds_since(service, &mut token).await;
        assert_eq!((last.standing(), &last.window_closes_at), (status.standing(), &status.window_closes_at));
        assert!(last.window_closes_at.is_some());
        service.wait(Duration::from_hours(8 * 24));
        assert!(caught_up(service, &token).await.is_empty(), "nothing was committed");

        let other = second(service).await;
        let wish = asked(service, &holder).await;
        let opened = approve(service, other, &wish).await.proposal.unwrap();
        let (kinds, last) = kinds_since(service, &mut token).await;
        assert_eq!(kinds, [Kind::Reopened]);
        assert_eq!(last.standing(), pb::AccountStanding::AwaitingActivation);
        assert_eq!(last.window_closes_at, closes_at(&opened));
    })
    .await;
}

#[tokio::test]
async fn behind_each_event_watching_goes_on_with_the_next_in_every_process() {
    with(async |service| {
        let token = present(service).await;
        for _ in 0..3 {
            service.active_holder().await;
        }
        let heard = caught_up(service, &token).await;
        assert!(heard.len() >= 12);
        let replica = service.replica();
        for (place, (_, token)) in heard.iter().enumerate() {
            let channel = match place % 2 {
                0 => replica.channel("app_backend"),
                _ => service.channel(Some("app_backend")),
            };
            let mut stream = watch(service, channel, token).await.unwrap();
            for (expected, _) in &heard[place + 1..] {
                assert_eq!(next(&mut stream).await.unwrap().event.as_ref(), Some(expected));
            }
            assert!(next(&mut stream).await.unwrap().event.is_none());
        }
        replica.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_another_process_commits_is_told_too_and_a_stop_says_to_go_on() {
    with(async |service| {
        let replica = service.replica();
        let mut stream = watch(service, replica.channel("app_backend"), "").await.unwrap();
        assert!(next(&mut stream).await.unwrap().event.is_none());
        let holder = service.holder().await;
        let (event, token) = loop {
            let message = next(&mut stream).await.unwrap();
            if let Some(event) = message.event {
                break (event, message.resume_token);
            }
        };
        assert_eq!((event.kind(), &event.account_id), (Kind::Issued, &holder.account));
        let (ended, ()) = tokio::join!(end(&mut stream), replica.stop());
        assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unavailable, "WATCH_AGAIN"));
        let kinds: Vec<_> = caught_up(service, &token).await.iter().map(|(event, _)| event.kind()).collect();
        assert_eq!(
            kinds,
            [Kind::NoticeSent, Kind::NoticeDelivered],
            "the other process goes on where the first one ended"
        );
    })
    .await;
}

/// What a task does to each of its accounts, behind the service's back: five changes, each told by one event.
async fn move_accounts(service: &Service, make: &Records, officer: eid::domain::ids::StaffId) {
    let store = service.app().store();
    let commit = async |changes: Vec<Change>| {
        let entry = make.entry(service.now(), officer.uuid());
        store.commit(Unit::new(entry).with_all(changes)).await.unwrap();
    };
    for _ in 0..5 {
        let (enrolment, now) = (make.enrolment(officer), service.now());
        let stored = make.account(enrolment.enrolment.id);
        let (account, events) = (stored.account.id, received(&enrolment));
        commit(vec![Change::NewEnrolment(Box::new(enrolment), events), Change::NewAccount(Box::new(stored))]).await;
        for delivered in [None, Some(now)] {
            commit(vec![Change::NoteNotice { account, sent: now, delivered }]).await;
        }
        for step in 0..2 {
            let mut stored = store.reader().await.unwrap().account(account).await.unwrap().unwrap();
            match step {
                0 => stored.account.state = AccountState::Active { since: now },
                _ => stored.phone_index = make.index(),
            }
            commit(vec![Change::SaveAccount(Box::new(stored))]).await;
        }
    }
}

/// Watches until `done` and nothing else is told, cut off again and again; whatever was heard, in order.
async fn heard_in_pieces(
    service: &Service,
    replica: &mut Option<Replica>,
    dice: &Dice,
    mut token: String,
    done: &AtomicBool,
) -> Vec<pb::AccountEvent> {
    let (mut heard, mut quiet) = (Vec::new(), 0);
    loop {
        let chance = dice.bytes::<3>();
        let channel = match replica.as_ref().filter(|_| chance[0].is_multiple_of(2)) {
            Some(replica) => replica.channel("app_backend"),
            None => service.channel(Some("app_backend")),
        };
        let mut stream = watch(service, channel, &token).await.unwrap();
        for _ in 0..chance[1] % 16 {
            let over = done.load(Ordering::SeqCst);
            let message = next(&mut stream).await.unwrap();
            if chance[2].is_multiple_of(7) {
                // Received, and lost before it was kept: it is told again.
                break;
            }
            token = message.resume_token;
            quiet = if over && message.event.is_none() { quiet + 1 } else { 0 };
            heard.extend(message.event);
        }
        if quiet > 0 {
            return heard;
        }
        if chance[2].is_multiple_of(5) {
            // The process is started anew, in the middle of the stream.
            drop(stream);
            if let Some(running) = replica.take() {
                running.stop().await;
            }
            *replica = Some(service.replica());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_changes_from_eight_tasks_are_each_told_once_and_in_order_to_one_who_is_cut_off_again_and_again() {
    with(async |service| {
        let token = present(service).await;
        let mut reader = service.app().store().reader().await.unwrap();
        let officer = reader.staff_by_certificate(&certificate("officer")).await.unwrap().unwrap().id;
        drop(reader);
        let (mut replica, done, make) = (Some(service.replica()), AtomicBool::new(false), Records::new());
        let moving = async {
            join_all((0..8).map(|_| move_accounts(service, &make, officer))).await;
            done.store(true, Ordering::SeqCst);
        };
        let dice = Dice::seeded(5);
        let watching = heard_in_pieces(service, &mut replica, &dice, token, &done);
        let ((), heard) = tokio::join!(moving, watching);
        assert_eq!(heard.len(), 200);
        let mut by_account = BTreeMap::<_, Vec<_>>::new();
        for event in &heard {
            by_account.entry(&event.account_id).or_default().push(event.kind());
        }
        let steps = [Kind::Issued, Kind::NoticeSent, Kind::NoticeDelivered, Kind::Activated, Kind::ContactChanged];
        assert_eq!(by_account.len(), 40);
        assert!(by_account.values().all(|kinds| *kinds == steps), "{by_account:?}");
        if let Some(replica) = replica.take() {
            replica.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_kind_of_stream_or_of_nothing_is_refused_by_its_name() {
    with(async |service| {
        let (own, office) = (present(service).await, present_of_office(service, "officer").await);
        let cut = own[..own.len() - 3].to_owned();
        for wrong in [office, cut, "?".to_owned(), "AAAA".to_owned(), "A".repeat(5_000)] {
            let refused = watched(service, &wrong).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["resume_token".to_owned()]));
        }
        let refused = office_watched_by(service, "officer", &own).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["resume_token".to_owned()]));
        assert!(watched(service, &own).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_history_that_the_store_does_not_hold_is_told_as_such() {
    with(async |service| {
        let expected = (Code::FailedPrecondition, "RESUME_TOKEN_NOT_IN_HISTORY".to_owned());
        let early = present(service).await;
        let event = AccountEvent {
            account: eid::domain::ids::AccountId::new(uuid::Uuid::nil()),
            verb: AccountVerb::Issued,
            at: service.now(),
            state: AccountState::Awaiting,
            hold: eid::domain::life::Hold::Open,
            window_closes_at: None,
        };
        let forged = AccountPlace::new(|_| (7, Some(event.print()))).token();
        let refused = watched(service, &URL_SAFE_NO_PAD.encode(forged)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), expected);

        service.holder().await;
        let late = present(service).await;
        // The backup held nothing; then others come to stand where the token points.
        service.database().tamper("DELETE FROM account_event").await;
        service.database().tamper("DELETE FROM account_stream").await;
        let refused = watched(service, &late).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), expected);
        for _ in 0..40 {
            service.holder().await;
        }
        let refused = watched(service, &late).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), expected);
        assert_eq!(caught_up(service, &early).await.len(), 120, "one from before the backup goes on");
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_is_disabled_hears_no_more() {
    with(async |service| {
        service.register(Role::AppBackend, None, "old-backend").await;
        let mut stream = watch(service, service.channel(Some("old-backend")), "").await.unwrap();
        let mut other = watched(service, "").await.unwrap();
        let token = next(&mut stream).await.unwrap().resume_token;
        service.app().disable_staff(&certificate("old-backend")).await.unwrap().expect("it was enabled");
        let ended = end(&mut stream).await;
        assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unauthenticated, "CERTIFICATE_UNKNOWN"));
        let refused = watch(service, service.channel(Some("old-backend")), &token).await.unwrap_err();
        assert_eq!(reason(&refused), "CERTIFICATE_UNKNOWN");
        assert!(next(&mut other).await.is_ok(), "others watch on");
    })
    .await;
}

#[tokio::test]
async fn a_backend_watches_by_so_many_calls_and_each_beginning_is_recorded() {
    with(async |service| {
        let token = present(service).await;
        let mut streams = Vec::new();
        let refused = loop {
            match begin(service, service.channel(Some("app_backend")), &token).await {
                Ok(stream) => streams.push(stream),
                Err(refused) => break refused,
            }
        };
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_WATCHERS"));
        assert!((3..=4).contains(&streams.len()), "the one before may not have gone yet");
        let backend = service.app().caller(&certificate("app_backend")).await.unwrap().unwrap().id();
        let entries = service.audit(&backend.to_string()).await;
        let begun: Vec<_> = entries.iter().filter(|entry| entry["action"] == "accounts.watched").collect();
        let resumed: Vec<_> = begun.iter().map(|entry| entry["facts"]["resumed"].as_str().unwrap()).collect();
        assert_eq!(resumed.len(), streams.len() + 1);
        assert!(resumed[0] == "false" && resumed[1..].iter().all(|resumed| *resumed == "true"));
    })
    .await;
}
