//! `eid office spool`, the real program: killed at every moment, run twice, copied, searched for what it must not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use eid::domain::workstation::CLOCK_SKEW_MAX;
use eid::practice::Generator;
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::sys::Clock;
use tokio::process::Command;

use crate::support::process::{Running, Site, ended};
use crate::support::spool::{Officer, Spool, Watching, request};

/// A place, the service there, and a spool of the practice officer.
async fn scene() -> (Site, Running, Spool) {
    let site = Site::new().await.quiet();
    let running = site.start().await;
    let spool = Spool::new(&site, "q1-01", Officer::of_practice(&site)).await;
    (site, running, spool)
}

fn requests(count: usize, seed: u64) -> Vec<pb::SubmitRequest> {
    let mut people = Generator::new(seed, Clock::System.now());
    (0..count).map(|_| request(&mut people)).collect()
}

/// Every request that the service knows, by name.
async fn kept(site: &Site, running: &Running) -> BTreeSet<String> {
    let mut officer = EnrolmentServiceClient::new(site.channel(running, "officer-79-01").await);
    let page = officer.list(pb::ListRequest { page_size: 500, ..Default::default() }).await.unwrap().into_inner();
    let ids: Vec<_> = page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id).collect();
    let distinct: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(distinct.len(), ids.len(), "none is there twice");
    distinct
}

/// What the spool says of each of the first so many numbers.
async fn shown(spool: &Spool, count: usize) -> BTreeMap<usize, String> {
    let mut said = BTreeMap::new();
    for number in 1..=count {
        let line = ended(spool.command().args(["--show", &number.to_string()])).await.unwrap();
        let line = line.lines().next().unwrap().to_owned();
        said.insert(number, line.trim_start_matches(&format!("number {number}: ")).to_owned());
    }
    said
}

