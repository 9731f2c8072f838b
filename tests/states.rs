//! The state machine against the page that publishes it, `docs/states.md`: every pair of state and verb, the diagram, the
//! lists of reasons.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use eid::domain::enrolment::{
    Enrolment, Holder, Lease, Passage, RefusalReason, ReturnReason, Stage, StageName, Verb, WithdrawalReason,
};
use eid::domain::finding::{CARD_EXCHANGE_DUE, Field, Finding, Findings};
use eid::domain::ids::{AccountId, EnrolmentId, LeaseId, StaffId};
use eid::domain::staff::OfficeCode;
use eid::domain::time::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

const PAGE: &str = include_str!("../docs/states.md");
const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
const RULE: &str = "residence-card.exchange-due";

fn staff(id: u128) -> StaffId {
    StaffId::new(Uuid::from_u128(id))
}

fn lease() -> LeaseId {
    LeaseId::new(Uuid::from_u128(7))
}

fn findings(refers: bool) -> Findings {
    let mut findings = Findings::default();
    if refers {
        findings.add(Finding::new(&CARD_EXCHANGE_DUE, [Field::typed("residence_card.expires_on")]));
    }
    findings
}

/// A request that was just taken in by staff member 1.
fn taken_in(refers: bool) -> Passage {
    let office = OfficeCode::parse("79-01").unwrap();
    Enrolment::receive(EnrolmentId::new(Uuid::nil()), office, staff(1), findings(refers).cleared().unwrap(), NOW)
}

/// A request in that state, with everything that lets a verb succeed which the state allows: a lapsed latest lease, a
/// referral by somebody else.
fn standing(at: StageName) -> Enrolment {
    let stage = match at {
        StageName::Received => Stage::Received,
        StageName::Referred => Stage::Referred,
        StageName::Forwarded => Stage::Forwarded { lease: Some(Lease { id: lease(), expires_at: NOW }) },
        StageName::Returned => Stage::Returned { reason: ReturnReason::Data },
        StageName::Issued => Stage::Issued { account: AccountId::new(Uuid::nil()), at: NOW },
        StageName::Refused => Stage::Refused { reason: RefusalReason::Other, at: NOW },
        StageName::Withdrawn => Stage::Withdrawn { reason: WithdrawalReason::Applicant, at: NOW },
    };
    Enrolment { stage, ..taken_in(true).into_enrolment() }
}

/// What the program makes of a verb: the state after the verb's own event, or nothing if it is refused.
fn attempted(verb: Verb, from: StageName) -> Option<StageName> {
    let request = standing(from);
    let passage = match verb {
        Verb::Override => request.override_referral(staff(2), &BTreeSet::from([RULE]), NOW).ok(),
        Verb::Decline => request.decline(staff(2), RefusalReason::DeclinedAtOffice, NOW).ok(),
        Verb::Return => {
            let by_supervisor = request.clone().return_referred(staff(2), ReturnReason::Data, NOW).ok();
            by_supervisor.or_else(|| request.return_claimed(lease(), ReturnReason::Data, staff(3), NOW).ok())
        }
        Verb::Correct => request.correct(staff(1), findings(true).cleared().unwrap(), NOW).ok(),
        Verb::Withdraw => request.withdraw(staff(1), WithdrawalReason::Applicant, NOW).ok(),
        Verb::Issue => request.issue(lease(), AccountId::new(Uuid::nil()), staff(3), NOW).ok(),
        Verb::Refuse => request.refuse(lease(), RefusalReason::Other, staff(3), NOW).ok(),
        Verb::Receive | Verb::Refer | Verb::Forward | Verb::Claim => {
            unreachable!("no verb that a caller can try on a request")
        }
    };
    passage.map(|passage| {
        let event = &passage.events()[0];
        assert_eq!((event.verb, event.from), (verb, Some(from)));
        assert_eq!(passage.enrolment().stage.name(), passage.events().last().unwrap().to);
        event.to
    })
}

/// Rows of the table below a heading, without its head; cells without their bars.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let rows = below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The published passages: verb and state before, to the state after.
fn published() -> BTreeMap<(Verb, StageName), StageName> {
    let mut found = BTreeMap::new();
    for row in table("Verbs") {
        let verb = Verb::from_name(row[0]).unwrap_or_else(|| panic!("no verb {}", row[0]));
        assert_eq!(row.len(), 2 + StageName::ALL.len(), "{}", row[0]);
        for (from, to) in StageName::ALL.into_iter().zip(&row[2..]) {
            if !to.is_empty() {
                found.insert((verb, from), StageName::from_name(to).unwrap_or_else(|| panic!("no state {to}")));
            }
        }
    }
    found
}

