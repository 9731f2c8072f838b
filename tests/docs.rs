//! Keeps the documents true: reasons and outcomes against the program, commands against the command line, links against
//! the folder.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use eid::cli::Cli;
use eid::domain::contact::{self, FailureReason};
use eid::domain::disclosure::disclosure;
use eid::domain::follow_up::Obstacle;
use eid::domain::ids::StaffId;
use eid::domain::lock::{self, Comes};
use eid::domain::proposal::ProposalKind;
use eid::domain::staff::{Managed, Manager, OfficeCode, Role, VERBS, manage};
use eid::domain::trust::FAULTS;
use eid::grpc::{POLICY, REASONS};
use eid::observe::{Kind, METRICS, Part};
use eid::proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::FileDescriptorSet;

/// Codes of gRPC, which documents may name beside the reasons.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Sections of `docs/errors.md` whose tables list all values of an enum.
const TABLES: [(&str, &str); 32] = [
    ("Check and Submit", "Severity"),
    ("ConfirmCaptures", "ConfirmCapturesOutcome"),
    ("GetStatus", "AccountStanding"),
    ("WatchStatus", "AccountEventKind"),
    ("SendCode", "SendCodeOutcome"),
    ("Activate", "ActivateOutcome"),
    ("GetSlipChallenge", "GetSlipChallengeOutcome"),
    ("NoteNoticeOpened", "NoteNoticeOpenedOutcome"),
    ("VerifyDevice", "VerifyDeviceOutcome"),
    ("VerifyTotp", "VerifyTotpOutcome"),
    ("ReplaceDevice", "ReplaceDeviceOutcome"),
    ("RenewDevice", "RenewDeviceOutcome"),
    ("LockOwnAccount", "LockOwnAccountOutcome"),
    ("LockAccount", "LockAccountOutcome"),
    ("LiftLock", "LiftLockOutcome"),
    ("CloseAccount", "CloseAccountOutcome"),
    ("UpdateDocuments", "UpdateDocumentsOutcome"),
    ("ForwardOrder", "OrderStepOutcome"),
    ("ProveInPerson", "ProveInPersonOutcome"),
    ("CountersignProof", "CountersignProofOutcome"),
    ("Begin", "BeginOutcome"),
    ("Confirm", "ConfirmOutcome"),
    ("ResendCode", "ResendOutcome"),
    ("CancelContactChange", "CancelOutcome"),
    ("StopContactChange", "StopOutcome"),
    ("OpenDispute", "DisputeOutcome"),
    ("ResolveDispute", "ResolveOutcome"),
    ("BeginTotpEnrolment", "BeginTotpEnrolmentOutcome"),
    ("ConfirmTotpEnrolment", "ConfirmTotpEnrolmentOutcome"),
    ("ApproveProposal and DeclineProposal", "SettleOutcome"),
    ("ProposeMaterial", "ProposeOutcome"),
    ("ApproveMaterial", "ApproveOutcome"),
];

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(home().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands in backticks within a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The fenced blocks of a document: what follows the fence, and the lines within.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut blocks, mut open) = (Vec::new(), None::<(&str, Vec<&str>)>);
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => open = Some((kind, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    blocks
}

/// Values of an enum of the protocol, in their full and in their short form; the one that is never sent is left out.
fn values(named: &str, descriptors: &[u8]) -> Vec<(String, String)> {
    let set = FileDescriptorSet::decode(descriptors).unwrap();
    let messages = set.file.iter().flat_map(|file| &file.message_type);
    let enums = set.file.iter().flat_map(|file| &file.enum_type).chain(messages.flat_map(|message| &message.enum_type));
    let mut values = Vec::new();
    for kind in enums.filter(|kind| named.is_empty() || kind.name() == named) {
        let prefix: String = kind
            .name()
            .chars()
            .enumerate()
            .flat_map(|(at, c)| (at > 0 && c.is_uppercase()).then_some('_').into_iter().chain([c.to_ascii_uppercase()]))
            .chain(['_'])
            .collect();
        let full = kind.value.iter().map(|value| value.name().to_owned());
        let short = |full: String| (full.clone(), full.strip_prefix(&prefix).unwrap_or(&full).to_owned());
        values.extend(full.map(short).filter(|(_, short)| short != "UNSPECIFIED"));
    }
    assert!(!values.is_empty(), "the protocol has no enum {named}");
    values
}

/// The lines below the heading `### named`, up to the next one.
fn section<'a>(text: &'a str, named: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| *line != format!("### {named}"));
    assert!(lines.next().is_some(), "there is no section {named}");
    lines.take_while(|line| !line.starts_with('#')).collect()
}

