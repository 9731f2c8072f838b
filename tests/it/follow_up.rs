//! Following up: how far accounts have come, who needs a hand, that a notice was opened, and reminders.

use std::time::Duration;

use eid::app::TrustSettings;
use eid::domain::staff::Role;
use eid::proto as pb;
use eid::proto::follow_up_service_client::FollowUpServiceClient;
use eid::proto::hotline_service_client::HotlineServiceClient;
use pb::{FollowUpHelper as Helper, FollowUpReason as Reason, FunnelStage as Stage};
use serde_json::Value;

use crate::support::proposals::approve;
use crate::support::service::{Channel, Holder, Service, Wishes, another, certificate, fields, with, with_wishes};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn follow_up(service: &Service, who: &str) -> FollowUpServiceClient<Channel> {
    FollowUpServiceClient::new(service.channel(Some(who)))
}

async fn opened(service: &Service, number: &str, phone: &str) -> pb::NoteNoticeOpenedOutcome {
    let request = pb::NoteNoticeOpenedRequest { identity_number: number.to_owned(), phone: phone.to_owned() };
    service.phone_app().note_notice_opened(request).await.unwrap().into_inner().outcome()
}

async fn account(service: &Service, holder: &Holder) -> pb::Account {
    let purpose = pb::LookPurpose::HolderRequest.into();
    let request = pb::GetAccountRequest { account_id: holder.account.clone(), purpose };
    service.administrator().get_account(request).await.unwrap().into_inner().account.unwrap()
}

fn stages(funnel: &pb::Funnel) -> Vec<Stage> {
    funnel.passed.iter().map(pb::FunnelPassage::stage).collect()
}

/// Every account of the list with its reason, page by page.
async fn listed(service: &Service, who: &str, reason: Reason, size: i32) -> Vec<(String, Reason)> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request =
            pb::ListStandingStillRequest { reason: reason.into(), page_size: size, page_token: token.clone() };
        let page = follow_up(service, who).list_standing_still(request).await.unwrap().into_inner();
        assert!(page.accounts.len() <= usize::try_from(size).unwrap() && page.unreadable.is_empty());
        found.extend(page.accounts.into_iter().map(|one| (one.account_id, one.funnel.unwrap().reason())));
        if page.next_page_token.is_empty() {
            return found;
        }
        token = page.next_page_token;
    }
}

/// Does what the worker does once.
async fn remind(service: &Service) {
    while service.app().remind_due().await.unwrap() > 0 {}
}

/// The reminders that reached somebody.
async fn reminders(service: &Service) -> Vec<Value> {
    let messages = service.messages().await;
    messages.into_iter().filter(|message| message["kind"] == "activation_reminder").collect()
}

