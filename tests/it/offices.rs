//! Offices with their days: whose requests are whose before and after a merger, and how the map changes.

use std::time::Duration;

use eid::app::{App, TrustSettings};
use eid::domain::ids::{StaffId, Version};
use eid::domain::office::{COLUMNS, Fault, Record, read as records};
use eid::domain::staff::{OfficeCode, Post, Role};
use eid::domain::time::Timestamp;
use eid::proto as pb;
use eid::proto::office_service_client::OfficeServiceClient;
use eid::store::{Change, Unit};
use time::Date;
use time::macros::date;
use tonic::{Code, Status};

use crate::support::process::Site;
use crate::support::records::{Records, received as events_of};
use crate::support::service::{Service, certificate, fields, reason, with};

const BEFORE: Date = date!(2025 - 06 - 30);
const AFTER: Date = date!(2025 - 07 - 01);

/// A merger of the test's own: on 1 December 2026 the site in Bà Rịa passes to the one in Thủ Dầu Một, and on 1 January
/// 2027 another one opens under its number.
const MERGER: [&str; 2] = [
    "site,79-03,2025-07-01,2026-11-30,Hồ Chí Minh - Bà Rịa,Ho Chi Minh - Ba Ria,,,Bà Rịa,79-02,Decision 1/2026",
    "site,79-03,2027-01-01,,Hồ Chí Minh - Côn Đảo,Ho Chi Minh - Con Dao,,,Côn Đảo,,Decision 2/2026",
];

fn lines(lines: &[&str]) -> Vec<Record> {
    records([&[COLUMNS.join(",").as_str()], lines].concat().join("\n").as_bytes()).unwrap()
}

async fn import(service: &Service, file: &[&str]) -> Result<usize, Vec<Fault>> {
    service.app().import_offices(&lines(file)).await.unwrap().map(|import| import.changes.len())
}

/// Lets time pass until an instant.
fn wait_until(service: &Service, at: Timestamp) {
    service.wait(at.since(service.now()));
}

/// A request that `who` hands in; its name.
async fn submitted_by(service: &Service, who: &str) -> String {
    let application = Some(service.applicant().await.application);
    let request = pb::SubmitRequest { request_id: service.id(), application, ..pb::SubmitRequest::default() };
    match service.officer_named(who).submit(request).await.unwrap().into_inner().outcome {
        Some(pb::submit_response::Outcome::Accepted(receipt)) => receipt.enrolment_id,
        _ => panic!("not accepted"),
    }
}

async fn get(service: &Service, who: &str, id: &str) -> Result<pb::Enrolment, Status> {
    let request = pb::GetRequest { enrolment_id: id.to_owned() };
    service.officer_named(who).get(request).await.map(|answer| answer.into_inner().enrolment.unwrap())
}

async fn list(service: &Service, who: &str, request: pb::ListRequest) -> Result<Vec<pb::Enrolment>, Status> {
    service.officer_named(who).list(request).await.map(|answer| answer.into_inner().enrolments)
}

fn names(enrolments: &[pb::Enrolment]) -> Vec<&str> {
    enrolments.iter().map(|enrolment| enrolment.enrolment_id.as_str()).collect()
}

fn as_received(office: &str, on: &str) -> pb::ListRequest {
    pb::ListRequest {
        office_map: pb::OfficeMap::AsReceived.into(),
        office: office.to_owned(),
        office_on: on.to_owned(),
        ..pb::ListRequest::default()
    }
}

async fn staff(service: &Service, name: &str) -> StaffId {
    let mut reader = service.app().store().reader().await.unwrap();
    reader.staff_by_certificate(&certificate(name)).await.unwrap().unwrap().id
}

/// Keeps a request as an earlier release received it; its name.
async fn received(service: &Service, make: &Records, office: &str, day: Date) -> String {
    let mut stored = make.enrolment(staff(service, "officer").await);
    stored.enrolment.office = OfficeCode::parse(office).unwrap();
    stored.enrolment.received_at = Timestamp::start_of(day).plus(Duration::from_hours(9));
    let (id, events) = (stored.enrolment.id, events_of(&stored));
    let unit = Unit::new(make.entry(service.now(), id.uuid())).with(Change::NewEnrolment(Box::new(stored), events));
    service.app().store().commit(unit).await.unwrap();
    id.to_string()
}