#[test]
fn every_reason_stands_once_among_the_errors_with_its_code_and_no_other_does() {
    let errors = text("docs/errors.md");
    let told: Vec<_> = errors.lines().filter(|line| line.starts_with("### `")).collect();
    let due: Vec<_> =
        REASONS.iter().map(|reason| format!("### `{}` · `{}`", reason.name, reason.code_name())).collect();
    assert_eq!(told, due);
}

#[test]
fn every_reason_says_what_office_app_team_and_operator_should_do() {
    let errors = text("docs/errors.md");
    for reason in REASONS {
        let lines = section(&errors, &format!("`{}` · `{}`", reason.name, reason.code_name()));
        for who in ["- **Office**", "- **App team**", "- **Operator**"] {
            assert_eq!(lines.iter().filter(|line| line.starts_with(who)).count(), 1, "{}: {who}", reason.name);
        }
    }
}

#[test]
fn every_outcome_stands_in_the_table_of_its_call() {
    let errors = text("docs/errors.md");
    for (call, kind) in TABLES {
        let rows = section(&errors, call).into_iter().filter(|line| line.starts_with("| `"));
        let told: Vec<_> = rows.filter_map(|row| quoted(row).next()).collect();
        let due: Vec<_> = values(kind, DESCRIPTORS).into_iter().map(|(_, short)| short).collect();
        assert_eq!(told, due, "{call}");
    }
}

#[test]
fn every_problem_of_trust_material_stands_in_its_table_in_order() {
    let trust = text("docs/trust.md");
    let rows = section(&trust, "Problems").into_iter().filter(|line| line.starts_with("| `"));
    let told: Vec<_> = rows.map(|row| row.split('|').map(str::trim).skip(1).take(2).collect::<Vec<_>>()).collect();
    let due = FAULTS
        .iter()
        .map(|fault| vec![format!("`{}`", fault.name), if fault.refuses { "refuses" } else { "note" }.to_owned()]);
    assert_eq!(told, due.collect::<Vec<_>>());
}