#[test]
fn every_verb_does_in_every_state_what_the_table_says() {
    let published = published();
    let tried = [Verb::Override, Verb::Decline, Verb::Return, Verb::Correct, Verb::Withdraw, Verb::Issue, Verb::Refuse];
    for verb in tried {
        for from in StageName::ALL {
            let said = published.get(&(verb, from)).copied();
            assert_eq!(attempted(verb, from), said, "{} while {from}", verb.name());
        }
    }
    // The rules' own verbs follow at once upon receipt and correction; claiming is the store's, and stays where it is.
    let route = |refers: bool| taken_in(refers).events().iter().map(|e| (e.verb, e.from, e.to)).collect::<Vec<_>>();
    let receive = (Verb::Receive, None, StageName::Received);
    let received = Some(StageName::Received);
    assert_eq!(route(true), [receive, (Verb::Refer, received, StageName::Referred)]);
    assert_eq!(route(false), [receive, (Verb::Forward, received, StageName::Forwarded)]);
    let rules = [(Verb::Refer, StageName::Referred), (Verb::Forward, StageName::Forwarded)];
    for (verb, to) in rules {
        let said: Vec<_> = published.iter().filter(|((row, _), _)| *row == verb).collect();
        assert_eq!(said, [(&(verb, StageName::Received), &to)]);
    }
    let claims: Vec<_> = published.iter().filter(|((row, _), _)| *row == Verb::Claim).collect();
    assert_eq!(claims, [(&(Verb::Claim, StageName::Forwarded), &StageName::Forwarded)]);
    let rows: BTreeSet<_> = published.keys().map(|(verb, _)| *verb).collect();
    let all: BTreeSet<_> = Verb::ALL.into_iter().filter(|verb| *verb != Verb::Receive).collect();
    assert_eq!(rows, all, "a row for each verb but the one that makes a request");
}

#[test]
fn the_diagram_shows_the_passages_of_the_table_and_no_others() {
    let (_, diagram) = PAGE.split_once("```mermaid\n").unwrap();
    let (diagram, _) = diagram.split_once("```").unwrap();
    let mut drawn = BTreeMap::new();
    let mut ends = BTreeSet::new();
    for line in diagram.lines().skip(1).map(str::trim) {
        let (from, rest) = line.split_once(" --> ").unwrap();
        match (from, rest.split_once(": ")) {
            ("[*]", Some((to, verb))) => assert_eq!((to, verb), ("received", "receive")),
            (from, Some((to, verb))) => {
                let verb = Verb::from_name(verb).unwrap();
                let (from, to) = (StageName::from_name(from).unwrap(), StageName::from_name(to).unwrap());
                assert!(drawn.insert((verb, from), to).is_none(), "{line} is drawn twice");
            }
            (from, None) => {
                assert_eq!(rest, "[*]");
                ends.insert(StageName::from_name(from).unwrap());
            }
        }
    }
    assert_eq!(drawn, published());
    assert_eq!(ends, StageName::ALL.into_iter().filter(|stage| stage.is_final()).collect());
}

#[test]
fn every_state_says_who_must_act_next_and_only_those_that_have_ended_wait_for_nobody() {
    let rows = table("States");
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), StageName::ALL.map(StageName::name));
    for (row, stage) in rows.iter().zip(StageName::ALL) {
        let said = match stage.holder() {
            Holder::Service => "this service",
            Holder::Supervisor => "a supervisor of the office",
            Holder::Office => "an officer of the office",
            Holder::Authority => "the authority",
            Holder::Nobody => "nobody",
        };
        assert!(row[2].starts_with(said), "{stage}: {}", row[2]);
        assert_eq!(row[3].is_empty(), stage.is_final(), "{stage}: no state without a deadline");
    }
}

