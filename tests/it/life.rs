//! The life of accounts, against the real server: expiry that nobody has to notice, grounds that add up, documents that
//! join, orders with their limits, the end.

use std::time::Duration;

use eid::app::TrustSettings;
use eid::domain::account_event::{AccountVerb, Shard};
use eid::domain::ids::AccountId;
use eid::domain::staff::Role;
use eid::domain::time::{Timestamp, format_date};
use eid::practice::Applicant;
use eid::proto as pb;
use eid::proto::account_life_service_client::AccountLifeServiceClient;
use eid::proto::device_service_client::DeviceServiceClient;
use pb::{AccountStanding as Standing, LockGround as Ground, LockReason};
use serde_json::Value;

use crate::support::proposals::approve;
use crate::support::service::{Channel, Holder, Service, fields, reason, with};

const DAY: Duration = Duration::from_hours(24);
const SECOND: Duration = Duration::from_secs(1);

pub fn life(service: &Service, who: &str) -> AccountLifeServiceClient<Channel> {
    AccountLifeServiceClient::new(service.channel(Some(who)))
}

/// An applicant whose residence card ends so many days from today.
pub async fn with_card_until(service: &Service, days: i64) -> Applicant {
    let mut applicant = loop {
        let applicant = service.applicant().await;
        // A permanent card has no end.
        if applicant.application.residence_card.as_ref().is_some_and(|card| !card.symbol.is_empty()) {
            break applicant;
        }
    };
    let today = service.now().local_date();
    let card = applicant.application.residence_card.as_mut().unwrap();
    card.issued_on = format_date(today.saturating_sub(time::Duration::days(200)));
    card.expires_on = format_date(today.saturating_add(time::Duration::days(days)));
    applicant
}

/// An active holder of one who applies.
pub async fn active(service: &Service, applicant: &Applicant) -> Holder {
    let holder = service.holder_of(applicant).await;
    let code = service.code_for(&holder).await;
    assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    holder
}

pub async fn standing(service: &Service, holder: &Holder) -> (Standing, LockReason) {
    let status = service.status(&holder.number, &holder.phone).await;
    (status.standing(), status.lock_reason())
}

pub async fn locked(service: &Service, who: &str, holder: &Holder, ground: Ground) -> pb::LockAccountResponse {
    let request = pb::LockAccountRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        ground: ground.into(),
        evidence: "Seen and noted at the counter.".to_owned(),
    };
    life(service, who).lock_account(request).await.unwrap().into_inner()
}

async fn lift(service: &Service, who: &str, lock_id: &str) -> pb::LiftLockResponse {
    let (request_id, reason) = (service.id(), "The passport was shown and compared.".to_owned());
    let request = pb::LiftLockRequest { request_id, lock_id: lock_id.to_owned(), reason };
    life(service, who).lift_lock(request).await.unwrap().into_inner()
}

/// Lifts a ground by two people.
pub async fn lifted(service: &Service, (one, other): (&str, &str), lock_id: &str) {
    let proposal = lift(service, one, lock_id).await.proposal.expect("it waits for the second person");
    assert_eq!(approve(service, other, &proposal).await.outcome(), pb::SettleOutcome::Approved);
}

/// Locks the account as its holder asks.
async fn locked_by_holder(service: &Service, holder: &Holder) -> pb::LockOwnAccountOutcome {
    let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
    let request = pb::GetChallengeRequest {
        account_id: holder.account.clone(),
        purpose: pb::DevicePurpose::Lock.into(),
        key_thumbprint: holder.device.thumbprint().as_bytes().to_vec(),
        new_contact: None,
        change_id: String::new(),
    };
    let drawn = devices.get_challenge(request).await.unwrap().into_inner();
    let request = pb::LockOwnAccountRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        signature: holder.device.sign(&drawn.text),
        challenge: drawn.challenge,
    };
    devices.lock_own_account(request).await.unwrap().into_inner().outcome()
}

pub fn update(service: &Service, holder: &Holder, again: &pb::Application) -> pb::UpdateDocumentsRequest {
    pb::UpdateDocumentsRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        person: again.person.clone(),
        passport: again.passport.clone(),
        residence_card: again.residence_card.clone(),
        chip: None,
        note: "Old and new papers were shown.".to_owned(),
    }
}