#[test]
fn every_reason_for_standing_still_stands_in_its_table_with_whoever_should_act() {
    let activation = text("docs/activation.md");
    let rows = section(&activation, "Reasons").into_iter().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let told: Vec<_> = rows.map(cells).map(|cells| (cells[1].clone(), cells[3].clone())).collect();
    let name = |one: &Obstacle| format!("`{}`", one.name().to_uppercase().replace('-', "_"));
    let due: Vec<_> = Obstacle::ALL.iter().map(|one| (name(one), one.helper().name().to_owned())).collect();
    assert_eq!(told, due);
    let sent: Vec<_> =
        values("FollowUpReason", DESCRIPTORS).into_iter().map(|(_, short)| format!("`{short}`")).collect();
    assert_eq!(sent, due.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn every_role_that_looks_for_people_stands_with_what_it_looks_by_and_is_shown() {
    let finding = text("docs/finding.md");
    let rows = finding.lines().skip_while(|line| *line != "## Who looks by what").take_while(|line| *line != "## How");
    let told: Vec<_> = rows.filter(|line| line.starts_with("| `")).map(cells).collect();
    let due: Vec<_> = Role::ALL
        .into_iter()
        .filter_map(|role| disclosure(role).map(|shown| (role, shown)))
        .map(|(role, shown)| {
            let searches = shown.searches.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            let (phone, email) = (shown.phone.name().to_owned(), shown.email.name().to_owned());
            vec![format!("`{role}`"), searches, phone, email]
        })
        .collect();
    assert_eq!(told, due);
}

#[test]
fn every_kind_of_proposal_stands_in_its_table_with_its_rule() {
    let document = text("docs/proposals.md");
    let rows =
        document.lines().skip_while(|line| *line != "## Kinds").take_while(|line| *line != "## The way of a proposal");
    let told: Vec<_> = rows.filter(|line| line.starts_with("| `")).map(cells).collect();
    let names = |roles: &[Role]| roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    assert_eq!(told.len(), ProposalKind::ALL.len());
    for (cells, kind) in told.iter().zip(ProposalKind::ALL) {
        let rule = kind.rule();
        let (office, hours) = (if rule.same_office { "yes" } else { "no" }, rule.waits.as_secs() / 3600);
        let due = [format!("`{}`", kind.name()), names(rule.proposers), names(rule.approvers)];
        assert_eq!([&cells[0], &cells[2], &cells[3]], due.each_ref(), "{}", kind.name());
        assert_eq!([cells[4].as_str(), &cells[5]], [office, &format!("{hours} h")], "{}", kind.name());
    }
    let sent: Vec<_> = values("ProposalKind", DESCRIPTORS).into_iter().map(|(_, short)| short.to_lowercase()).collect();
    assert_eq!(sent, ProposalKind::ALL.map(|kind| kind.name().replace('-', "_")));
}

/// The cells of the rows below a heading of `docs/contacts.md`.
fn contact_rows(heading: &str) -> Vec<Vec<String>> {
    let contacts = text("docs/contacts.md");
    let lines = contacts.lines().skip_while(|line| *line != format!("## {heading}")).skip(1);
    let rows = lines.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn the_tiers_of_contact_changes_stand_in_their_table_as_the_code_has_them() {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let due = contact::RULES.iter().map(|rule| {
        let cancellers: Vec<_> = rule.cancellers.iter().map(|canceller| canceller.name()).collect();
        vec![
            format!("`{}`", rule.tier.name()),
            rule.beginner.name().to_owned(),
            rule.proof.to_owned(),
            yes(rule.proves_old),
            yes(rule.waits),
            rule.approver.map_or("nobody", |role| role.name()).to_owned(),
            format!("{} h", rule.open.as_secs() / 3_600),
            cancellers.join(", "),
        ]
    });
    assert_eq!(contact_rows("Tiers"), due.collect::<Vec<_>>());
}

#[test]
fn every_reason_for_which_a_contact_change_fails_stands_in_its_table() {
    let told: Vec<_> = contact_rows("Why requests fail").into_iter().map(|mut row| row.remove(0)).collect();
    let due: Vec<_> = FailureReason::ALL.iter().map(|reason| format!("`{}`", reason.name())).collect();
    assert_eq!(told, due);
    let sent: Vec<_> = values("ContactFailure", DESCRIPTORS).into_iter().map(|(_, short)| short).collect();
    let named = due.iter().map(|name| name.trim_matches('`').to_uppercase().replace('-', "_"));
    assert_eq!(sent, named.collect::<Vec<_>>());
    let states: Vec<_> = contact_rows("The way of a request").into_iter().map(|mut row| row.remove(0)).collect();
    let known: BTreeSet<_> = values("ContactChangeState", DESCRIPTORS).into_iter().map(|(_, short)| short).collect();
    assert_eq!(states.iter().map(|state| state.trim_matches('`').to_owned()).collect::<BTreeSet<_>>(), known);
}

/// Words of a heading that name nobody.
const GLUE: [&str; 4] = ["of", "a", "an", "or"];

/// The words of a cell.
fn words(cell: &str) -> Vec<&str> {
    cell.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect()
}

#[test]
fn who_manages_whom_and_what_takes_a_code_stand_in_their_tables() {
    let document = text("docs/staff.md");
    let rows: Vec<Vec<_>> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let (verbs, methods): (Vec<_>, Vec<_>) = rows.into_iter().partition(|cells| cells.len() > 1);
    let by = Manager { id: StaffId::new(uuid::Uuid::from_u128(1)), role: Role::Administrator, office: None };
    let office = OfficeCode::parse("79-01").ok();
    let of = |role: Role| Managed { id: None, role, office: office.clone().filter(|_| role.has_office()) };
    let hands = |by, verb, role| if manage(by, verb, &of(role), None).unwrap() { "two" } else { "one" };
    let header = document.lines().find(|line| line.starts_with("| what |")).unwrap();
    let columns: Vec<_> = header.trim_matches('|').split('|').skip(1).map(words).collect();
    let names: Vec<_> = verbs.iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, VERBS.map(|verb| format!("`{}`", verb.name())));
    let supervisor = Manager { id: by.id, role: Role::Supervisor, office: office.clone() };
    for role in Role::ALL {
        let word = if role.is_person() { role.name() } else { "system" };
        let its: Vec<_> = (0..columns.len()).filter(|at| columns[*at].contains(&word)).collect();
        assert_eq!(its.len(), 1, "{word} stands in one column");
        for (row, verb) in verbs.iter().zip(VERBS) {
            assert_eq!(row.len(), columns.len() + 1);
            assert_eq!(row[its[0] + 1], hands(&by, verb, role), "{} of a {word}", verb.name());
        }
    }
    for (row, verb) in verbs.iter().zip(VERBS) {
        assert_eq!(row[1], hands(&supervisor, verb, Role::Officer), "{} by the supervisor of the office", verb.name());
    }
    let told: usize = columns.iter().map(|column| column.iter().filter(|word| !GLUE.contains(word)).count()).sum();
    let persons = Role::ALL.iter().filter(|role| role.is_person()).count();
    assert_eq!(told, persons + 1, "each kind of person, and systems");
    let privileged: Vec<_> = POLICY
        .iter()
        .filter(|rule| rule.step_up)
        .map(|rule| vec![format!("`{}`", rule.method.trim_start_matches("eid.issuance.v1."))])
        .collect();
    assert_eq!(methods, privileged);
}

#[test]
fn the_systems_that_do_not_rest_are_those_that_are_no_persons() {
    let document = text("docs/staff.md");
    let told = document.split_once("**Systems** (").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
    let systems: Vec<_> = Role::ALL.into_iter().filter(|role| !role.is_person()).map(Role::name).collect();
    assert_eq!(quoted(told).collect::<Vec<_>>(), systems);
}

#[test]
fn words_that_look_like_a_reason_an_outcome_or_a_code_are_one() {
    let mut known: BTreeSet<String> = CODES.iter().map(ToString::to_string).collect();
    known.extend(REASONS.iter().map(|reason| reason.name.to_owned()));
    for set in [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET] {
        known.extend(values("", set).into_iter().flat_map(|(full, short)| [full, short]));
    }
    let looks = |word: &&str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    for path in ["docs/errors.md", "README.md"] {
        for word in text(path).lines().flat_map(quoted).filter(looks) {
            assert!(known.contains(word), "{path} names {word}, which there is not");
        }
    }
}

#[test]
fn the_readme_opens_with_the_two_commands_that_do_all_the_set_up() {
    let readme = text("README.md");
    let blocks = blocks(&readme);
    let first: Vec<_> = blocks.iter().take(2).map(|(_, lines)| lines.as_slice()).collect();
    assert_eq!(first, [["cargo run --release -- demo"], ["./scripts/test"]]);
    let opening = readme.split("```").next().unwrap();
    let paragraphs = opening.split("\n\n").filter(|part| !part.trim().is_empty() && !part.starts_with('#')).count();
    assert_eq!(paragraphs, 1, "one paragraph says what it is, then come the commands");
}

#[test]
fn every_command_in_the_documents_is_one_that_the_program_knows() {
    let mut found = 0;
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "certs/README.md",
        "docs/devices.md",
        "docs/documents.md",
        "docs/offices.md",
        "docs/receipts.md",
    ];
    for path in pages {
        let text = text(path);
        let lines = blocks(&text).into_iter().filter(|(kind, _)| *kind == "sh").flat_map(|(_, lines)| lines);
        let program = |line: &str| {
            let rest = line.strip_prefix("cargo run --release -- ").or_else(|| line.strip_prefix("eid "))?;
            Some(format!("eid {}", rest.split(['>', '#', '|']).next().unwrap_or_default()))
        };
        for command in lines.filter_map(program) {
            let parsed = Cli::try_parse_from(command.split_whitespace());
            assert!(parsed.is_ok(), "{path}: {command}: {}", parsed.err().unwrap());
            found += 1;
        }
    }
    assert!(found > 5, "the commands were not found");
}

#[test]
fn every_ground_stands_in_its_table_with_who_sets_and_lifts_it() {
    let life = text("docs/life.md");
    let rows = life.lines().skip_while(|line| *line != "## Grounds").skip(1).take_while(|line| !line.starts_with('#'));
    let told: Vec<_> = rows.filter(|row| row.starts_with("| `")).map(str::to_owned).collect();
    let roles = |roles: &[Role]| match roles {
        [] => "nobody".to_owned(),
        roles => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "),
    };
    let due = lock::RULES.iter().map(|rule| {
        let comes = match rule.comes {
            Comes::Set => "set and lifted",
            Comes::ByOrder => "by order",
            Comes::ByItself => "by itself",
        };
        let (holder, class) = (if rule.by_holder { "yes" } else { "no" }, rule.class.name().to_uppercase());
        let (setters, lifters) = (roles(rule.setters), roles(rule.lifters));
        format!("| `{}` | {comes} | {setters} | {holder} | {lifters} | `{class}` |", rule.ground.name())
    });
    assert_eq!(told, due.collect::<Vec<_>>());
}

/// What names of metrics are in a text, as they are asked for: those of a histogram without their ends.
fn metrics_named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("eid_"));
    let histogram = |word: &str| METRICS.iter().any(|metric| metric.kind == Kind::Histogram && metric.name == word);
    let family = |word: &str| {
        let mut shorter = ["_bucket", "_sum", "_count"].iter().filter_map(|end| word.strip_suffix(end));
        shorter.find(|word| histogram(word)).unwrap_or(word).to_owned()
    };
    words.map(family).collect()
}

