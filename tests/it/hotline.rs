//! The hotline: the way to activation is opened again, by two people.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::proto as pb;
use eid::proto::hotline_service_client::HotlineServiceClient;
use tonic::Code;

use crate::support::contacts::{begin, email};
use crate::support::proposals::{approval, approve, decline, proposals};
use crate::support::service::{Channel, Holder, Service, another, fields, reason, with};

const DAY: Duration = Duration::from_hours(24);
const REASON: &str = "Called from the registered phone; was abroad for two weeks.";

pub fn hotline(service: &Service, who: &str) -> HotlineServiceClient<Channel> {
    HotlineServiceClient::new(service.channel(Some(who)))
}

/// Enters a second person of the hotline.
pub async fn second(service: &Service) -> &'static str {
    service.register(Role::Hotline, None, "hotline-2").await;
    "hotline-2"
}

async fn lapsed(service: &Service) -> Holder {
    let holder = service.holder().await;
    service.wait(DAY * 8);
    holder
}

fn wish(service: &Service, account: &str) -> pb::AskReopeningRequest {
    let (request_id, account_id) = (service.id(), account.to_owned());
    pb::AskReopeningRequest { request_id, account_id, reason: REASON.to_owned() }
}

pub async fn asked(service: &Service, holder: &Holder) -> pb::Proposal {
    let asked = hotline(service, "hotline").ask_reopening(wish(service, &holder.account)).await.unwrap().into_inner();
    assert_eq!(asked.outcome(), pb::AskReopeningOutcome::Asked);
    asked.proposal.unwrap()
}

/// When the days end, as a proposal tells.
pub fn closes_at(proposal: &pb::Proposal) -> Option<prost_types::Timestamp> {
    let Some(pb::proposal::Effect::Reopening(effect)) = &proposal.effect else { panic!("not of this kind") };
    effect.window_closes_at
}