/// Runs a command again and again, each time killed a little later, until it comes to its end. How often it is killed before
/// is the machine's affair.
async fn killed_until_done(make: impl Fn() -> Command, step: Duration) {
    for killed in 0..500 {
        let mut child = make().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        match tokio::time::timeout(step * (killed + 1), child.wait()).await {
            Ok(status) => {
                assert!(status.unwrap().success());
                return;
            }
            Err(_) => child.kill().await.unwrap(),
        }
    }
    panic!("it never ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_a_spool_loses_nothing_and_doubles_nothing() {
    const COUNT: usize = 60;
    let (site, running, spool) = scene().await;
    let file = spool.file(&requests(COUNT, 11));
    let adding = || {
        let mut command = spool.command();
        command.arg("--add").arg(&file);
        command
    };
    killed_until_done(adding, Duration::from_millis(9)).await;
    assert_eq!(spool.count("queue"), COUNT);
    let port = running.port();
    killed_until_done(|| spool.calling(&site, port), Duration::from_millis(23)).await;

    assert_eq!((spool.count("queue"), spool.count("refused")), (0, 0));
    let said = shown(&spool, COUNT).await;
    let receipts: BTreeSet<_> = said.values().map(|line| line.strip_prefix("accepted ").unwrap().to_owned()).collect();
    assert_eq!(receipts.len(), COUNT, "one receipt for each number");
    assert_eq!(kept(&site, &running).await, receipts, "the service has these and no others");
    assert!(running.stop().await.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_sends_and_others_may_add_beside_it() {
    let (site, running, spool) = scene().await;
    let people = requests(3, 12);
    spool.add(&people[..1]).await.unwrap();
    let mut watching = Watching::start(&mut spool.calling(&site, running.port()));
    let (number, said) = watching.next().await.unwrap();
    assert!(number == 1 && said.starts_with("accepted "), "{said}");

    let second = ended(&mut spool.calling(&site, running.port())).await.unwrap_err();
    assert!(second.contains("another process sends"), "{second}");
    let said = spool.add(&people).await.unwrap();
    let lines: Vec<_> = said.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(lines, ["is here already, as number 1", "waits as number 2", "waits as number 3"]);
    for due in [2, 3] {
        let (number, said) = watching.next().await.unwrap();
        assert!(number == due && said.starts_with("accepted "), "{number}: {said}");
    }
    assert_eq!(watching.stop().await, 0);
    let status = ended(spool.command().arg("--status")).await.unwrap();
    for line in ["workstation       q1-01", "last number       3", "waiting           0", "accepted          3"] {
        assert!(status.contains(line), "{status}");
    }
    assert_eq!(kept(&site, &running).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_waits_for_the_line_and_goes_on_after_the_service_was_away() {
    let mut site = Site::new().await.quiet();
    let running = site.start().await;
    site.stay_at(&running);
    let port = running.port();
    let spool = Spool::new(&site, "q1-01", Officer::of_practice(&site)).await;
    let people = requests(2, 13);
    spool.add(&people[..1]).await.unwrap();
    running.kill().await;
    let mut watching = Watching::start(&mut spool.calling(&site, port));
    let running = site.start().await;
    assert_eq!(watching.next().await.unwrap().0, 1);
    running.kill().await;
    spool.add(&people[1..]).await.unwrap();
    let running = site.start().await;
    assert_eq!(watching.next().await.unwrap().0, 2);
    watching.kill().await;
    assert_eq!(kept(&site, &running).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_accepted_is_put_aside_shown_and_may_come_cured() {
    let (site, running, spool) = scene().await;
    let mut people = requests(3, 14);
    let consents = std::mem::take(&mut people[0].application.as_mut().unwrap().consents);
    people[1].application.as_mut().unwrap().phone = "nine".to_owned();
    spool.add(&people).await.unwrap();
    let sent = spool.calling(&site, running.port()).output().await.unwrap();
    assert_eq!(sent.status.code(), Some(1));
    let said = String::from_utf8(sent.stdout).unwrap();
    assert!(said.contains("number 1: not accepted\n  refused: consent."), "{said}");
    assert!(
        said.contains("number 2: not accepted\n  INVALID_FIELDS\n") && said.contains("application.phone: "),
        "{said}"
    );
    assert!(
        said.contains("number 3: accepted ")
            && said.ends_with("1 accepted, 2 not accepted, 0 not sent, 0 not readable\n")
    );
    assert_eq!((spool.count("queue"), spool.count("refused")), (0, 2));

    let shown = ended(spool.command().args(["--show", "1"])).await.unwrap();
    assert!(shown.starts_with("number 1: not accepted\n") && shown.contains("\"passport\""), "{shown}");
    let mut cured: serde_json::Value = serde_json::from_str(&shown[shown.find("\n{\n").unwrap()..]).unwrap();
    assert_eq!((cured["request_id"].as_str(), cured["capture"]["sequence"].as_str()), (None, None));
    let whole = pb::SubmitRequest {
        application: Some(pb::Application { consents, ..pb::Application::default() }),
        ..pb::SubmitRequest::default()
    };
    let whole: serde_json::Value = serde_json::from_str(&crate::support::spool::json(&whole)).unwrap();
    cured["application"]["consents"] = whole["application"]["consents"].clone();
    let file = site.home().join("cured.json");
    std::fs::write(&file, cured.to_string()).unwrap();
    let added = ended(spool.command().arg("--add").arg(&file)).await.unwrap();
    assert!(added.contains("waits as number 4"), "{added}");
    let said = ended(&mut spool.calling(&site, running.port())).await.unwrap();
    assert!(said.contains("number 4: accepted "), "{said}");
    assert_eq!(kept(&site, &running).await.len(), 2);
}

/// The same requests, captured by a clock that is so much ahead.
fn captured_ahead(mut requests: Vec<pb::SubmitRequest>, ahead: Duration) -> Vec<pb::SubmitRequest> {
    let at = Clock::System.now().plus(ahead).micros();
    let captured_at = Some(prost_types::Timestamp { seconds: at / 1_000_000, nanos: 0 });
    for request in &mut requests {
        request.capture = Some(pb::CaptureProvenance { captured_at, ..pb::CaptureProvenance::default() });
    }
    requests
}

/// Sends what waits: the exit code, and what was said.
async fn sent(site: &Site, running: &Running, spool: &Spool) -> (i32, String) {
    let sent = spool.calling(site, running.port()).output().await.unwrap();
    (sent.status.code().unwrap(), String::from_utf8(sent.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_fast_clock_dated_is_held_up_alone_until_the_officer_sets_its_time_right() {
    let (site, running, spool) = scene().await;
    let mut people = captured_ahead(requests(3, 21), Duration::from_hours(72));
    people[2].capture = None;
    spool.add(&people).await.unwrap();
    let (code, said) = sent(&site, &running, &spool).await;
    for line in
        ["number 1: held until ", "number 2: held until ", "number 3: accepted ", "  en: ", "  vi: ", "--retime"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(code == 2 && said.ends_with("1 accepted, 0 not accepted, 2 not sent, 0 not readable\n"), "{said}");
    assert_eq!((spool.count("queue"), spool.count("refused"), kept(&site, &running).await.len()), (2, 0, 1));

    let retimed = ended(spool.command().args(["--retime", "+3d 00:00:00"])).await.unwrap();
    assert!(retimed.contains("number 1: captured at ") && retimed.contains("number 2: captured at "), "{retimed}");
    let (code, said) = sent(&site, &running, &spool).await;
    assert!(code == 0 && said.contains("number 1: accepted ") && said.contains("number 2: accepted "), "{said}");
    assert_eq!(kept(&site, &running).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_sends_what_was_held_by_itself_once_its_time_has_come() {
    let (site, running, spool) = scene().await;
    let soon = CLOCK_SKEW_MAX + Duration::from_secs(2);
    spool.add(&captured_ahead(requests(1, 22), soon)).await.unwrap();
    let mut watching = Watching::start(&mut spool.calling(&site, running.port()));
    // On a machine that is slow enough its time has come before it is first looked at.
    let said = loop {
        let (number, said) = watching.next().await.unwrap();
        assert_eq!(number, 1);
        if !said.starts_with("held until ") {
            break said;
        }
    };
    assert!(said.starts_with("accepted "), "{said}");
    watching.kill().await;
    assert_eq!((spool.count("queue"), spool.count("refused")), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_was_refused_for_its_time_is_shown_cured_and_leaves_the_refused() {
    let (site, running, spool) = scene().await;
    // Two years are no clock's fault, and nobody waits for them.
    let years = Duration::from_hours(2 * 365 * 24);
    spool.add(&captured_ahead(requests(1, 23), years)).await.unwrap();
    let (code, said) = sent(&site, &running, &spool).await;
    assert!(code == 1 && said.contains("number 1: not accepted\n  refused: workstation.captured-in-future"), "{said}");

    let shown = ended(spool.command().args(["--show", "1"])).await.unwrap();
    assert!(shown.contains("workstation.captured-in-future"), "{shown}");
    let mut cured: serde_json::Value = serde_json::from_str(&shown[shown.find("\n{\n").unwrap()..]).unwrap();
    assert!(cured["capture"].as_object_mut().unwrap().remove("captured_at").is_some(), "{shown}");
    let file = site.home().join("cured.json");
    std::fs::write(&file, cured.to_string()).unwrap();
    let curing = |number: &str| {
        let mut command = spool.command();
        command.arg("--add").arg(&file).args(["--cures", number]);
        command
    };
    let wrong = ended(&mut curing("9")).await.unwrap_err();
    assert!(wrong.contains("number 9 does not lie in refused/"), "{wrong}");
    assert_eq!((spool.count("queue"), spool.count("refused")), (0, 1), "nothing was changed");
    killed_until_done(|| curing("1"), Duration::from_millis(2)).await;
    assert_eq!((spool.count("queue"), spool.count("refused")), (1, 0));

    let (code, said) = sent(&site, &running, &spool).await;
    assert!(code == 0 && said.contains("number 2: accepted "), "{said}");
    assert_eq!(kept(&site, &running).await.len(), 1);
    let shown = ended(spool.command().args(["--show", "1"])).await.unwrap();
    assert!(shown.starts_with("number 1: not accepted\n") && shown.contains("  cured by number 2\n"), "{shown}");
    let status = ended(spool.command().arg("--status")).await.unwrap();
    for line in ["last number       2", "refused           0", "cured             1", "given up          0"] {
        assert!(status.contains(line), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_leaves_the_refused_and_stays_in_the_journal() {
    let (site, running, spool) = scene().await;
    let mut people = requests(2, 24);
    for one in &mut people {
        one.application.as_mut().unwrap().consents.clear();
    }
    spool.add(&people).await.unwrap();
    assert_eq!(sent(&site, &running, &spool).await.0, 1);
    let giving_up = || {
        let mut command = spool.command();
        command.args(["--drop", "1"]);
        command
    };
    killed_until_done(giving_up, Duration::from_millis(1)).await;
    assert_eq!(spool.count("refused"), 1);
    let shown = ended(spool.command().args(["--show", "1"])).await.unwrap();
    assert!(shown.starts_with("number 1: not accepted\n") && shown.ends_with("  given up\n"), "{shown}");
    let status = ended(spool.command().arg("--status")).await.unwrap();
    assert!(status.contains("refused           1 (number 2)") && status.contains("given up          1"), "{status}");
    let added = spool.add(&requests(1, 25)).await.unwrap();
    assert!(added.contains("waits as number 3"), "its number stays given: {added}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_end_of_the_journal_loses_and_doubles_nothing_at_the_service() {
    let (site, running, spool) = scene().await;
    let people = requests(3, 26);
    for one in 0..2 {
        spool.add(&people[one..=one]).await.unwrap();
        assert_eq!(sent(&site, &running, &spool).await.0, 0);
    }
    let journal = spool.folder().join("journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&journal, bytes).unwrap();

    // The spool does not know its second answer any more, and gives that number again. The service knows what it stands for.
    assert!(spool.add(&people[2..]).await.unwrap().contains("waits as number 2"));
    let (code, said) = sent(&site, &running, &spool).await;
    assert!(code == 1 && said.contains("number 2: not accepted\n  refused: workstation.sequence-doubled"), "{said}");
    assert!(spool.add(&people[2..]).await.unwrap().contains("waits as number 3"));
    assert_eq!(sent(&site, &running, &spool).await.0, 0);
    // Nor does putting in again what was taken in make a second one of it.
    spool.add(&people).await.unwrap();
    sent(&site, &running, &spool).await;
    assert_eq!(kept(&site, &running).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_too_large_for_the_service_holds_up_no_other() {
    let (site, running, spool) = scene().await;
    let mut people = requests(3, 15);
    people[1].application.as_mut().unwrap().email = "x".repeat(3 << 20);
    spool.add(&people).await.unwrap();
    let sent = spool.calling(&site, running.port()).output().await.unwrap();
    let said = String::from_utf8(sent.stdout).unwrap();
    assert!(said.contains("number 2: not accepted\n  MESSAGE_TOO_LARGE\n"), "{said}");
    assert!(said.contains("number 1: accepted ") && said.contains("number 3: accepted "), "{said}");
    assert_eq!((sent.status.code(), spool.count("refused")), (Some(1), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_and_a_second_machine_of_the_same_name_send_nothing() {
    let (site, running, spool) = scene().await;
    let people = requests(4, 16);
    spool.add(&people[..1]).await.unwrap();
    let old = spool.copy("old-copy", Officer::of_practice(&site));
    spool.add(&people[1..2]).await.unwrap();
    ended(&mut spool.calling(&site, running.port())).await.unwrap();
    // The copy has given number 1 only, and the service knows number 2.
    let refused = old.calling(&site, running.port()).output().await.unwrap();
    let said = String::from_utf8(refused.stdout).unwrap();
    assert!(said.contains("the service knows number 2 of q1-01, and this folder has given 1 at most"), "{said}");
    assert!(said.contains("1 not sent") && refused.status.code() == Some(2), "{said}");
    assert_eq!(kept(&site, &running).await.len(), 2);
    assert_eq!(old.count("queue"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_person_can_be_read_in_the_folder() {
    let (site, running, spool) = scene().await;
    let mut people = requests(2, 17);
    people[1].application.as_mut().unwrap().consents.clear();
    let secrets: Vec<String> = people
        .iter()
        .flat_map(|request| {
            let application = request.application.clone().unwrap();
            let (person, passport) = (application.person.unwrap(), application.passport.unwrap());
            [application.phone, passport.number, person.family_name + &person.given_names, person.date_of_birth]
        })
        .filter(|secret| secret.len() > 4)
        .collect();
    let holds = |text: &[u8], secret: &str| text.windows(secret.len()).any(|window| window == secret.as_bytes());
    let file = std::fs::read(spool.file(&people)).unwrap();
    assert!(secrets.iter().filter(|secret| holds(&file, secret)).count() > 4, "what is looked for can be found");
    let search = |when: &str| {
        let folders = [spool.folder().to_owned(), spool.folder().join("queue"), spool.folder().join("refused")];
        let files =
            folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
        for path in files.filter(|path| path.is_file()) {
            let bytes = std::fs::read(&path).unwrap();
            for secret in &secrets {
                assert!(!holds(&bytes, secret), "{} holds something of a person {when}", path.display());
            }
        }
    };
    spool.add(&people).await.unwrap();
    search("while it waits");
    assert_eq!(spool.calling(&site, running.port()).status().await.unwrap().code(), Some(1));
    search("when it was answered");
    assert_eq!(spool.count("refused"), 1);
}