#[tokio::test]
async fn a_request_passes_to_the_successor_at_midnight_in_viet_nam_and_to_nobody_else() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        service.register(Role::Officer, Some("79-02"), "thu-dau-mot").await;
        assert_eq!(import(service, &MERGER).await.unwrap(), 2);
        let id = submitted_by(service, "ba-ria").await;

        let midnight = Timestamp::start_of(date!(2026 - 12 - 01));
        wait_until(service, midnight.minus(Duration::from_micros(1)));
        assert_eq!(get(service, "ba-ria", &id).await.unwrap().current_office, "79-03");
        for stranger in ["thu-dau-mot", "officer"] {
            assert_eq!(reason(&get(service, stranger, &id).await.unwrap_err()), "ENROLMENT_NOT_FOUND");
            assert!(list(service, stranger, pb::ListRequest::default()).await.unwrap().is_empty());
        }

        wait_until(service, midnight);
        let shown = get(service, "thu-dau-mot", &id).await.unwrap();
        assert_eq!((shown.office.as_str(), shown.current_office.as_str()), ("79-03", "79-02"));
        let listed = list(service, "thu-dau-mot", pb::ListRequest::default()).await.unwrap();
        assert_eq!(names(&listed), [id.as_str()]);
        assert_eq!((listed[0].office.as_str(), listed[0].current_office.as_str()), ("79-03", "79-02"));
        assert_eq!(reason(&get(service, "officer", &id).await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        assert!(list(service, "officer", pb::ListRequest::default()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn staff_of_a_merged_office_act_for_its_successor_on_the_day() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        service.register(Role::Officer, Some("79-02"), "thu-dau-mot").await;
        import(service, &MERGER).await.unwrap();
        let midnight = Timestamp::start_of(date!(2026 - 12 - 01));
        wait_until(service, midnight.minus(Duration::from_micros(1)));
        let old = submitted_by(service, "ba-ria").await;
        let caller = service.app().caller(&certificate("ba-ria")).await.unwrap().unwrap();
        wait_until(service, midnight);
        let new = submitted_by(service, "ba-ria").await;
        assert_eq!(get(service, "ba-ria", &old).await.unwrap().office, "79-03");
        assert_eq!(get(service, "ba-ria", &new).await.unwrap().office, "79-02", "received for the successor");
        let all = [new.as_str(), old.as_str()];
        for who in ["ba-ria", "thu-dau-mot"] {
            assert_eq!(names(&list(service, who, pb::ListRequest::default()).await.unwrap()), all);
        }
        // A call that began before ends where its caller is by then.
        let officer = service.app().officer_now(&caller).await.unwrap().unwrap();
        assert_eq!((caller.officer().unwrap().office.as_str(), officer.office.as_str()), ("79-03", "79-02"));
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_of_the_successor_decides_what_the_merged_office_received() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        service.register(Role::Supervisor, Some("79-02"), "reviewer").await;
        import(service, &MERGER).await.unwrap();
        let applicant = service.people(eid::practice::Generator::exchange_due).await;
        let request = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(applicant.application),
            ..pb::SubmitRequest::default()
        };
        let answer = service.officer_named("ba-ria").submit(request).await.unwrap().into_inner();
        let Some(pb::submit_response::Outcome::Accepted(receipt)) = answer.outcome else { panic!("not accepted") };
        let decline = |service: &Service| pb::DeclineRequest {
            same_person: false,
            request_id: service.id(),
            enrolment_id: receipt.enrolment_id.clone(),
            reason: "The new card was refused at the counter.".to_owned(),
        };
        let early = service.reviewer("reviewer").decline(decline(service)).await.unwrap_err();
        assert_eq!(reason(&early), "ENROLMENT_NOT_FOUND");
        wait_until(service, Timestamp::start_of(date!(2026 - 12 - 01)));
        let late = service.reviewer("supervisor").decline(decline(service)).await.unwrap_err();
        assert_eq!(reason(&late), "ENROLMENT_NOT_FOUND", "another office than the successor");
        let declined = service.reviewer("reviewer").decline(decline(service)).await.unwrap().into_inner();
        assert_eq!(declined.enrolment.unwrap().state(), pb::EnrolmentState::Refused);
    })
    .await;
}

