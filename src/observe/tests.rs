//! What is counted is written, in the form that Prometheus reads.

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_237_200_000_000);

fn line(meters: &Meters, begins: &str) -> String {
    let text = meters.exposition().unwrap();
    let line = text.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{begins}\n{text}"));
    line.to_owned()
}

#[test]
fn a_call_counts_once_with_its_code_and_its_time_and_is_over() {
    let meters = Meters::default();
    let call = meters.call("eid.issuance.v1.EnrolmentService/Submit");
    assert!(line(&meters, "eid_calls_in_flight").ends_with(" 1"));
    call.answered("OK");
    assert!(line(&meters, "eid_calls_in_flight").ends_with(" 0"));
    let counted = line(&meters, "eid_calls_total");
    assert!(counted.contains("code=\"OK\"") && counted.ends_with(" 1"), "{counted}");
    assert!(line(&meters, "eid_call_duration_seconds_count").ends_with(" 1"));
}

#[test]
fn a_call_whose_caller_went_away_is_cancelled() {
    let meters = Meters::default();
    drop(meters.call("unknown"));
    assert!(line(&meters, "eid_calls_total").contains("code=\"CANCELLED\""));
}

#[test]
fn guards_count_for_as_long_as_they_are_there() {
    let meters = Meters::default();
    let (one, two) = (meters.connection(), meters.connection());
    assert_eq!(line(&meters, "eid_connections"), "eid_connections 2");
    drop((one, two));
    assert_eq!(line(&meters, "eid_connections"), "eid_connections 0");
}

#[test]
fn a_round_of_a_worker_is_noted_by_how_it_ended_and_what_it_said_goes_on() {
    let meters = Meters::default();
    meters.started(NOW, &[Worker::Eraser]);
    assert_eq!(meters.round(Worker::Eraser, NOW.plus(Duration::from_secs(5)), Ok::<_, ()>(7)), Ok(7));
    assert_eq!(meters.round(Worker::Eraser, NOW.plus(Duration::from_secs(9)), Err::<(), _>("no")), Err("no"));
    assert!(line(&meters, "eid_worker_last_run").ends_with(" 1795237205"));
    assert!(line(&meters, "eid_worker_failures_total").ends_with(" 1"));
}

#[test]
fn a_part_that_only_some_calls_need_keeps_nobody_from_serving() {
    let meters = Meters::default();
    assert!(!meters.standing().serves(), "nothing is known yet");
    meters.parts(NOW, &[(Part::Archive, false)]);
    assert_eq!(meters.standing().asked(), None, "the database was not asked");
    meters.parts(NOW, &[(Part::Database, true), (Part::Schema, true)]);
    assert!(meters.standing().serves() && meters.standing().asked() == Some(NOW));
    assert_eq!(line(&meters, "eid_part_up"), "eid_part_up{part=\"archive\"} 0");
    meters.parts(NOW, &[(Part::Schema, false)]);
    assert!(!meters.standing().serves());
    assert_eq!(meters.standing().parts().count(), 3);
}

#[test]
fn names_of_parts_and_workers_are_told_apart() {
    let mut names: Vec<_> = Part::ALL.iter().map(|part| part.name()).collect();
    names.extend(Worker::ALL.iter().map(|worker| worker.name()));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
