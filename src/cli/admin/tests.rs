//! Commands are read from the protocol, and what is typed becomes the request.

use clap::Parser;
use prost_reflect::ReflectMessage as _;

use super::*;
use crate::cli::words::printed;
use crate::proto as pb;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    admin: Admin,
}

fn read(line: &str) -> Result<Admin, clap::Error> {
    Line::try_parse_from(["eid"].into_iter().chain(line.split(' '))).map(|line| line.admin)
}

fn dynamic(name: &str, message: &impl prost::Message) -> prost_reflect::DynamicMessage {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name(&format!("eid.issuance.v1.{name}")).unwrap();
    prost_reflect::DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap()
}

#[test]
fn every_method_with_one_answer_of_each_service_is_a_command_with_help() {
    assert_eq!(services().count(), SERVICES.len(), "a service of the table is not in the protocol");
    let mut command = Admin::augment_subcommands(Command::new("admin"));
    command.build();
    command.clone().debug_assert();
    for (service, (_, word, ..)) in services() {
        let below = command.find_subcommand(word).unwrap();
        for method in methods(&service) {
            let found = below.find_subcommand(kebab(method.name())).unwrap();
            assert!(!found.get_about().unwrap().to_string().is_empty(), "{}", method.full_name());
            for argument in found.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", method.full_name(), argument.get_id());
            }
        }
    }
}

#[test]
fn what_is_typed_becomes_the_request() {
    let admin = read(
        "account find-account --person-family-name NGUYEN --person-date-of-birth 1990-01-31 --person-nationality FRA \
         --purpose data-subject --json",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(admin.method.full_name(), "eid.issuance.v1.AdministrationService.FindAccount");
    let message = Fields::of(&admin.method.input()).message(&admin.arguments).unwrap();
    let request: pb::FindAccountRequest = message.transcode_to().unwrap();
    assert_eq!(request.purpose(), pb::LookPurpose::DataSubject);
    let Some(pb::find_account_request::By::Person(person)) = request.by else { panic!("by something else") };
    let told = (person.family_name.as_str(), person.date_of_birth.as_str(), person.nationality.as_str());
    assert_eq!(told, ("NGUYEN", "1990-01-31", "FRA"));
}

#[test]
fn a_call_that_can_be_repeated_gets_a_name_unless_it_has_one() {
    let admin =
        read("proposal approve-proposal --proposal-id 7 --totp 123456").unwrap_or_else(|error| panic!("{error}"));
    let message = Fields::of(&admin.method.input()).message(&admin.arguments).unwrap();
    let request: pb::ApproveProposalRequest = message.transcode_to().unwrap();
    assert_eq!((request.proposal_id.as_str(), request.request_id.len()), ("7", 36));
    let named =
        read("proposal approve-proposal --proposal-id 7 --request-id 8").unwrap_or_else(|error| panic!("{error}"));
    let message = Fields::of(&named.method.input()).message(&named.arguments).unwrap();
    assert_eq!(message.transcode_to::<pb::ApproveProposalRequest>().unwrap().request_id, "8");
}

#[test]
fn a_choice_that_is_none_and_a_method_that_is_none_are_refused() {
    for wrong in ["account find-account --phone 1 --purpose curiosity", "account list-everybody", "account", "party"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_answer_reads_as_lines_and_a_list_as_columns() {
    let advice = pb::Text { en: "Done.".to_owned(), vi: "Xong.".to_owned() };
    let proposal = |id: &str, reason: &str| pb::Proposal {
        proposal_id: id.to_owned(),
        kind: pb::ProposalKind::Reopening.into(),
        reason: reason.to_owned(),
        expires_at: Some(prost_types::Timestamp { seconds: 1_795_262_400, nanos: 0 }),
        ..pb::Proposal::default()
    };
    let answer = pb::ApproveProposalResponse {
        outcome: pb::SettleOutcome::OwnProposal.into(),
        proposal: Some(proposal("7", "Abroad.")),
        advice: Some(advice),
    };
    let text = printed(|out| print::table(out, &dynamic("ApproveProposalResponse", &answer)));
    for line in ["outcome           own-proposal", "proposal.proposal-id 7", "advice.en         Done."] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let page = pb::ListProposalsResponse {
        proposals: vec![proposal("7", "Abroad."), proposal("12345", "Ill.")],
        next_page_token: String::new(),
    };
    let listed = dynamic("ListProposalsResponse", &page);
    let expected = "proposal-id  kind       expires-at            reason\n\
                    7            reopening  2026-11-21T12:00:00Z  Abroad.\n\
                    12345        reopening  2026-11-21T12:00:00Z  Ill.\n";
    assert_eq!(printed(|out| print::table(out, &listed)), expected);
    assert_eq!(listed.descriptor().name(), "ListProposalsResponse");
    assert!(print::json(&listed).unwrap().starts_with(r#"{"proposals":[{"proposal_id":"7","#));
}