#[tokio::test]
async fn the_successor_may_give_up_what_the_merged_office_received_and_see_its_history() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        service.register(Role::Officer, Some("79-02"), "thu-dau-mot").await;
        import(service, &MERGER).await.unwrap();
        let id = submitted_by(service, "ba-ria").await;
        let history = async |who: &str| {
            let request = pb::GetHistoryRequest { enrolment_id: id.clone(), ..pb::GetHistoryRequest::default() };
            service.officer_named(who).get_history(request).await.map(tonic::Response::into_inner)
        };
        let withdraw = async |who: &str| {
            let request = pb::WithdrawRequest {
                request_id: service.id(),
                enrolment_id: id.clone(),
                reason: pb::WithdrawalReason::Applicant.into(),
            };
            service.officer_named(who).withdraw(request).await.map(|answer| answer.into_inner().enrolment.unwrap())
        };
        assert_eq!(reason(&history("thu-dau-mot").await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        assert_eq!(reason(&withdraw("thu-dau-mot").await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        wait_until(service, Timestamp::start_of(date!(2026 - 12 - 01)));
        assert!(!history("thu-dau-mot").await.unwrap().events.is_empty());
        for stranger in ["officer", "supervisor"] {
            assert_eq!(reason(&withdraw(stranger).await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        }
        let withdrawn = withdraw("thu-dau-mot").await.unwrap();
        assert_eq!((withdrawn.state(), withdrawn.current_office.as_str()), (pb::EnrolmentState::Withdrawn, "79-02"));
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_given_again_brings_nothing_of_whoever_had_it_before() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        import(service, &MERGER).await.unwrap();
        let old = submitted_by(service, "ba-ria").await;
        wait_until(service, Timestamp::start_of(date!(2027 - 01 - 01)));
        service.register(Role::Officer, Some("79-03"), "con-dao").await;
        let new = submitted_by(service, "con-dao").await;
        assert_eq!(names(&list(service, "con-dao", pb::ListRequest::default()).await.unwrap()), [new.as_str()]);
        assert_eq!(reason(&get(service, "con-dao", &old).await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        // Whoever was entered under the old meaning is where that office went.
        assert_eq!(names(&list(service, "ba-ria", pb::ListRequest::default()).await.unwrap()), [old.as_str()]);
        assert_eq!(reason(&get(service, "ba-ria", &new).await.unwrap_err()), "ENROLMENT_NOT_FOUND");
        let refused = list(service, "con-dao", as_received("79-03", "")).await.unwrap_err();
        assert_eq!(fields(&refused), ["office_on"]);
        let refused = list(service, "con-dao", as_received("79-03", "2026-11-30")).await.unwrap_err();
        assert_eq!(reason(&refused), "OFFICE_NOT_FOUND");
        let own = list(service, "con-dao", as_received("79-03", "2027-01-01")).await.unwrap();
        assert_eq!(names(&own), [new.as_str()]);
    })
    .await;
}

#[tokio::test]
async fn each_of_the_seven_codes_is_told_apart_by_the_day_of_receipt() {
    with(async |service| {
        let make = Records::new();
        let seven = [
            ("15-01", "10-01"),
            ("24-01", "27-01"),
            ("44-01", "45-01"),
            ("52-01", "64-01"),
            ("80-01", "72-01"),
            ("82-01", "87-01"),
            ("91-01", "89-01"),
        ];
        for (code, namesake) in seven {
            service.register(Role::Officer, Some(code), code).await;
            let former = received(service, &make, code, BEFORE).await;
            let other = received(service, &make, namesake, BEFORE).await;
            let own = received(service, &make, code, AFTER).await;
            let listed = async |request| list(service, code, request).await;
            // By today's map all three are the office's, whichever code they carry.
            let today = listed(pb::ListRequest::default()).await.unwrap();
            assert_eq!(names(&today), [own.as_str(), other.as_str(), former.as_str()]);
            assert!(today.iter().all(|enrolment| enrolment.current_office == code));
            // By the map of the day of receipt, one code with two meanings is two offices.
            assert_eq!(names(&listed(as_received("", "")).await.unwrap()), [own.as_str()]);
            assert_eq!(names(&listed(as_received(code, "2025-06-30")).await.unwrap()), [former.as_str()]);
            assert_eq!(names(&listed(as_received(code, "2025-07-01")).await.unwrap()), [own.as_str()]);
            assert_eq!(names(&listed(as_received(namesake, "")).await.unwrap()), [other.as_str()]);
            assert_eq!(fields(&listed(as_received(code, "")).await.unwrap_err()), ["office_on"]);
            let never = listed(as_received(namesake, "2025-07-01")).await.unwrap_err();
            assert_eq!(reason(&never), "OFFICE_NOT_FOUND");
        }
        let strangers = list(service, "15-01", as_received("24-01", "2025-06-30")).await.unwrap_err();
        assert_eq!((strangers.code(), reason(&strangers).as_str()), (Code::NotFound, "OFFICE_NOT_FOUND"));
    })
    .await;
}

#[tokio::test]
async fn pages_over_several_codes_show_each_request_once_and_newest_first() {
    with(async |service| {
        service.register(Role::Officer, Some("86-01"), "vinh-long").await;
        let make = Records::new();
        let mut kept = Vec::new();
        for n in 0..11 {
            // Older and newer meanings in turn, by three codes, and one of nobody here.
            let (code, day) =
                [("83-01", BEFORE), ("86-01", AFTER), ("84-01", BEFORE), ("86-01", BEFORE), ("79-01", AFTER)][n % 5];
            let id = received(service, &make, code, day).await;
            if code != "79-01" {
                kept.push((day, id));
            }
        }
        kept.sort();
        let kept: Vec<_> = kept.into_iter().rev().map(|(_, id)| id).collect();
        for page_size in [1, 2, 3, 50] {
            let (mut seen, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = pb::ListRequest { page_size, page_token, ..pb::ListRequest::default() };
                let page = service.officer_named("vinh-long").list(request).await.unwrap().into_inner();
                assert!(page.enrolments.len() <= usize::try_from(page_size).unwrap());
                seen.extend(page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(seen, kept, "pages of {page_size}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_or_a_day_for_todays_map_is_refused() {
    with(async |service| {
        let on = pb::ListRequest { office_on: "2025-06-30".to_owned(), ..pb::ListRequest::default() };
        assert_eq!(fields(&list(service, "officer", on).await.unwrap_err()), ["office_map"]);
        let wrong = pb::ListRequest { office: "7901".to_owned(), office_map: 9, ..as_received("", "30.6.2025") };
        assert_eq!(fields(&list(service, "officer", wrong).await.unwrap_err()), ["office", "office_on", "office_map"]);
    })
    .await;
}

#[tokio::test]
async fn an_officer_whose_office_is_on_no_map_is_told_so_and_may_look_at_the_map() {
    with(async |service| {
        // As a release before this one, which knew no offices, let be entered.
        let make = Records::new();
        let mut member = make.staff(Role::Officer);
        member.certificate = certificate("nowhere");
        member.post = Post::new(Role::Officer, OfficeCode::parse("79-77").ok()).unwrap();
        let unit = Unit::new(make.entry(service.now(), member.id.uuid())).with(Change::NewStaff(Box::new(member)));
        service.app().store().commit(unit).await.unwrap();
        let refused = list(service, "nowhere", pb::ListRequest::default()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "NO_OFFICE_TODAY"));
        let mut offices = OfficeServiceClient::new(service.channel(Some("nowhere")));
        assert_eq!(
            offices.list_offices(pb::ListOfficesRequest::default()).await.unwrap().into_inner().offices.len(),
            38
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_is_entered_for_an_office_that_does_not_exist_today() {
    with(async |service| {
        for (n, wrong) in ["74-01", "79-09"].into_iter().enumerate() {
            let post = Post::new(Role::Officer, OfficeCode::parse(wrong).ok()).unwrap();
            let name = format!("wrong-{n}");
            let refused = service.app().register_staff(certificate(&name), post).await.unwrap_err();
            assert_eq!(refused.to_string(), "office not found");
        }
        let code = async || {
            let mut offices = OfficeServiceClient::new(service.channel(Some("wrong-0")));
            offices.list_offices(pb::ListOfficesRequest::default()).await.unwrap_err().code()
        };
        assert_eq!(code().await, Code::Unauthenticated, "nothing was entered");
    })
    .await;
}

#[tokio::test]
async fn offices_are_shown_by_the_day_with_their_unit_and_who_has_their_rights() {
    with(async |service| {
        let mut offices = OfficeServiceClient::new(service.channel(Some("auditor")));
        let on = |on: &str| pb::ListOfficesRequest { on: on.to_owned() };
        let listed = offices.list_offices(on("2025-06-30")).await.unwrap().into_inner();
        assert_eq!((listed.on.as_str(), listed.offices.len()), ("2025-06-30", 63));
        let today = offices.list_offices(on("")).await.unwrap().into_inner();
        assert_eq!((today.on.as_str(), today.offices.len()), ("2026-11-21", 38));
        assert_eq!(fields(&offices.list_offices(on("June")).await.unwrap_err()), ["on"]);

        let ask = |code: &str, on: &str| pb::GetOfficeRequest { code: code.to_owned(), on: on.to_owned() };
        let mut show = async |code, on| offices.get_office(ask(code, on)).await.map(|a| a.into_inner().office.unwrap());
        let old = show("15-01", "2025-06-30").await.unwrap();
        assert_eq!((old.name.as_str(), old.until.as_str(), old.successor.as_str()), ("Yên Bái", "2025-06-30", "15-01"));
        let new = show("15-01", "2025-07-01").await.unwrap();
        assert_eq!((new.name_ascii.as_str(), new.from.as_str(), new.until.as_str()), ("Lao Cai", "2025-07-01", ""));
        assert_eq!(fields(&show("15-01", "").await.unwrap_err()), ["on"], "the code has meant two offices");
        let binh_duong = show("74-01", "").await.unwrap();
        assert_eq!((binh_duong.name.as_str(), binh_duong.current_office.as_str()), ("Bình Dương", "79-02"));
        let unit = binh_duong.unit.unwrap();
        assert_eq!((unit.name.as_str(), unit.kind()), ("Bình Dương", pb::UnitKind::Province));
        let kind = async |show: Result<pb::Office, Status>| show.unwrap().unit.unwrap().kind();
        assert_eq!(kind(show("75-01", "").await).await, pb::UnitKind::Unspecified, "the day in 2026 is not known");
        assert_eq!(kind(show("79-01", "").await).await, pb::UnitKind::City);
        assert_eq!(reason(&show("74-01", "2025-07-01").await.unwrap_err()), "OFFICE_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn an_import_is_all_or_nothing_leaves_an_entry_and_is_seen_by_every_process_at_once() {
    with(async |service| {
        let trust = TrustSettings { expired_signers: true, digest_info_without_null: false, practice: false };
        let other = service.another_process(trust);
        let offices = async |app: &App| app.list_offices(Some(date!(2027 - 01 - 01))).await.unwrap().1.len();
        assert_eq!((offices(service.app()).await, offices(&other).await), (38, 38));

        let half = ["site,79-04,2027-01-01,,A,A,,,,,", "site,79-01,2025-07-01,,B,B,,,,,"];
        let faults = import(service, &half).await.unwrap_err();
        assert_eq!((faults[0].line, faults[0].field), (3, "name_vi"));
        assert!(faults[0].other.as_ref().is_some_and(|other| other.kept && other.text.contains("Xuân Hòa")));
        assert_eq!(offices(service.app()).await, 38, "nothing of the file was taken");

        let checked = service.app().check_offices(&lines(&half[..1])).await.unwrap().unwrap();
        assert_eq!(checked.changes.len(), 1);
        assert_eq!(offices(service.app()).await, 38, "a check changes nothing");

        assert_eq!(import(service, &half[..1]).await.unwrap(), 1);
        assert_eq!((offices(service.app()).await, offices(&other).await), (39, 39));
        assert_eq!(import(service, &half[..1]).await.unwrap(), 0, "the same file again changes nothing");

        let more = lines(&["site,79-04,2027-01-01,2027-12-31,A,A,,,,79-01,"]);
        let imported = service.app().import_offices(&more).await.unwrap().unwrap();
        let entries = service.audit(&imported.import.unwrap().to_string()).await;
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((entry["action"].as_str(), entry["actor"].as_str()), (Some("offices.imported"), Some("console")));
        let facts =
            ["revision", "added", "closed", "amended", "codes"].map(|name| entry["facts"][name].as_str().unwrap());
        // It replaces one that is not in force yet, by closing it.
        assert_eq!(facts, ["3", "0", "1", "0", "79-04"]);
    })
    .await;
}

#[tokio::test]
async fn processes_that_start_at_once_take_over_what_is_shipped_once() {
    with(async |service| {
        let adopt = || futures::future::join_all((0..4).map(|_| service.app().adopt_shipped_offices()));
        let took = async || adopt().await.into_iter().filter(|adopted| *adopted.as_ref().unwrap()).count();
        assert_eq!(took().await, 0, "the store has its own");
        service.database().tamper("DELETE FROM office").await;
        service.database().tamper("DELETE FROM office_revision").await;
        assert_eq!(took().await, 1);
        let revision = service.app().store().reader().await.unwrap().office_revision().await.unwrap();
        assert_eq!(revision, Version::new(1));
    })
    .await;
}

#[tokio::test]
async fn the_command_imports_what_is_shipped_and_files_and_tells_of_each_line_that_it_cannot_take() {
    let site = Site::new().await;
    let keys = site.home().join("keys.json");
    site.run(&["keys", "new", keys.to_str().unwrap()]).await.unwrap();
    site.run(&["migrate"]).await.unwrap();
    assert!(site.run(&["offices", "list"]).await.unwrap_err().contains("No offices are kept yet"));
    let first = site.run(&["offices", "import"]).await.unwrap();
    assert!(first.contains("added: site 79-02 Hồ Chí Minh - Thủ Dầu Một, 2025-07-01 to now and on\n"), "{first}");
    assert!(site.run(&["offices", "import"]).await.unwrap().starts_with("0 added, 0 closed, 0 amended, "));

    let file = site.home().join("merger.csv");
    let command = |verb| ["offices", verb, file.to_str().unwrap()].map(str::to_owned);
    let run = async |verb| site.run(&command(verb).each_ref().map(String::as_str)).await;
    let write = |lines: &[&str]| {
        std::fs::write(&file, [&[COLUMNS.join(",").as_str()], lines].concat().join("\n")).unwrap();
    };
    let bad =
        "site,79-02,2025-07-01,2025-12-31,Hồ Chí Minh - Thủ Dầu Một,Ho Chi Minh - Thu Dau Mot,,,Thủ Dầu Một,79-01,";
    write(&["site,79-04,2026-13-01,,A,Á,,,,,", "site,79-05,,,A"]);
    let refused = run("import").await.unwrap_err();
    let told = ["line 2, from: ", "line 2, name_ascii: ", "line 3: The line has 5 fields", "Nothing was changed."];
    assert!(told.iter().all(|told| refused.contains(told)), "{refused}");
    write(&[bad]);
    let refused = run("import").await.unwrap_err();
    assert!(refused.contains("line 2, until: ") && refused.contains("  kept, from line "), "{refused}");
    assert!(refused.contains("site,79-02,2025-07-01,,"), "the line that is kept is shown: {refused}");

    write(&["site,79-04,2099-01-01,,A,A,,,,,"]);
    assert!(run("check").await.unwrap().ends_with("It would be: 1 added, 0 closed, 0 amended, 0 unchanged.\n"));
    assert!(run("import").await.unwrap().ends_with("\n1 added, 0 closed, 0 amended, 0 unchanged.\n"));
    assert!(run("import").await.unwrap().starts_with("0 added, "));
    let then = site.run(&["offices", "list", "--on", "2099-01-01"]).await.unwrap();
    assert!(then.contains("  79-04 A\n"), "{then}");
    assert!(site.run(&["offices", "list", "--history", "91-01"]).await.unwrap().contains("tell the day with it"));
}