#[test]
fn the_lists_of_reasons_are_the_published_ones() {
    let rows = table("Reasons");
    let said = |verb: Verb| {
        let row = rows.iter().find(|row| row[0] == verb.name()).unwrap();
        row[1].split(';').next().unwrap().split(", ").map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let names = |all: Vec<&'static str>| all.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let refusals = names(RefusalReason::ALL.iter().map(|reason| reason.name()).collect());
    assert_eq!(&said(Verb::Refuse) | &said(Verb::Decline), refusals);
    assert!(said(Verb::Decline).contains(RefusalReason::DeclinedAtOffice.name()));
    assert_eq!(said(Verb::Return), names(ReturnReason::ALL.iter().map(|reason| reason.name()).collect()));
    assert_eq!(said(Verb::Withdraw), names(WithdrawalReason::ALL.iter().map(|reason| reason.name()).collect()));
    for name in refusals {
        assert!(RefusalReason::from_name(&name).is_some());
    }
}

/// One try at a verb by somebody, with whatever lease they believe in.
#[derive(Clone, Copy, Debug)]
struct Try {
    verb: Verb,
    who: u128,
    lease: u128,
    refers: bool,
    minutes: u64,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let verbs = Verb::ALL.into_iter().filter(|v| !matches!(v, Verb::Receive | Verb::Refer | Verb::Forward));
    let verb = prop::sample::select(verbs.collect::<Vec<_>>());
    let one = (verb, 1..4_u128, 0..4_u128, any::<bool>(), 0..10_u64)
        .prop_map(|(verb, who, lease, refers, minutes)| Try { verb, who, lease, refers, minutes });
    prop::collection::vec(one, 0..40)
}

/// The request after a try: moved, with the events that say so, or as it was.
fn tried(request: &Enrolment, one: Try, now: Timestamp) -> Option<Passage> {
    let (request, who) = (request.clone(), staff(one.who));
    let lease = LeaseId::new(Uuid::from_u128(one.lease));
    match one.verb {
        Verb::Override => {
            let rules = request.referred_by();
            request.override_referral(who, &rules, now).ok()
        }
        Verb::Decline => request.decline(who, RefusalReason::DeclinedAtOffice, now).ok(),
        Verb::Return if one.refers => request.return_referred(who, ReturnReason::Face, now).ok(),
        Verb::Return => request.return_claimed(lease, ReturnReason::Face, who, now).ok(),
        Verb::Correct => request.correct(who, findings(one.refers).cleared().unwrap(), now).ok(),
        Verb::Withdraw => request.withdraw(who, WithdrawalReason::Applicant, now).ok(),
        Verb::Issue => request.issue(lease, AccountId::new(Uuid::nil()), who, now).ok(),
        Verb::Refuse => request.refuse(lease, RefusalReason::Other, who, now).ok(),
        Verb::Claim | Verb::Receive | Verb::Refer | Verb::Forward => None,
    }
}

proptest! {
    #[test]
    fn whatever_is_tried_nothing_is_issued_without_an_approval_under_its_lease(refers: bool, tries in tries()) {
        let mut now = NOW;
        let first = taken_in(refers);
        let mut events = first.events().to_vec();
        let mut request = first.into_enrolment();
        // Overridden by somebody else, or never referred, since it was handed in last.
        let mut let_through = !refers;
        for one in tries {
            now = now.plus(std::time::Duration::from_secs(60 * one.minutes));
            let before = request.clone();
            if one.verb == Verb::Claim {
                // The store claims what is forwarded and not held.
                if let Stage::Forwarded { lease } = &mut request.stage
                    && lease.is_none_or(|held| !held.is_live(now))
                {
                    let expires_at = now.plus(std::time::Duration::from_mins(5));
                    *lease = Some(Lease { id: LeaseId::new(Uuid::from_u128(one.lease)), expires_at });
                }
                continue;
            }
            let Some(passage) = tried(&request, one, now) else { continue };
            for (event, next) in passage.events().iter().zip(passage.events().iter().skip(1)) {
                prop_assert_eq!(Some(event.to), next.from);
            }
            prop_assert_eq!(passage.events()[0].from, Some(before.stage.name()), "each passage begins where it stood");
            prop_assert!(!before.stage.name().is_final(), "what has ended never moves");
            events.extend(passage.events().iter().cloned());
            request = passage.into_enrolment();
            prop_assert_eq!(events.last().unwrap().to, request.stage.name());
            match one.verb {
                Verb::Override => let_through = staff(one.who) != before.officer,
                Verb::Correct => let_through = !one.refers,
                Verb::Issue => {
                    let held = before.stage.lease().map(|lease| lease.id);
                    prop_assert_eq!(held, Some(LeaseId::new(Uuid::from_u128(one.lease))));
                    prop_assert!(let_through, "issued past a referral");
                }
                _ => {}
            }
        }
        let issued = request.stage.name() == StageName::Issued;
        prop_assert_eq!(issued, events.iter().any(|event| event.verb == Verb::Issue && event.lease.is_some()));
    }
}
