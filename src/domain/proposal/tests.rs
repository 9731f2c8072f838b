//! Proposals settle once, within their time, by another person of the right role.

use uuid::Uuid;

use super::*;
use crate::domain::ids::AccountId;

const NOW: Timestamp = Timestamp::from_micros(0);

fn person(number: u128, role: Role) -> Settler {
    Settler { id: StaffId::new(Uuid::from_u128(number)), role, office: None }
}

fn hotline(number: u128) -> Settler {
    person(number, Role::Hotline)
}

fn asked() -> Proposal {
    let act = Act::Reopening(AccountId::new(Uuid::nil()));
    Proposal::ask(ProposalId::new(Uuid::nil()), act, Version::NONE, &hotline(1), NOW)
}

#[test]
fn a_second_person_approves_and_the_first_may_only_drop() {
    assert_eq!(asked().approve(&hotline(1), NOW), Err(CannotSettle::OwnProposal));
    assert_eq!(asked().approve(&hotline(2), NOW).unwrap().state.settled(), Some((hotline(2).id, NOW)));
    assert_eq!(asked().decline(&hotline(1), NOW).unwrap().state.name(), "declined");
    assert_eq!(asked().void(&hotline(2), NOW).unwrap().state.name(), "void");
}

#[test]
fn roles_that_do_not_approve_a_kind_neither_settle_nor_see_it() {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Hotline) {
        let other = person(2, role);
        assert_eq!(asked().approve(&other, NOW), Err(CannotSettle::OtherRole), "{role}");
        assert_eq!(asked().decline(&other, NOW), Err(CannotSettle::OtherRole), "{role}");
        assert!(!asked().is_shown_to(&other), "{role}");
    }
}

#[test]
fn what_was_settled_or_waited_too_long_is_not_settled_again() {
    let late = asked().expires_at;
    assert_eq!(asked().at(late).state, ProposalState::Lapsed);
    let approved = asked().approve(&hotline(2), NOW).unwrap();
    let declined = asked().decline(&hotline(2), NOW).unwrap();
    let void = asked().void(&hotline(2), NOW).unwrap();
    for (proposal, now) in [(asked(), late), (approved, NOW), (declined, NOW), (void, NOW)] {
        assert_eq!(proposal.clone().approve(&hotline(3), now), Err(CannotSettle::NotPending));
        assert_eq!(proposal.clone().decline(&hotline(3), now), Err(CannotSettle::NotPending));
        assert_eq!(proposal.decline(&hotline(1), now), Err(CannotSettle::NotPending));
    }
}

#[test]
fn what_is_of_one_office_is_shown_to_no_other() {
    let office = |code: &str| OfficeCode::parse(code).ok();
    let of = |code| Settler { office: office(code), ..hotline(2) };
    let proposal = Proposal { office: office("79-01"), ..asked() };
    assert!(proposal.is_shown_to(&of("79-01")));
    assert_eq!(proposal.clone().approve(&of("01-01"), NOW), Err(CannotSettle::OtherRole));
    // Whose office has ended is of none.
    assert!(!proposal.is_shown_to(&hotline(3)));
    assert_eq!(proposal.approve(&hotline(3), NOW), Err(CannotSettle::OtherRole));
}

#[test]
fn every_kind_has_two_sides_and_waits_at_most_a_week() {
    for kind in ProposalKind::ALL {
        let rule = kind.rule();
        assert!(!rule.proposers.is_empty() && !rule.approvers.is_empty(), "{}", kind.name());
        assert!(rule.waits <= std::time::Duration::from_hours(7 * 24), "{}", kind.name());
        let offices = rule.approvers.iter().all(|role| role.has_office());
        assert!(!rule.same_office || offices, "{}: approvers have offices", kind.name());
        assert_eq!(ProposalKind::from_name(kind.name()), Some(kind));
    }
}

#[test]
fn an_act_comes_back_as_it_was_kept() {
    let act = asked().act;
    assert_eq!(Act::from_parts(act.kind().name(), act.target(), act.detail().as_deref()), Ok(act));
    assert_eq!(Act::from_parts("feast", Uuid::nil(), None), Err(NotAnAct));
}
