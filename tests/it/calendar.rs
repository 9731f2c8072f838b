//! Deadlines through the whole service: counted at receipt, stopped while the applicant has the request back, counted again
//! when another calendar comes in force; and the calendar from the console.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use eid::app::{Adoption, App, Recomputed, Registry, TrustSettings};
use eid::domain::audit::Actor;
use eid::domain::calendar::{Calendar, CannotSucceed, SHIPPED};
use eid::domain::record::Biometrics;
use eid::domain::staff::Role;
use eid::domain::time::Timestamp;
use eid::practice::Generator;
use eid::proto as pb;
use eid::store::{Change, Unit};
use pb::submit_response::Outcome;
use time::Date;
use time::macros::date;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::registry::{import, record_of};
use crate::support::process::Site;
use crate::support::records::{Records, received};
use crate::support::service::{Service, Wishes, reason, with, with_wishes};

const DAY: Duration = Duration::from_hours(24);

fn on(day: Date) -> Wishes {
    Wishes { today: Some(day), ..Wishes::default() }
}

/// The moment at which a day is over.
#[expect(clippy::unnecessary_wraps, reason = "it is compared with fields that may be absent")]
fn end_of(day: Date) -> Option<prost_types::Timestamp> {
    let micros = Timestamp::start_of(day.next_day().unwrap()).micros();
    Some(prost_types::Timestamp { seconds: micros / 1_000_000, nanos: 0 })
}

/// The shipped calendar as a later edition of that name, with one piece in the place of another.
fn edition(name: &str, old: &str, new: &str) -> String {
    assert!(SHIPPED.contains(old), "{old} is not there");
    let text = SHIPPED.replacen("edition = \"2026-11-21\"", &format!("edition = {name:?}"), 1);
    text.replacen("published = 2026-11-21", "published = 2027-01-15", 1).replacen(old, new, 1)
}

/// 5 February 2027 is worked on, as if the later of the two spans had been chosen.
fn tet_decided() -> String {
    edition("2027-01-15", "{ on = 2027-02-05", "# { on = 2027-02-05")
}

/// With the year 2029, of which nothing is decided.
fn with_2029() -> String {
    let year = "\n[[year]]\nyear = 2029\nprovisional = true\nundecided = [\"everything\"]\n";
    edition("2028-12-01", "published", "published") + year
}

async fn adopt(app: &App, text: &str) -> Adoption {
    app.adopt_calendar(&Calendar::read(text).unwrap(), text).await.unwrap()
}

async fn recompute(app: &App) -> Recomputed {
    app.recompute_deadlines(Actor::Console, |_| ControlFlow::Continue(())).await.unwrap()
}

async fn got(service: &Service, enrolment: &str) -> pb::Enrolment {
    let request = pb::GetRequest { enrolment_id: enrolment.to_owned() };
    service.officer().get(request).await.unwrap().into_inner().enrolment.unwrap()
}

async fn submitted(service: &Service) -> (String, pb::Application) {
    let application = service.applicant().await.application;
    (service.submitted(&application).await, application)
}

async fn deadline(service: &Service, enrolment: &str) -> pb::Deadline {
    got(service, enrolment).await.deadline.unwrap()
}

#[tokio::test]
async fn a_request_is_due_on_the_days_of_the_test_vectors() {
    let vectors = [
        (date!(2025 - 08 - 28), date!(2025 - 09 - 10)),
        (date!(2026 - 02 - 13), date!(2026 - 03 - 03)),
        (date!(2026 - 04 - 24), date!(2026 - 05 - 08)),
        (date!(2026 - 08 - 21), date!(2026 - 09 - 03)),
        (date!(2026 - 08 - 28), date!(2026 - 09 - 11)),
        (date!(2026 - 11 - 20), date!(2026 - 12 - 02)),
        (date!(2026 - 11 - 21), date!(2026 - 12 - 02)),
    ];
    for (received, due) in vectors {
        with_wishes(on(received), async |service| {
            let (id, _) = submitted(service).await;
            let enrolment = got(service, &id).await;
            let deadline = enrolment.deadline.unwrap();
            assert_eq!((deadline.due_at, enrolment.act_by), (end_of(due), end_of(due)), "{received}");
            assert_eq!((deadline.limit_working_days, deadline.provisional), (7, false));
            assert_eq!(deadline.basis(), pb::DeadlineBasis::BiometricsNotOnFile);
            assert_eq!(deadline.calendar_edition, "2026-11-21");
            let claimed = service.claimed().await.enrolments;
            assert_eq!(claimed[0].deadline.as_ref().unwrap().due_at, end_of(due), "the authority is told too");
        })
        .await;
    }
}