#[tokio::test]
async fn a_lapsed_window_is_opened_again_by_two_people_and_the_holder_activates() {
    with(async |service| {
        let other = second(service).await;
        let holder = lapsed(service).await;
        let wish = asked(service, &holder).await;
        assert_eq!((wish.reason.as_str(), wish.state()), (REASON, pb::ProposalState::Pending));
        assert!(wish.summary.as_ref().unwrap().en.contains("begin anew"), "it says what will happen");
        assert_eq!(service.send_code(&holder).await.outcome(), pb::SendCodeOutcome::WindowLapsed, "one is not enough");
        let own = approve(service, "hotline", &wish).await;
        assert_eq!(own.outcome(), pb::SettleOutcome::OwnProposal);
        assert_eq!(own.proposal.unwrap().state(), pb::ProposalState::Pending);

        let approval = approval(service, &wish);
        let opened = proposals(service, other).approve_proposal(approval.clone()).await.unwrap().into_inner();
        assert_eq!(opened.outcome(), pb::SettleOutcome::Approved);
        let done = opened.proposal.unwrap();
        assert_eq!(closes_at(&done), closes_at(&wish), "what was shown is what was done");
        let status = service.status(&holder.number, &holder.phone).await;
        assert_eq!(status.standing(), pb::AccountStanding::AwaitingActivation);
        assert_eq!(status.window_closes_at, closes_at(&done));
        let notices = service.messages().await;
        assert_eq!(
            notices.iter().filter(|message| message["kind"] == "account_notice").count(),
            2,
            "the holder is told"
        );

        let code = service.code_for(&holder).await;
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
        let again = proposals(service, other).approve_proposal(approval).await.unwrap().into_inner();
        assert_eq!(again.outcome(), pb::SettleOutcome::Approved, "a repeat gets the first answer");
        assert_eq!(again.proposal.unwrap().settled_at, done.settled_at);
        let actions = service.actions(&holder.account).await;
        for action in ["proposal.made", "proposal.approved"] {
            assert_eq!(actions.iter().filter(|one| *one == action).count(), 1, "{actions:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_window_that_was_opened_again_lapses_again() {
    with(async |service| {
        let other = second(service).await;
        let holder = lapsed(service).await;
        let wish = asked(service, &holder).await;
        approve(service, other, &wish).await;
        service.wait(DAY * 8);
        let status = service.status(&holder.number, &holder.phone).await;
        assert_eq!(status.standing(), pb::AccountStanding::WindowLapsed);
        asked(service, &holder).await;
    })
    .await;
}

#[tokio::test]
async fn a_hundred_failures_in_a_row_are_forgiven_within_the_window_that_is_open() {
    with(async |service| {
        let other = second(service).await;
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        service.database().tamper("UPDATE account SET failures_in_row = 99").await;
        service.activate(&holder, &another(&code)).await;
        let before = service.status(&holder.number, &holder.phone).await;
        assert_eq!(before.timetable.as_ref().unwrap().stands_still(), pb::StandStill::FailedInRow);
        let wish = asked(service, &holder).await;
        let opened = approve(service, other, &wish).await.proposal.unwrap();
        assert_eq!(closes_at(&opened), before.window_closes_at, "its days are not made longer");
        let kinds: Vec<_> = service.messages().await.iter().map(|message| message["kind"].clone()).collect();
        assert_eq!(kinds.last().unwrap(), "activation_reminder", "it tells of the days that are left");
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_failures_of_an_account_in_use_are_forgiven_too() {
    with(async |service| {
        let (other, holder) = (second(service).await, service.active_holder().await);
        service.database().tamper("UPDATE account SET failures_in_row = 100").await;
        let wish = asked(service, &holder).await;
        let opened = approve(service, other, &wish).await;
        assert_eq!(opened.outcome(), pb::SettleOutcome::Approved);
        assert_eq!(closes_at(&opened.proposal.unwrap()), None);
        let begun = begin(service, &holder, email("new@example.org"), false).await;
        assert_eq!(begun.outcome(), pb::BeginOutcome::Begun);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_opened_for_who_can_go_on_alone() {
    with(async |service| {
        let (waiting, active) = (service.holder().await, service.active_holder().await);
        for holder in [&waiting, &active] {
            let asked = hotline(service, "hotline").ask_reopening(wish(service, &holder.account)).await.unwrap();
            assert_eq!(asked.into_inner().outcome(), pb::AskReopeningOutcome::NotNeeded);
        }
        let unknown = hotline(service, "hotline").ask_reopening(wish(service, &service.id())).await.unwrap_err();
        assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::NotFound, "ACCOUNT_NOT_FOUND"));
        let empty = hotline(service, "hotline").ask_reopening(pb::AskReopeningRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["request_id", "account_id", "reason"]);
    })
    .await;
}

#[tokio::test]
async fn a_wish_is_asked_once_dropped_and_lapses_after_a_day() {
    with(async |service| {
        let other = second(service).await;
        let holder = lapsed(service).await;
        let first = wish(service, &holder.account);
        let asked_first = hotline(service, "hotline").ask_reopening(first.clone()).await.unwrap().into_inner();
        let repeated = hotline(service, "hotline").ask_reopening(first).await.unwrap().into_inner();
        assert_eq!(repeated, asked_first);
        let twice = hotline(service, other).ask_reopening(wish(service, &holder.account)).await.unwrap().into_inner();
        assert_eq!(twice.outcome(), pb::AskReopeningOutcome::AlreadyAsked);
        let kept = asked_first.proposal.unwrap();
        assert_eq!(twice.proposal.as_ref(), Some(&kept));

        let dropped = decline(service, other, &kept).await;
        assert_eq!(dropped.outcome(), pb::SettleOutcome::Declined);
        assert_eq!(decline(service, other, &kept).await.outcome(), pb::SettleOutcome::NotPending);
        assert_eq!(approve(service, other, &kept).await.outcome(), pb::SettleOutcome::NotPending);

        let next = asked(service, &holder).await;
        service.wait(DAY);
        let late = approve(service, other, &next).await;
        assert_eq!(late.outcome(), pb::SettleOutcome::NotPending);
        assert_eq!(late.proposal.unwrap().state(), pb::ProposalState::Lapsed);
        asked(service, &holder).await;
    })
    .await;
}

#[tokio::test]
async fn the_hotline_sees_how_far_a_holder_has_come_and_what_stands_in_the_way() {
    with(async |service| {
        let holder = service.holder().await;
        let mut accounts =
            pb::administration_service_client::AdministrationServiceClient::new(service.channel(Some("hotline")));
        let request = pb::GetAccountRequest {
            account_id: holder.account.clone(),
            purpose: pb::LookPurpose::HolderRequest.into(),
        };
        let before = accounts.get_account(request.clone()).await.unwrap().into_inner().account.unwrap();
        let passed = |account: &pb::Account| account.funnel.as_ref().unwrap().passed.last().unwrap().stage();
        assert_eq!(passed(&before), pb::FunnelStage::Delivered);
        let code = service.code_for(&holder).await;
        service.activate(&holder, &another(&code)).await;
        service.wait(DAY * 8);
        let after = accounts.get_account(request).await.unwrap().into_inner().account.unwrap();
        assert_eq!((passed(&after), after.activated_at), (pb::FunnelStage::CodeTried, None));
        let table = after.timetable.unwrap();
        assert_eq!(
            (table.next_step(), table.stands_still()),
            (pb::NextStep::CallHotline, pb::StandStill::WindowLapsed)
        );
    })
    .await;
}