#[tokio::test]
async fn that_the_notice_was_opened_is_kept_once_and_begins_nothing() {
    with(async |service| {
        let holder = service.holder().await;
        let before = account(service, &holder).await;
        assert!(before.notice_opened_at.is_none());
        service.wait(HOUR);
        assert_eq!(opened(service, &holder.number, &holder.phone).await, pb::NoteNoticeOpenedOutcome::Noted);
        let first = account(service, &holder).await;
        service.wait(HOUR);
        assert_eq!(opened(service, &holder.number, &holder.phone).await, pb::NoteNoticeOpenedOutcome::Noted);
        let second = account(service, &holder).await;
        assert!(first.notice_opened_at.is_some() && first.notice_opened_at == second.notice_opened_at);
        assert_eq!(first.window_closes_at, before.window_closes_at);
        assert_eq!(
            stages(first.funnel.as_ref().unwrap()),
            [Stage::Issued, Stage::Notified, Stage::Delivered, Stage::Opened]
        );
        let notes = service.actions(&holder.account).await.iter().filter(|one| *one == "notice.opened").count();
        assert_eq!(notes, 1, "a repeat leaves no trace");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_opened_nothing_gets_an_answer_of_the_same_shape() {
    with(async |service| {
        let holder = service.holder().await;
        for (number, phone) in [("999000999000", holder.phone.as_str()), (holder.number.as_str(), "0912000000")] {
            assert_eq!(opened(service, number, phone).await, pb::NoteNoticeOpenedOutcome::NotMatched);
        }
        let empty = service.phone_app().note_notice_opened(pb::NoteNoticeOpenedRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["identity_number", "phone"]);
    })
    .await;
}

#[tokio::test]
async fn an_account_shows_how_far_it_has_come_why_it_stands_still_and_who_should_act() {
    with(async |service| {
        let holder = service.holder().await;
        let funnel = async || account(service, &holder).await.funnel.unwrap();
        let moving = funnel().await;
        assert_eq!((moving.reason(), moving.helper(), moving.advice), (Reason::Unspecified, Helper::Unspecified, None));
        service.wait(DAY * 3);
        assert_eq!((funnel().await.reason(), funnel().await.helper()), (Reason::CodeNotAsked, Helper::Holder));
        let code = service.code_for(&holder).await;
        service.activate(&holder, &another(&code)).await;
        assert_eq!(funnel().await.reason(), Reason::Unspecified, "somebody is at it");
        service.wait(HOUR);
        assert_eq!((funnel().await.reason(), funnel().await.helper()), (Reason::WrongCodes, Helper::Hotline));
        service.wait(DAY * 8);
        let lapsed = funnel().await;
        assert_eq!((lapsed.reason(), lapsed.helper()), (Reason::WindowLapsed, Helper::Hotline));
        let passed = [Stage::Issued, Stage::Notified, Stage::Delivered, Stage::CodeAsked, Stage::CodeTried];
        assert_eq!(stages(&lapsed), passed);
        let advice = lapsed.advice.unwrap();
        assert!(!advice.en.is_empty() && !advice.vi.is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_needs_a_hand_is_listed_the_most_urgent_first_page_by_page_and_by_reason() {
    with(async |service| {
        let lapsed = service.holder().await;
        service.wait(DAY * 4);
        let early = service.holder().await;
        service.wait(DAY);
        let late = service.holder().await;
        let active = service.active_holder_without_device().await;
        service.wait(DAY * 3);
        let moving = service.holder().await;
        let expected = [
            (early.account, Reason::CodeNotAsked),
            (late.account, Reason::CodeNotAsked),
            (lapsed.account, Reason::WindowLapsed),
            (active.account, Reason::NoDevice),
        ];
        for who in ["officer", "supervisor", "hotline"] {
            for size in [1, 3, 50] {
                assert_eq!(listed(service, who, Reason::Unspecified, size).await, expected, "{who} {size}");
            }
            assert_eq!(listed(service, who, Reason::CodeNotAsked, 1).await, expected[..2]);
            assert_eq!(listed(service, who, Reason::WindowLapsed, 1).await, expected[2..3]);
            assert_eq!(listed(service, who, Reason::NoDevice, 1).await, expected[3..]);
            assert!(listed(service, who, Reason::NoticeFailed, 1).await.is_empty());
        }
        assert!(expected.iter().all(|(account, _)| *account != moving.account));
    })
    .await;
}

#[tokio::test]
async fn an_office_sees_its_own_accounts_without_personal_data_and_the_hotline_all_of_them_masked() {
    with(async |service| {
        service.register(Role::Officer, Some("79-02"), "elsewhere").await;
        let holder = service.holder().await;
        service.wait(DAY * 3);
        let page = async |who: &str| {
            let request = pb::ListStandingStillRequest::default();
            follow_up(service, who).list_standing_still(request).await.unwrap().into_inner().accounts
        };
        assert!(page("elsewhere").await.is_empty());
        let own = page("officer").await.remove(0);
        assert_eq!(
            (own.account_id.as_str(), own.enrolment_id.as_str()),
            (holder.account.as_str(), holder.enrolment.as_str())
        );
        assert!(own.identity_number_masked.is_empty() && own.phone_masked.is_empty() && own.window_closes_at.is_some());
        let masked = page("hotline").await.remove(0);
        for (shown, whole) in [(&masked.identity_number_masked, &holder.number), (&masked.phone_masked, &holder.phone)]
        {
            assert!(shown.ends_with(&whole[whole.len() - 3..]) && shown.contains('•') && shown != whole, "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_look_at_the_list_is_recorded_and_a_token_serves_its_own_list_only() {
    with(async |service| {
        service.holder().await;
        service.holder().await;
        service.wait(DAY * 3);
        let request = |reason: Reason, token: &str| pb::ListStandingStillRequest {
            reason: reason.into(),
            page_size: 1,
            page_token: token.to_owned(),
        };
        let page = follow_up(service, "hotline").list_standing_still(request(Reason::Unspecified, "")).await.unwrap();
        let token = page.into_inner().next_page_token;
        let other = request(Reason::CodeNotAsked, &token);
        let refused = follow_up(service, "hotline").list_standing_still(other).await.unwrap_err();
        assert_eq!(fields(&refused), ["page_token"]);
        let own = request(Reason::Unspecified, &token);
        let refused = follow_up(service, "officer").list_standing_still(own).await.unwrap_err();
        assert_eq!(fields(&refused), ["page_token"]);
        let wrong = pb::ListStandingStillRequest { reason: 99, page_size: -1, ..Default::default() };
        let refused = follow_up(service, "officer").list_standing_still(wrong).await.unwrap_err();
        assert_eq!(fields(&refused), ["reason", "page_size"]);
        let looker = service.app().caller(&certificate("hotline")).await.unwrap().unwrap();
        let looks = service.actions(&looker.id().to_string()).await;
        assert_eq!(looks.iter().filter(|one| *one == "follow-up.listed").count(), 1, "one page was shown");
    })
    .await;
}

#[tokio::test]
async fn a_funnel_counts_what_was_issued_in_a_span_by_stage_and_by_reason() {
    with(async |service| {
        service.holder().await;
        let holder = service.holder().await;
        service.code_for(&holder).await;
        service.active_holder_without_device().await;
        service.wait(DAY * 3);
        let count = async |who: &str, from: &str, until: &str| {
            let request = pb::CountFunnelRequest { issued_from: from.to_owned(), issued_until: until.to_owned() };
            follow_up(service, who).count_funnel(request).await.map(tonic::Response::into_inner)
        };
        for who in ["officer", "hotline"] {
            let counts = count(who, "2026-11-21", "2026-11-21").await.unwrap();
            let stage = |stage| counts.by_stage.iter().find(|one| one.stage() == stage).unwrap().count;
            let numbers =
                [Stage::Issued, Stage::Delivered, Stage::CodeAsked, Stage::CodeTried, Stage::Active].map(stage);
            assert_eq!((counts.total, numbers), (3, [3, 3, 2, 1, 1]));
            let reasons: Vec<_> =
                counts.by_reason.iter().filter(|one| one.count > 0).map(|one| (one.reason(), one.count)).collect();
            assert_eq!(reasons, [(Reason::CodeNotAsked, 1), (Reason::CodeNotTried, 1), (Reason::NoDevice, 1)]);
            assert_eq!(count(who, "2026-11-22", "2026-12-22").await.unwrap().total, 0);
        }
        for (from, until, named) in [
            ("", "2026-11-21", "issued_from"),
            ("2026-11-22", "2026-11-21", "issued_until"),
            ("2026-11-01", "2026-12-02", "issued_until"),
        ] {
            assert_eq!(fields(&count("officer", from, until).await.unwrap_err()), [named]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_holder_is_reminded_on_the_third_and_on_the_sixth_day_once_each_with_the_days_that_are_left() {
    with(async |service| {
        let (holder, active) = (service.holder().await, service.active_holder().await);
        let mut told = Vec::new();
        // From noon on the first day, hour by hour, past the end of the window.
        for hour in 1..=24 * 9 {
            service.wait(HOUR);
            remind(service).await;
            let all = reminders(service).await;
            if all.len() > told.len() {
                told.push(hour);
            }
            assert_eq!(all.len(), told.len(), "one at a time");
        }
        // Noon is twelve hours into the day of receipt: eight in the morning of the third and of the sixth day.
        assert_eq!(told, [24 * 3 - 4, 24 * 6 - 4]);
        let all = reminders(service).await;
        assert!(all.iter().all(|one| one["to"] == holder.phone.as_str() && one["to"] != active.phone.as_str()));
        assert!(all.iter().all(|one| one["code"].is_null()));
        let texts: Vec<_> = all.iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert!(texts[0].contains('4') && texts[1].contains('1'), "{texts:?}");
        let actions = service.actions(&holder.account).await;
        assert_eq!(actions.iter().filter(|one| *one == "holder.reminded").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn several_processes_remind_nobody_twice_and_a_late_one_says_the_latest_alone() {
    with(async |service| {
        for _ in 0..6 {
            service.holder().await;
        }
        let trust = TrustSettings { expired_signers: false, digest_info_without_null: false, practice: false };
        let others: Vec<_> = (0..4).map(|_| service.another_process(trust)).collect();
        // Both are due by then.
        service.wait(DAY * 6);
        let all = others.iter().map(|app| async { while app.remind_due().await.unwrap() > 0 {} });
        futures::future::join_all(all).await;
        assert_eq!(reminders(service).await.len(), 6);
        remind(service).await;
        assert_eq!(reminders(service).await.len(), 6);
    })
    .await;
}

#[tokio::test]
async fn a_window_that_was_opened_again_is_reminded_of_anew() {
    with(async |service| {
        service.register(Role::Hotline, None, "hotline-2").await;
        let holder = service.holder().await;
        service.wait(DAY * 6);
        remind(service).await;
        assert_eq!(reminders(service).await.len(), 1);
        service.wait(DAY * 3);
        remind(service).await;
        assert_eq!(reminders(service).await.len(), 1, "the window has lapsed");
        let wish = pb::AskReopeningRequest {
            request_id: service.id(),
            account_id: holder.account.clone(),
            reason: "Called from the registered phone; was abroad.".to_owned(),
        };
        let mut hotline = HotlineServiceClient::new(service.channel(Some("hotline")));
        let proposal = hotline.ask_reopening(wish).await.unwrap().into_inner().proposal.unwrap();
        approve(service, "hotline-2", &proposal).await;
        remind(service).await;
        assert_eq!(reminders(service).await.len(), 1, "its days have just begun");
        service.wait(DAY * 3);
        remind(service).await;
        assert_eq!(reminders(service).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_reminder_that_a_carrier_could_not_take_by_day_waits_for_the_morning() {
    with_wishes(Wishes { carrier_away: true, ..Wishes::default() }, async |service| {
        let holder = service.holder().await;
        // The carrier took nothing: it is as if it had, and comes back later.
        service.database().tamper("UPDATE account SET notice_sent_at = issued_at, look_at = 0").await;
        service.wait(DAY * 3 + HOUR * 7);
        remind(service).await;
        service.deliver().await;
        service.let_messages_leave();
        service.wait(HOUR * 10);
        assert!(reminders(service).await.is_empty(), "five in the morning");
        service.wait(HOUR * 4);
        let morning = reminders(service).await;
        assert_eq!(morning.len(), 1);
        assert_eq!(morning[0]["to"], holder.phone.as_str());
    })
    .await;
}