#[tokio::test]
async fn with_face_and_fingerprints_on_file_a_request_is_due_after_three_working_days() {
    let wishes = Wishes { registry: Registry::Table, ..on(date!(2026 - 11 - 20)) };
    with_wishes(wishes, async |service| {
        let application = service.applicant().await.application;
        let mut record = record_of(&application);
        record.biometrics = Biometrics { face: true, fingerprints: true };
        import(service, &[record]).await;
        let id = service.submitted(&application).await;
        let deadline = deadline(service, &id).await;
        assert_eq!((deadline.limit_working_days, deadline.due_at), (3, end_of(date!(2026 - 11 - 26))));
        assert_eq!(deadline.basis(), pb::DeadlineBasis::BiometricsOnFile);
    })
    .await;
}

/// The authority asks for more.
async fn send_back(service: &Service, enrolment: &str) {
    let lease = service.claimed().await.lease_id;
    let more = pb::MoreInformation {
        reason: pb::ReturnReason::Document.into(),
        note: "The passport's second page cannot be read.".to_owned(),
    };
    let decision = pb::record_decision_request::Decision::MoreInformation(more);
    service.decide((enrolment, &lease), decision).await.unwrap();
}

async fn hand_in_again(service: &Service, enrolment: &str, application: &pb::Application) -> pb::Enrolment {
    let request = pb::CorrectRequest {
        request_id: service.id(),
        enrolment_id: enrolment.to_owned(),
        application: Some(application.clone()),
        ..pb::CorrectRequest::default()
    };
    match service.officer().correct(request).await.unwrap().into_inner().outcome.unwrap() {
        pb::correct_response::Outcome::Accepted(enrolment) => enrolment,
        pb::correct_response::Outcome::NotAccepted(refused) => panic!("{:?}", refused.findings),
    }
}

#[tokio::test]
async fn time_at_the_applicant_does_not_count_against_the_office() {
    with_wishes(on(date!(2026 - 11 - 20)), async |service| {
        let (id, application) = submitted(service).await;
        service.wait(DAY * 5);
        send_back(service, &id).await;
        let returned = got(service, &id).await;
        let clock = returned.deadline.unwrap();
        assert_eq!((clock.due_at, clock.spent_working_days), (None, 2), "Wednesday 25 November; the 24th is off");
        assert_eq!(returned.act_by, end_of(date!(2026 - 12 - 25)), "the office has thirty days");
        service.wait(DAY * 15);
        let again = hand_in_again(service, &id, &application).await;
        let clock = again.deadline.unwrap();
        assert_eq!(clock.due_at, end_of(date!(2026 - 12 - 17)), "five working days are left");
        assert_eq!((clock.spent_working_days, again.act_by), (2, clock.due_at));
    })
    .await;
}

#[tokio::test]
async fn going_back_and_forth_within_a_day_gains_nothing() {
    with_wishes(on(date!(2026 - 11 - 20)), async |service| {
        let (id, application) = submitted(service).await;
        let before = deadline(service, &id).await.due_at;
        service.wait(DAY * 3);
        for _ in 0..2 {
            send_back(service, &id).await;
            hand_in_again(service, &id, &application).await;
        }
        assert_eq!(deadline(service, &id).await.due_at, before);
    })
    .await;
}

