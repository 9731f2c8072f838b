//! The documents that the program looks at by itself: its exit codes, and that it finds what the service finds.

use std::fs;
use std::path::Path;

use eid::practice::country::Chip;
use eid::practice::{Applicant, Generator};
use eid::proto as pb;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chip::{captures, challenge, checked, with, with_chip};
use crate::support::service::Service;

/// The day on which the service's clock stands.
const AS_OF: &str = "2026-11-21";

/// Runs `eid document check`: its exit code, what it printed, what it said beside.
async fn check(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
    let output = command.args(["document", "check"]).args(arguments).kill_on_drop(true).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn write(folder: &Path, applicant: &Applicant, chip: Option<&Chip>) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("application.json"), json_of(&applicant.application)).unwrap();
    let Some(chip) = chip else { return };
    fs::write(folder.join("EF_SOD.bin"), &chip.sod).unwrap();
    fs::write(folder.join("EF_COM.bin"), &chip.com).unwrap();
    for (number, content) in chip.groups() {
        fs::write(folder.join(format!("DG{number}.bin")), content).unwrap();
    }
}

/// The JSON form of the protocol, as an office's program would write it.
fn json_of(application: &pb::Application) -> String {
    let pool = DescriptorPool::decode(eid::proto::DESCRIPTORS).unwrap();
    let message = pool.get_message_by_name("eid.issuance.v1.Application").unwrap();
    serde_json::to_string(&DynamicMessage::decode(message, application.encode_to_vec().as_slice()).unwrap()).unwrap()
}

/// The last word of a value's name: `refuse` of `SEVERITY_REFUSE`.
fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap().to_ascii_lowercase()
}

/// What the service answered, in the words of the tool.
fn answered(answer: &pb::CheckResponse) -> Value {
    let said = |text: &Option<pb::Text>| text.as_ref().map(|text| json!({"en": text.en, "vi": text.vi}));
    let field = |source: &pb::FieldSource| {
        let mut line = json!({"path": source.field, "source": word(source.source().as_str_name(), "SOURCE_")});
        if !source.value.is_empty() {
            line["value"] = source.value.clone().into();
        }
        line
    };
    let finding = |finding: &pb::Finding| {
        let mut line = json!({
            "rule": finding.rule,
            "severity": word(finding.severity().as_str_name(), "SEVERITY_"),
            "basis": finding.basis,
            "fields": finding.sources.iter().map(field).collect::<Vec<_>>(),
            "message": said(&finding.message),
            "cure": said(&finding.cure),
        });
        if !finding.suggestion.is_empty() {
            line["suggestion"] = finding.suggestion.clone().into();
        }
        line
    };
    let step = |step: &pb::ChipStep| json!({"name": step.name, "outcome": word(step.outcome().as_str_name(), "STEP_OUTCOME_")});
    let steps = answer.chip.iter().flat_map(|chip| &chip.steps).map(step);
    let genuine = |answer: pb::Genuineness| word(answer.as_str_name(), "GENUINENESS_");
    json!({
        "verdict": word(answer.verdict().as_str_name(), "VERDICT_"),
        "data": answer.chip.as_ref().map(|chip| genuine(chip.data())),
        "chip": answer.chip.as_ref().map(|chip| genuine(chip.chip())),
        "steps": steps.collect::<Vec<_>>(),
        "findings": answer.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// What the tool printed, without what the service does not tell.
fn told(printed: &str) -> Value {
    let mut printed: Value = serde_json::from_str(printed).unwrap();
    let set = printed["sets"][0].take();
    json!({
        "verdict": set["verdict"],
        "data": set["data"]["answer"],
        "chip": set["chip"]["answer"],
        "steps": set["steps"],
        "findings": set["findings"],
    })
}

/// The answers of the service and of the tool to one applicant.
async fn both(service: &Service, applicant: &Applicant) -> (Value, Value) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("one");
    write(&folder, applicant, applicant.chip.as_ref());
    let answer = if let Some(chip) = &applicant.chip {
        let (name, bytes) = challenge(service).await;
        if let Some(response) = chip.answer(&bytes) {
            fs::write(folder.join("challenge.bin"), &bytes).unwrap();
            fs::write(folder.join("response.bin"), response).unwrap();
        }
        checked(service, applicant, chip.captured(Some((&name, &bytes)))).await
    } else {
        let (application, captures) = (Some(applicant.application.clone()), Some(captures()));
        let request = pb::CheckRequest { application, captures, chip: None };
        service.officer().check(request).await.unwrap().into_inner()
    };
    let folder = folder.display().to_string();
    let (_, printed, _) = check(&[&folder, "--practice", "--as-of", AS_OF, "--format", "json"]).await;
    (answered(&answer), told(&printed))
}

#[tokio::test]
async fn the_tool_finds_what_the_service_finds_in_the_same_application() {
    with(async |service| {
        let mut people = vec![with_chip(service)];
        let misfits = [
            Generator::forged_chip,
            Generator::revoked_signer,
            Generator::name_differs,
            Generator::number_differs,
            Generator::exchange_due,
            Generator::expired_card,
            Generator::under_six,
            Generator::wrong_check_digit,
            Generator::no_consent,
        ];
        for make in misfits {
            people.push(service.people(make).await);
        }
        for applicant in people {
            let (service, tool) = both(service, &applicant).await;
            assert_eq!(tool, service, "{}", applicant.label);
        }
    })
    .await;
}

#[tokio::test]
async fn the_exit_code_tells_the_verdict_and_bad_usage_is_none() {
    with(async |service| {
        let dir = tempfile::tempdir().unwrap();
        let good = with_chip(service);
        write(&dir.path().join("accepted"), &good, good.chip.as_ref());
        let forged = service.people(Generator::forged_chip).await;
        write(&dir.path().join("refused"), &forged, forged.chip.as_ref());
        let misread = service.people(Generator::name_differs).await;
        write(&dir.path().join("referred"), &misread, misread.chip.as_ref());
        for (name, code) in [("accepted", 0), ("refused", 1), ("referred", 2)] {
            let folder = dir.path().join(name).display().to_string();
            let (ended, printed, _) = check(&[&folder, "--practice", "--as-of", AS_OF]).await;
            assert_eq!(ended, code, "{printed}");
            assert!(printed.contains(&format!("verdict           {name}\n")), "{printed}");
        }
        let folder = dir.path().display().to_string();
        let (ended, printed, _) = check(&[&folder, "--practice", "--as-of", AS_OF, "--no-values"]).await;
        assert_eq!(ended, 1, "{printed}");
        assert!(printed.ends_with("1 accepted, 1 referred, 1 refused, 0 unreadable\n"), "{printed}");
        for arguments in [&[][..], &["--dg1", "x"], &["--sod", "none"], &["--as-of", "soon", &folder], &["--fly"]] {
            let (ended, _, said) = check(arguments).await;
            assert_eq!(ended, 3, "{arguments:?}");
            assert!(!said.is_empty(), "{arguments:?}");
        }
    })
    .await;
}