pub async fn updated(service: &Service, request: pb::UpdateDocumentsRequest) -> pb::UpdateDocumentsResponse {
    life(service, "officer").update_documents(request).await.unwrap().into_inner()
}

pub async fn get_life(service: &Service, who: &str, holder: &Holder) -> pb::GetLifeResponse {
    let request =
        pb::GetLifeRequest { account_id: holder.account.clone(), purpose: pb::LookPurpose::HolderRequest.into() };
    life(service, who).get_life(request).await.unwrap().into_inner()
}

/// What watchers were told of locks.
async fn told(service: &Service, holder: &Holder) -> Vec<AccountVerb> {
    use AccountVerb::{Closed, Locked, Unlocked};
    let id = AccountId::parse(&holder.account).unwrap();
    let mut reader = service.app().store().reader().await.unwrap();
    let stream = reader.account_events_after(Shard::of(id), 0, 1_000).await.unwrap();
    let events = stream.into_iter().map(|stored| stored.event).filter(|event| event.account == id);
    events.map(|event| event.verb).filter(|verb| [Locked, Unlocked, Closed].contains(verb)).collect()
}

/// Does what the worker does.
pub async fn look_after(service: &Service) {
    while service.app().look_after_accounts().await.unwrap() > 0 {}
}

async fn messages(service: &Service, kind: &str) -> Vec<Value> {
    service.messages().await.into_iter().filter(|message| message["kind"] == kind).collect()
}

/// Waits until that instant.
fn until(service: &Service, at: Timestamp) {
    service.wait(at.since(service.now()));
}

#[tokio::test]
async fn midnight_in_viet_nam_locks_an_account_whose_card_ends_with_no_worker_running() {
    with(async |service| {
        let holder = active(service, &with_card_until(service, 3).await).await;
        let midnight = Timestamp::start_of(service.now().local_date().saturating_add(time::Duration::days(4)));
        until(service, midnight.minus(SECOND));
        assert_eq!(
            standing(service, &holder).await,
            (Standing::Active, LockReason::Unspecified),
            "its last day counts"
        );
        service.wait(SECOND);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::ResidenceExpired));
        let status = service.status(&holder.number, &holder.phone).await;
        assert_eq!(status.next_step(), pb::NextStep::VisitOffice);
        let stranger = service.status(&holder.number, "0987654321").await;
        assert_eq!((stranger.standing(), stranger.lock_reason()), (Standing::NotMatched, LockReason::Unspecified));
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_locked_before_its_activation_gets_no_code_and_goes_on_where_it_was() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let lock = locked(service, "officer", &holder, Ground::SuspectedCompromise).await;
        assert_eq!(service.send_code(&holder).await.outcome(), pb::SendCodeOutcome::Locked);
        assert_eq!(
            service.activate(&holder, &code).await.outcome(),
            pb::ActivateOutcome::Locked,
            "the code stays good"
        );
        lifted(service, ("supervisor", "administrator"), &lock.lock_id).await;
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn of_two_grounds_one_is_lifted_and_the_account_stays_locked() {
    with(async |service| {
        service.register(Role::Administrator, None, "administrator-2").await;
        let holder = active(service, &service.applicant().await).await;
        let breach = locked(service, "administrator", &holder, Ground::BreachOfTerms).await;
        let suspicion = locked(service, "hotline", &holder, Ground::SuspectedCompromise).await;
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::Office));
        let own = lift(service, "administrator", &breach.lock_id).await.proposal.unwrap();
        assert_eq!(approve(service, "administrator", &own).await.outcome(), pb::SettleOutcome::OwnProposal);
        assert_eq!(approve(service, "administrator-2", &own).await.outcome(), pb::SettleOutcome::Approved);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::Security));
        assert_eq!(lift(service, "administrator", &breach.lock_id).await.outcome(), pb::LiftLockOutcome::Ended);
        assert_eq!(lift(service, "officer", &suspicion.lock_id).await.outcome(), pb::LiftLockOutcome::OtherRole);
        lifted(service, ("supervisor", "administrator"), &suspicion.lock_id).await;
        assert_eq!(standing(service, &holder).await, (Standing::Active, LockReason::Unspecified));
        assert_eq!(
            told(service, &holder).await,
            [AccountVerb::Locked, AccountVerb::Locked, AccountVerb::Unlocked],
            "the app was told of the suspicion last"
        );
    })
    .await;
}