#[tokio::test]
async fn a_referred_request_waits_a_working_day_for_its_supervisor_and_is_overdue_then() {
    with_wishes(on(date!(2026 - 11 - 20)), async |service| {
        let applicant = service.people(Generator::exchange_due).await;
        let id = service.submitted(&applicant.application).await;
        let enrolment = got(service, &id).await;
        assert_eq!(enrolment.state(), pb::EnrolmentState::Referred);
        assert_eq!(enrolment.act_by, end_of(date!(2026 - 11 - 23)));
        assert_eq!(enrolment.deadline.unwrap().due_at, end_of(date!(2026 - 12 - 02)));
        let overdue = async |holder: pb::Holder| {
            let filter = pb::EnrolmentFilter { overdue: true, holder: holder.into(), ..pb::EnrolmentFilter::default() };
            let request = pb::CountRequest { filter: Some(filter), ..pb::CountRequest::default() };
            service.officer().count(request).await.unwrap().into_inner().total
        };
        service.wait(DAY * 3);
        assert_eq!(overdue(pb::Holder::Supervisor).await, 0, "noon of Monday");
        service.wait(DAY / 2);
        assert_eq!((overdue(pb::Holder::Supervisor).await, overdue(pb::Holder::Authority).await), (1, 0));
        let request = pb::OverrideRequest {
            not_the_same: Vec::new(),
            request_id: service.id(),
            enrolment_id: id,
            rules: vec!["residence-card.exchange-due".to_owned()],
            reason: "The new card is being printed; the receipt was shown.".to_owned(),
        };
        let answer = service.reviewer("supervisor").r#override(request).await.unwrap().into_inner();
        assert_eq!(answer.enrolment.unwrap().act_by, end_of(date!(2026 - 12 - 02)));
        service.wait(DAY * 9);
        assert_eq!((overdue(pb::Holder::Supervisor).await, overdue(pb::Holder::Authority).await), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_request_that_has_ended_is_never_overdue_and_keeps_its_deadline() {
    with(async |service| {
        let holder = service.holder().await;
        let ended = got(service, &holder.enrolment).await;
        assert_eq!((ended.act_by, ended.deadline.unwrap().due_at), (None, end_of(date!(2026 - 12 - 02))));
    })
    .await;
}

#[tokio::test]
async fn in_a_year_that_the_calendar_lacks_nothing_is_taken_in_and_the_same_call_works_after_an_import() {
    with_wishes(on(date!(2028 - 12 - 22)), async |service| {
        let application = service.applicant().await.application;
        let request = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(application),
            ..pb::SubmitRequest::default()
        };
        let refused = service.officer().submit(request.clone()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CALENDAR_LACKS_YEAR"));
        assert!(refused.message().contains("2029") && refused.message().contains("eid calendar import"));
        assert_eq!(refused.get_details_error_info().unwrap().metadata["year"], "2029");
        assert!(refused.get_details_localized_message().unwrap().message.contains("2029"));
        let list = service.officer().list(pb::ListRequest::default()).await.unwrap().into_inner();
        assert!(list.enrolments.is_empty());

        assert!(matches!(adopt(service.app(), &with_2029()).await, Adoption::Adopted { .. }));
        let answer = service.officer().submit(request).await.unwrap().into_inner();
        let Some(Outcome::Accepted(receipt)) = answer.outcome else { panic!("not taken in") };
        let deadline = deadline(service, &receipt.enrolment_id).await;
        assert!(deadline.provisional, "nothing of 2029 is decided");
    })
    .await;
}

#[tokio::test]
async fn an_import_counts_open_requests_again_and_says_how_many_moved() {
    with_wishes(on(date!(2027 - 02 - 01)), async |service| {
        let (near, _) = submitted(service).await;
        let before = deadline(service, &near).await;
        assert_eq!((before.due_at, before.provisional), (end_of(date!(2027 - 02 - 16)), true));
        let text = tet_decided();
        let Adoption::Adopted { former, differences } = adopt(service.app(), &text).await else { panic!("refused") };
        assert_eq!(former.unwrap().as_str(), "2026-11-21");
        assert_eq!(
            differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["- Fri 2027-02-05 is worked on (was off: tet)"]
        );
        let done = recompute(service.app()).await;
        assert_eq!((done.total, done.saved, done.moved, done.lacking), (1, 1, 1, 0));
        let after = deadline(service, &near).await;
        assert_eq!((after.due_at, after.calendar_edition.as_str()), (end_of(date!(2027 - 02 - 15)), "2027-01-15"));
        assert_eq!(recompute(service.app()).await.total, 0, "once is enough");

        let (next, _) = submitted(service).await;
        assert_eq!(deadline(service, &next).await, after, "what comes after the import is counted on it at once");
    })
    .await;
}

#[tokio::test]
async fn counting_again_goes_on_where_it_was_cut_off_and_reaches_requests_of_before() {
    with(async |service| {
        let (mut ids, mut due) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let (id, _) = submitted(service).await;
            due.push(deadline(service, &id).await);
            ids.push(id);
        }
        // As the release before took them in.
        service
            .database()
            .tamper(
                "UPDATE enrolment SET due_at = NULL, deadline_basis = NULL, limit_days = NULL, spent_days = NULL, clock_ran = NULL, clock_running_since = NULL, \
                 calendar_edition = NULL, deadline_provisional = NULL, act_by = NULL",
            )
            .await;
        assert_eq!(got(service, &ids[0]).await.deadline, None);
        let mut told = Vec::new();
        let done = service.app().recompute_deadlines(Actor::Console, |so_far| {
            told.push(so_far.saved);
            ControlFlow::Continue(())
        });
        let done = done.await.unwrap();
        assert_eq!((done.saved, done.moved, told), (3, 0, vec![3]), "a first deadline has not moved");
        for (id, due) in ids.iter().zip(due) {
            assert_eq!(deadline(service, id).await, due);
        }
        service.database().tamper("UPDATE enrolment SET calendar_edition = 'older', due_at = 5").await;
        assert_eq!(recompute(service.app()).await.moved, 3);
    })
    .await;
}

#[tokio::test]
async fn steps_of_open_orders_are_counted_again_and_those_of_decided_ones_are_not() {
    with(async |service| {
        let holder = service.active_holder().await;
        let open = crate::life::filed(service, &holder, false).await;
        let decided = crate::life::filed(service, &holder, false).await;
        crate::life::forwarded(service, "supervisor", &decided).await;
        crate::life::decided(service, "administrator", &decided, "The form bears no seal.").await;
        let forwarded = crate::life::filed(service, &holder, false).await;
        crate::life::forwarded(service, "supervisor", &forwarded).await;
        let due = async || {
            let request = pb::ListOrdersRequest::default();
            let listed = crate::life::life(service, "auditor").list_orders(request).await.unwrap().into_inner().orders;
            let mut due: Vec<_> = listed.into_iter().map(|order| (order.order_id, order.due_at)).collect();
            due.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            due
        };
        let right = due().await;
        assert_eq!(right.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&open.order_id, &forwarded.order_id]);
        assert_eq!(recompute(service.app()).await.orders, 0, "they were counted on the edition in force");
        service.database().tamper("UPDATE lock_order SET edition = 'older', due_at = 5").await;
        assert_ne!(due().await, right);
        let done = recompute(service.app()).await;
        assert_eq!((done.orders, done.orders_moved, done.orders_lacking), (2, 2, 0));
        assert_eq!(due().await, right);
        assert_eq!(recompute(service.app()).await.orders, 0);
    })
    .await;
}

#[tokio::test]
async fn counting_that_ends_between_two_batches_keeps_what_it_has_and_the_next_one_does_the_rest() {
    with(async |service| {
        let (make, store) = (Records::new(), service.app().store());
        let officer = make.staff(Role::Officer);
        let new = (0..450).map(|_| make.enrolment(officer.id)).map(|stored| {
            let events = received(&stored);
            Change::NewEnrolment(Box::new(stored), events)
        });
        let unit = Unit::new(make.entry(service.now(), uuid::Uuid::nil()));
        store.commit(unit.with(Change::NewStaff(Box::new(officer.clone()))).with_all(new)).await.unwrap();

        let cut = service.app().recompute_deadlines(Actor::Console, |_| ControlFlow::Break(())).await.unwrap();
        let edition = Calendar::read(SHIPPED).unwrap().edition().clone();
        let left = store.reader().await.unwrap().count_timed_elsewhere(&edition).await.unwrap();
        assert_eq!((cut.total, cut.saved, left), (450, 200, 250));
        let done = recompute(service.app()).await;
        assert_eq!((done.total, done.saved), (250, 250));
        assert_eq!(recompute(service.app()).await.total, 0);
    })
    .await;
}

#[tokio::test]
async fn another_process_counts_on_the_calendar_that_was_imported_last() {
    with_wishes(on(date!(2027 - 02 - 01)), async |service| {
        let other = service.another_process(TrustSettings {
            expired_signers: true,
            digest_info_without_null: false,
            practice: false,
        });
        let (id, _) = submitted(service).await;
        let first = deadline(service, &id).await.calendar_edition;
        assert!(matches!(adopt(&other, &tet_decided()).await, Adoption::Adopted { .. }));
        let (id, _) = submitted(service).await;
        let second = deadline(service, &id).await.calendar_edition;
        assert_eq!((first.as_str(), second.as_str()), ("2026-11-21", "2027-01-15"));
    })
    .await;
}

#[tokio::test]
async fn only_a_later_edition_takes_the_place_of_the_one_in_force() {
    with(async |service| {
        let app = service.app();
        assert!(matches!(adopt(app, SHIPPED).await, Adoption::InForce));
        let same_name = SHIPPED.replacen("{ on = 2027-02-05", "# { on = 2027-02-05", 1);
        assert!(matches!(adopt(app, &same_name).await, Adoption::Refused(CannotSucceed::OtherContent(_))));
        assert!(matches!(adopt(app, &tet_decided()).await, Adoption::Adopted { .. }));
        assert!(matches!(adopt(app, SHIPPED).await, Adoption::Refused(CannotSucceed::NotLater { .. })));
        let used = SHIPPED.replacen("published = 2026-11-21", "published = 2027-03-01", 1);
        assert!(matches!(adopt(app, &used).await, Adoption::Refused(CannotSucceed::OtherContent(_))));
        app.adopt_shipped().await.unwrap();
        let mut reader = app.store().reader().await.unwrap();
        assert_eq!(app.calendar(&mut reader).await.unwrap().edition().as_str(), "2027-01-15", "what is there stays");
    })
    .await;
}

#[tokio::test]
async fn a_calendar_that_was_changed_behind_the_services_back_is_not_counted_on() {
    with(async |service| {
        service.database().tamper("UPDATE calendar SET text = text || ' '").await;
        let refused = service.submit(&service.applicant().await.application).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Internal, "BROKEN"));
    })
    .await;
}