#[test]
fn every_metric_stands_in_its_table_with_kind_labels_and_meaning() {
    let observability = text("docs/observability.md");
    let rows = section(&observability, "Metrics and what to do").into_iter().filter(|line| line.starts_with("| `"));
    let told: Vec<_> = rows.map(|row| cells(row)[..4].to_vec()).collect();
    let due = METRICS.iter().map(|metric| {
        let labels = metric.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        vec![format!("`{}`", metric.name), metric.kind.name().to_owned(), labels, metric.help.to_owned()]
    });
    assert_eq!(told, due.collect::<Vec<_>>());
    let labels: BTreeSet<_> = METRICS.iter().flat_map(|metric| metric.labels).copied().collect();
    let rows = section(&observability, "Labels").into_iter().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.filter_map(|row| quoted(row).next()).collect::<BTreeSet<_>>(), labels);
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_are_there_and_leave_none_out() {
    let known: BTreeSet<_> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    let (alerts, dashboard) = (text("helm/eid/files/alerts.yaml"), text("helm/eid/files/dashboard.json"));
    let board: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(board["panels"].as_array().unwrap().len() > 20);
    for (file, named) in [("alerts", metrics_named(&alerts)), ("dashboard", metrics_named(&dashboard))] {
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
    let shown = metrics_named(&dashboard);
    assert!(known.is_subset(&shown), "not on the dashboard: {:?}", known.difference(&shown));
    for value in ["INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS", "RESOURCE_EXHAUSTED"] {
        assert!(alerts.contains(value) && CODES.contains(&value), "{value}");
    }
}

#[test]
fn every_alert_is_told_with_what_to_do_and_is_tested_both_ways() {
    let (alerts, tests) = (text("helm/eid/files/alerts.yaml"), text("helm/eid/files/alerts.test.yaml"));
    let observability = text("docs/observability.md");
    let names: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 20, "the alerts were not found");
    let told = observability.lines().filter_map(|line| line.strip_prefix("### Eid"));
    assert_eq!(told.map(|name| format!("Eid{name}")).collect::<Vec<_>>(), names);
    for name in names {
        let runbook = format!("runbook_url: docs/observability.md#{}", name.to_lowercase());
        assert!(alerts.contains(&runbook), "{name}");
        assert_eq!(tests.matches(&format!("alertname: {name}\n")).count(), 2, "{name}");
    }
    for part in Part::ALL {
        assert!(observability.contains(&format!("`{}`", part.name())), "{}", part.name());
    }
}

/// The documents of the project.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/adr", "certs", "benches", "helm", "migrations"];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(home().join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: {link}", document.display());
            let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            let lands =
                || fs::read_to_string(&target).unwrap().lines().any(|l| l.starts_with('#') && heading(l) == anchor);
            assert!(anchor.is_empty() || lands(), "{}: {link}", document.display());
        }
    }
}

#[test]
fn decisions_are_numbered_in_a_row_and_say_why_what_and_what_follows() {
    let mut paths: Vec<_> =
        documents().into_iter().filter(|path| path.parent().unwrap().ends_with("docs/adr")).collect();
    paths.sort_unstable();
    for (at, path) in paths.iter().enumerate() {
        let number = format!("{:04}", at + 1);
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{number}-")), "{}", path.display());
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with(&format!("# {number}: ")), "{}", path.display());
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, ["## Context", "## Decision", "## Consequences"], "{}", path.display());
    }
    assert!(!paths.is_empty());
}