#[tokio::test]
async fn a_holders_own_lock_survives_a_renewal_and_is_lifted_at_an_office_by_two_people() {
    with(async |service| {
        let applicant = with_card_until(service, 3).await;
        let holder = active(service, &applicant).await;
        assert_eq!(locked_by_holder(service, &holder).await, pb::LockOwnAccountOutcome::Locked);
        assert_eq!(locked_by_holder(service, &holder).await, pb::LockOwnAccountOutcome::AlreadyLocked);
        service.wait(DAY * 5);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::ResidenceExpired));
        let again = service.people(|people| people.comes_again(&applicant)).await;
        let joined = updated(service, update(service, &holder, &again.application)).await;
        assert_eq!(joined.outcome(), pb::UpdateDocumentsOutcome::Joined, "{:?}", joined.findings);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::HolderRequest));
        let shown = get_life(service, "officer", &holder).await;
        assert_eq!(shown.grounds().collect::<Vec<_>>(), [Ground::HolderRequest]);
        assert_eq!((shown.documents.len(), shown.locks[0].evidence.as_str()), (4, ""), "the old ones stay known");
        lifted(service, ("officer", "supervisor"), &shown.locks[0].lock_id).await;
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
    })
    .await;
}

#[tokio::test]
async fn a_renewal_lifts_a_lock_for_expiry_and_its_repeat_is_answered_alike() {
    with(async |service| {
        let applicant = with_card_until(service, 3).await;
        let holder = active(service, &applicant).await;
        service.wait(DAY * 5);
        let again = service.people(|people| people.comes_again(&applicant)).await;
        let request = update(service, &holder, &again.application);
        for _ in 0..2 {
            assert_eq!(updated(service, request.clone()).await.outcome(), pb::UpdateDocumentsOutcome::Joined);
        }
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
        let other = service.applicant().await;
        let theirs = active(service, &other).await;
        let taken = pb::UpdateDocumentsRequest {
            passport: again.application.passport.clone(),
            ..update(service, &theirs, &other.application)
        };
        let refused = updated(service, taken).await;
        assert_eq!(refused.outcome(), pb::UpdateDocumentsOutcome::NotAccepted);
        assert!(refused.findings.iter().any(|finding| finding.rule == "passport.in-use"), "{:?}", refused.findings);
    })
    .await;
}

#[tokio::test]
async fn papers_that_name_somebody_else_wait_for_a_supervisor_of_the_office() {
    with(async |service| {
        let applicant = with_card_until(service, 3).await;
        let holder = active(service, &applicant).await;
        service.wait(DAY * 5);
        let mut again = service.people(|people| people.comes_again(&applicant)).await.application;
        let person = again.person.as_mut().unwrap();
        person.date_of_birth = "1980-01-02".to_owned();
        again.passport = None;
        let referred = updated(service, update(service, &holder, &again)).await;
        assert_eq!(referred.outcome(), pb::UpdateDocumentsOutcome::Referred, "{:?}", referred.findings);
        assert_eq!(standing(service, &holder).await.0, Standing::Locked, "nothing has joined yet");
        let proposal = referred.proposal.unwrap();
        let Some(pb::proposal::Effect::DocumentUpdate(effect)) = &proposal.effect else { panic!("{proposal:?}") };
        assert!(effect.names_another && effect.documents.len() == 1);
        assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), pb::SettleOutcome::Approved);
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
    })
    .await;
}

#[tokio::test]
async fn what_comes_by_itself_is_told_once_by_however_many_processes_and_the_holder_is_written_to() {
    with(async |service| {
        let applicant = with_card_until(service, 3).await;
        let holder = active(service, &applicant).await;
        look_after(service).await;
        service.wait(DAY * 5);
        let trust = TrustSettings { expired_signers: false, digest_info_without_null: false, practice: false };
        let others: Vec<_> = (0..4).map(|_| service.another_process(trust)).collect();
        let all = others.iter().map(|app| async { while app.look_after_accounts().await.unwrap() > 0 {} });
        futures::future::join_all(all).await;
        assert_eq!(told(service, &holder).await, [AccountVerb::Locked]);
        let again = service.people(|people| people.comes_again(&applicant)).await;
        updated(service, update(service, &holder, &again.application)).await;
        look_after(service).await;
        assert_eq!(told(service, &holder).await, [AccountVerb::Locked, AccountVerb::Unlocked]);
        let to_phone = |message: &&Value| message["to"] == holder.phone.as_str();
        let notices = messages(service, "life_notice").await;
        assert_eq!(notices.iter().filter(to_phone).count(), 2, "{notices:?}");
    })
    .await;
}