/// The console of a machine with a store.
struct Desk {
    site: Site,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::new().await;
        let keys = site.home().join("keys.json");
        site.run(&["keys", "new", keys.to_str().unwrap()]).await.unwrap();
        site.run(&["migrate"]).await.unwrap();
        Self { site }
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.site.home().join("calendar.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    async fn import(&self, text: &str) -> Result<String, String> {
        self.site.run(&["calendar", "import", self.file(text).to_str().unwrap()]).await
    }
}

#[tokio::test]
async fn an_operator_imports_a_calendar_and_reads_what_it_changes() {
    let desk = Desk::new().await;
    let first = desk.site.run(&["calendar", "import", "--shipped"]).await.unwrap();
    assert!(first.starts_with("Edition 2026-11-21 is in force; there was none."), "{first}");
    let second = desk.import(&tet_decided()).await.unwrap();
    assert!(second.contains("in the place of 2026-11-21"), "{second}");
    assert!(second.contains("- Fri 2027-02-05 is worked on (was off: tet)"), "{second}");
    assert!(second.contains("0 open requests were counted again; 0 deadlines moved."), "{second}");
    let again = desk.import(&tet_decided()).await.unwrap();
    assert!(again.contains("Edition 2027-01-15 is in force already."), "{again}");
    let older = desk.import(SHIPPED).await.unwrap_err();
    assert!(older.contains("Not imported: edition 2026-11-21 of 2026-11-21 is not later"), "{older}");

    let years = desk.site.run(&["calendar", "show"]).await.unwrap();
    assert!(years.contains("2026              249 working days\n"), "{years}");
    assert!(years.contains("working days, provisional"), "{years}");
    let year = desk.site.run(&["calendar", "show", "2026"]).await.unwrap();
    assert!(year.contains("Tue 2026-11-24") && year.contains("culture"), "{year}");
    assert!(year.contains("Sat 2026-08-22") && year.contains("for 2026-08-31"), "{year}");
    let none = desk.site.run(&["calendar", "show", "2031"]).await.unwrap_err();
    assert!(none.contains("does not hold the year 2031"), "{none}");
}

#[tokio::test]
async fn an_operator_is_told_the_line_the_field_and_the_cure_in_both_languages() {
    let desk = Desk::new().await;
    let wrong = SHIPPED.replacen("on = 2025-01-01", "on = 2025-01-04", 1);
    let file = desk.file(&wrong);
    let told = desk.site.run(&["calendar", "check", file.to_str().unwrap()]).await.unwrap_err();
    assert!(told.contains("line 13 · year[1].off[1].on\n    en: 2025-01-04 is a Saturday"), "{told}");
    assert!(told.contains("    vi: Ngày 2025-01-04"), "{told}");
    assert!(desk.import(&wrong).await.unwrap_err().contains("line 13"), "nothing wrong comes in force");
    let right = desk.site.run(&["calendar", "check", desk.file(SHIPPED).to_str().unwrap()]).await.unwrap();
    assert!(right.contains("2025              250 working days"), "{right}");
    let missing = desk.site.run(&["calendar", "check", "no-such-file.toml"]).await.unwrap_err();
    assert!(missing.contains("cannot read no-such-file.toml"), "{missing}");
}