/// Warnings that reached a holder.
async fn warnings(service: &Service, holder: &Holder) -> usize {
    let all = messages(service, "document_warning").await;
    all.iter().filter(|message| message["to"] == holder.phone.as_str()).count()
}

/// Waits until nine in the morning, tomorrow.
fn tomorrow_morning(service: &Service) {
    let tomorrow = service.now().local_date().next_day().unwrap();
    until(service, Timestamp::start_of(tomorrow).plus(Duration::from_hours(9)));
}

#[tokio::test]
async fn a_holder_is_warned_once_60_and_30_and_7_days_before() {
    with(async |service| {
        let holder = active(service, &with_card_until(service, 70).await).await;
        for left in (0..70).rev() {
            tomorrow_morning(service);
            look_after(service).await;
            look_after(service).await;
            let due = [60, 30, 7].iter().filter(|days| left <= **days).count();
            assert_eq!(warnings(service, &holder).await, due, "{left} days are left");
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_late_sends_the_warning_alone_that_is_due_now_and_by_day() {
    with(async |service| {
        let holder = active(service, &with_card_until(service, 40).await).await;
        service.wait(DAY * 36);
        tomorrow_morning(service);
        service.wait(Duration::from_hours(13));
        look_after(service).await;
        assert_eq!(warnings(service, &holder).await, 0, "at ten in the evening");
        tomorrow_morning(service);
        look_after(service).await;
        assert_eq!(warnings(service, &holder).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_account_of_a_release_before_expires_all_the_same_and_its_documents_are_entered() {
    with(async |service| {
        let holder = active(service, &with_card_until(service, 3).await).await;
        service.database().tamper("DELETE FROM account_document").await;
        let before =
            "UPDATE account SET papers_at = NULL, passport_until = NULL, residence_until = NULL, life_look_at = 0";
        service.database().tamper(before).await;
        service.wait(DAY * 5);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::ResidenceExpired));
        assert!(get_life(service, "auditor", &holder).await.documents.is_empty());
        look_after(service).await;
        assert_eq!(get_life(service, "auditor", &holder).await.documents.len(), 2);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::ResidenceExpired));
        assert_eq!(told(service, &holder).await, [AccountVerb::Locked]);
    })
    .await;
}

pub async fn filed(service: &Service, holder: &Holder, silent: bool) -> pb::Order {
    let request = order(service, holder, silent);
    life(service, "supervisor").file_order(request).await.unwrap().into_inner().order.unwrap()
}

/// An order to let that ground go.
async fn filed_to_unlock(service: &Service, holder: &Holder, lock: &str) -> Result<pb::Order, tonic::Status> {
    let request = pb::FileOrderRequest {
        kind: pb::OrderKind::Unlock.into(),
        lock_id: lock.to_owned(),
        ..order(service, holder, false)
    };
    life(service, "supervisor").file_order(request).await.map(|filed| filed.into_inner().order.unwrap())
}

pub fn order(service: &Service, holder: &Holder, silent: bool) -> pb::FileOrderRequest {
    pb::FileOrderRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        kind: pb::OrderKind::Lock.into(),
        authority: "Investigation Agency".to_owned(),
        reference: "123/QD".to_owned(),
        evidence: "Form TK03 with seal, received by hand.".to_owned(),
        silent,
        lock_id: String::new(),
    }
}

pub async fn forwarded(service: &Service, who: &str, order: &pb::Order) -> pb::OrderStepOutcome {
    let request = pb::ForwardOrderRequest { order_id: order.order_id.clone() };
    life(service, who).forward_order(request).await.unwrap().into_inner().outcome()
}

pub async fn decided(service: &Service, who: &str, order: &pb::Order, refusal: &str) -> pb::DecideOrderResponse {
    let (request_id, refusal) = (service.id(), refusal.to_owned());
    let request = pb::DecideOrderRequest { request_id, order_id: order.order_id.clone(), refusal };
    life(service, who).decide_order(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn an_order_locks_after_two_people_and_is_lifted_by_an_order_and_two_more() {
    use pb::OrderStepOutcome::{Done, OwnForwarding, WrongStep};
    with(async |service| {
        service.register(Role::Administrator, None, "administrator-2").await;
        let holder = active(service, &service.applicant().await).await;
        let order = filed(service, &holder, true).await;
        assert_eq!(decided(service, "administrator", &order, "").await.outcome(), WrongStep);
        assert_eq!(forwarded(service, "administrator", &order).await, Done);
        assert_eq!(decided(service, "administrator", &order, "").await.outcome(), OwnForwarding);
        assert_eq!(standing(service, &holder).await.0, Standing::Active, "nothing is locked before it is decided");
        assert_eq!(decided(service, "administrator-2", &order, "").await.outcome(), Done);
        assert_eq!(standing(service, &holder).await, (Standing::Locked, LockReason::Office));
        look_after(service).await;
        assert!(messages(service, "life_notice").await.is_empty(), "the order forbids it");
        let lock = get_life(service, "administrator", &holder).await.locks.remove(0);
        assert_eq!(
            (lock.ground(), lock.order_id.as_str(), lock.silent),
            (Ground::Order, order.order_id.as_str(), true)
        );
        assert_eq!(lift(service, "administrator", &lock.lock_id).await.outcome(), pb::LiftLockOutcome::NoOrder);
        assert_eq!(reason(&filed_to_unlock(service, &holder, &service.id()).await.unwrap_err()), "LOCK_NOT_FOUND");
        assert_eq!(fields(&filed_to_unlock(service, &holder, "").await.unwrap_err()), ["lock_id"]);
        let unlock = filed_to_unlock(service, &holder, &lock.lock_id).await.unwrap();
        forwarded(service, "supervisor", &unlock).await;
        assert_eq!(decided(service, "administrator", &unlock, "").await.outcome(), Done);
        assert_eq!(standing(service, &holder).await.0, Standing::Locked, "the decision alone lifts nothing");
        lifted(service, ("administrator", "administrator-2"), &lock.lock_id).await;
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
        look_after(service).await;
        assert!(
            messages(service, "life_notice").await.is_empty(),
            "nothing was told of, and nothing has to be taken back"
        );
    })
    .await;
}

#[tokio::test]
async fn an_order_that_nobody_decides_is_shown_as_overdue_and_stays_open_until_it_is_refused_in_writing() {
    with(async |service| {
        let holder = active(service, &service.applicant().await).await;
        let order = filed(service, &holder, false).await;
        service.wait(DAY * 30);
        let listed = async || {
            let request = pb::ListOrdersRequest { page_size: 1, ..pb::ListOrdersRequest::default() };
            life(service, "auditor").list_orders(request).await.unwrap().into_inner()
        };
        let page = listed().await;
        assert_eq!((page.orders[0].order_id.as_str(), page.orders[0].overdue), (order.order_id.as_str(), true));
        forwarded(service, "supervisor", &order).await;
        assert!(!listed().await.orders[0].overdue, "the next step has a limit of its own");
        let refused = decided(service, "administrator", &order, "The form bears no seal.").await;
        assert_eq!(refused.order.unwrap().state(), pb::OrderState::Refused);
        for who in ["supervisor", "administrator", "auditor"] {
            let (account_id, page_size) = (holder.account.clone(), 1);
            let request = pb::ListOrdersRequest { account_id, page_size, ..pb::ListOrdersRequest::default() };
            let page = life(service, who).list_orders(request).await.unwrap().into_inner();
            assert_eq!(page.orders[0].refusal, "The form bears no seal.", "{who}");
            assert_eq!((page.orders.len(), page.next_page_token.len()), (1, 0));
        }
        assert!(listed().await.orders.is_empty());
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
    })
    .await;
}

#[tokio::test]
async fn the_orders_of_an_account_come_by_pages_the_latest_first_and_those_of_nobody_are_not_found() {
    with(async |service| {
        let holder = active(service, &service.applicant().await).await;
        let (first, second) = (filed(service, &holder, false).await, filed(service, &holder, true).await);
        let (account_id, mut page_token, mut seen) = (holder.account.clone(), String::new(), Vec::new());
        loop {
            let request = pb::ListOrdersRequest { account_id: account_id.clone(), page_size: 1, page_token };
            let page = life(service, "supervisor").list_orders(request).await.unwrap().into_inner();
            seen.extend(page.orders.into_iter().map(|order| order.order_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, [second.order_id, first.order_id]);
        let request = pb::ListOrdersRequest { account_id: service.id(), ..pb::ListOrdersRequest::default() };
        assert_eq!(reason(&life(service, "auditor").list_orders(request).await.unwrap_err()), "ACCOUNT_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn closing_is_final_by_two_administrators_and_void_if_the_account_changed_meanwhile() {
    with(async |service| {
        service.register(Role::Administrator, None, "administrator-2").await;
        let holder = active(service, &service.applicant().await).await;
        let close = async || {
            let request = pb::CloseAccountRequest {
                request_id: service.id(),
                account_id: holder.account.clone(),
                closing_reason: pb::ClosingReason::Duplicate.into(),
                reason: "The same person has another account.".to_owned(),
            };
            life(service, "administrator").close_account(request).await.unwrap().into_inner()
        };
        let first = close().await.proposal.unwrap();
        locked(service, "officer", &holder, Ground::HolderRequest).await;
        assert_eq!(approve(service, "administrator-2", &first).await.outcome(), pb::SettleOutcome::Changed);
        let second = close().await.proposal.unwrap();
        assert_eq!(approve(service, "administrator-2", &second).await.outcome(), pb::SettleOutcome::Approved);
        assert_eq!(standing(service, &holder).await, (Standing::Closed, LockReason::Unspecified));
        assert_eq!(close().await.outcome(), pb::CloseAccountOutcome::AlreadyClosed);
        let outcome = locked(service, "officer", &holder, Ground::Death).await.outcome();
        assert_eq!(outcome, pb::LockAccountOutcome::Closed);
        assert_eq!(told(service, &holder).await, [AccountVerb::Locked, AccountVerb::Closed]);
        let taken = service.submitted(&service.applicant().await.application).await;
        let lease = service.claimed().await.lease_id;
        let refused = service.approve((&taken, &lease), &holder.number).await.unwrap_err();
        assert_eq!(reason(&refused), "IDENTITY_NUMBER_TAKEN", "the number stays used");
    })
    .await;
}

#[tokio::test]
async fn grounds_that_are_not_for_a_role_or_for_nobody_are_refused_with_what_to_do() {
    use pb::LockAccountOutcome::{AlreadyLocked, Locked, NotSettable, OtherRole};
    with(async |service| {
        let holder = active(service, &service.applicant().await).await;
        for (who, ground, outcome) in [
            ("officer", Ground::BreachOfTerms, OtherRole),
            ("hotline", Ground::Death, OtherRole),
            ("administrator", Ground::Order, NotSettable),
            ("administrator", Ground::PassportExpired, NotSettable),
            ("hotline", Ground::HolderRequest, Locked),
            ("officer", Ground::HolderRequest, AlreadyLocked),
        ] {
            let answer = locked(service, who, &holder, ground).await;
            assert_eq!(answer.outcome(), outcome, "{who} {ground:?}");
            assert!(!answer.advice.unwrap().vi.is_empty());
        }
        let empty = life(service, "officer").lock_account(pb::LockAccountRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["request_id", "account_id", "ground", "evidence"]);
        let request = pb::GetLifeRequest { account_id: service.id(), purpose: pb::LookPurpose::Audit.into() };
        assert_eq!(reason(&life(service, "auditor").get_life(request).await.unwrap_err()), "ACCOUNT_NOT_FOUND");
        let lost = pb::LiftLockRequest {
            request_id: service.id(),
            lock_id: service.id(),
            reason: "Ten characters.".to_owned(),
        };
        assert_eq!(reason(&life(service, "officer").lift_lock(lost).await.unwrap_err()), "LOCK_NOT_FOUND");
        let lost = pb::ForwardOrderRequest { order_id: service.id() };
        assert_eq!(reason(&life(service, "supervisor").forward_order(lost).await.unwrap_err()), "ORDER_NOT_FOUND");
    })
    .await;
}
