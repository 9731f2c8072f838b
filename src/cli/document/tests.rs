//! The command by itself: what files come to, what is printed, what is refused.

use std::fs;
use std::path::Path;

use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;
use time::macros::date;

use super::*;
use crate::practice::country::{Algorithm, Answering, Bearer, Chip, Country, Flaw, Hash};
use crate::practice::{Applicant, Generator};

const TODAY: Date = date!(2026 - 11 - 21);
const AS_OF: &str = "2026-11-21";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    check: Check,
}

/// What comes of a command line, and what it prints.
fn run(arguments: &[&str]) -> (Result<Verdict, Wrong>, String) {
    let line = Line::parse_from(["check", "--as-of", AS_OF].iter().chain(arguments));
    let mut out = Vec::new();
    let verdict = judge_all(&line.check, &mut out).unwrap();
    (verdict, String::from_utf8(out).unwrap())
}

fn verdict(arguments: &[&str]) -> Verdict {
    run(arguments).0.unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn wrong(arguments: &[&str]) -> String {
    run(arguments).0.err().unwrap().0
}

fn applicant() -> Applicant {
    let now = Timestamp::start_of(TODAY);
    let mut people = Generator::new(7, now).with_chips();
    std::iter::repeat_with(|| people.applicant()).find(|one| one.chip.is_some() && !one.is_represented()).unwrap()
}

fn zone_of(applicant: &Applicant) -> String {
    applicant.application.passport.as_ref().unwrap().mrz.clone()
}

/// The chip of somebody, in order or with a flaw.
fn chip_of(country: &Country, zone: &str, flaw: Option<Flaw>) -> Chip {
    country.present(&Bearer::with_zone(zone), Answering::Never, flaw, TODAY).chip
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// Writes a chip's files as a set of that name.
fn write_chip(folder: &Path, name: &str, chip: &Chip) {
    write(folder, &format!("{name}/EF_SOD.bin"), &chip.sod);
    write(folder, &format!("{name}/ef.com"), &chip.com);
    for (number, content) in chip.groups() {
        write(folder, &format!("{name}/dg{number}.bin"), content);
    }
}

/// A folder with one document in order, one forged, and one whose signer nobody knows.
fn passports() -> TempDir {
    let (dir, country, zone) = (tempfile::tempdir().unwrap(), Country::of_practice(), zone_of(&applicant()));
    write_chip(dir.path(), "anna", &chip_of(&country, &zone, None));
    write_chip(dir.path(), "boris", &chip_of(&country, &zone, Some(Flaw::Dg1Forged)));
    write_chip(dir.path(), "carl", &chip_of(&country, &zone, Some(Flaw::UnknownAuthority)));
    dir
}

fn arg(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn a_set_is_accepted_refused_or_referred() {
    let dir = passports();
    for (name, due) in [("anna", Verdict::Accepted), ("boris", Verdict::Refused), ("carl", Verdict::Referred)] {
        assert_eq!(verdict(&[&arg(&dir, name), "--practice"]), due, "{name}");
    }
    assert_eq!(verdict(&[&arg(&dir, "anna")]), Verdict::Referred, "nobody is trusted without --trust or --practice");
}

#[test]
fn of_many_sets_the_worst_counts_and_a_summary_tells_each() {
    let dir = passports();
    let (verdict, told) = run(&[&arg(&dir, ""), "--practice"]);
    assert_eq!(verdict, Ok(Verdict::Refused));
    assert!(told.contains("  refused     boris                    chip.group-differs\n"), "{told}");
    assert!(told.ends_with("1 accepted, 1 referred, 1 refused, 0 unreadable\n"), "{told}");
    write(dir.path(), "dora/dg1.bin", "x");
    let (verdict, told) = run(&[&arg(&dir, ""), "--practice", "--format", "json"]);
    assert_eq!(verdict, Ok(Verdict::Unreadable));
    let json: Value = serde_json::from_str(&told).unwrap();
    let counts = serde_json::json!({"accepted": 1, "referred": 1, "refused": 1, "unreadable": 1});
    assert_eq!(json["summary"], counts);
    let verdicts: Vec<_> = json["sets"].as_array().unwrap().iter().map(|set| (&set["name"], &set["verdict"])).collect();
    assert_eq!(verdicts[3], (&"dora".into(), &"unreadable".into()));
    assert!(json["sets"][3]["problem"].as_str().unwrap().contains("EF.SOD"));
}

#[test]
fn json_and_table_tell_the_same() {
    let dir = passports();
    let (_, table) = run(&[&arg(&dir, "boris/"), "--practice", "--format", "table"]);
    let (_, json) = run(&[&arg(&dir, "boris/"), "--practice", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let set = &json["sets"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut due = vec![text(&set["verdict"]), text(&set["as_of"]), text(&set["data"]["answer"])];
    due.push(text(&set["chip"]["answer"]));
    for step in set["steps"].as_array().unwrap() {
        due.push(format!("{:<22} {}", text(&step["name"]), text(&step["outcome"])));
    }
    for finding in set["findings"].as_array().unwrap() {
        due.push(format!("{} · {}", text(&finding["rule"]), text(&finding["basis"])));
        for field in finding["fields"].as_array().unwrap() {
            due.push(format!("{} ({})", text(&field["path"]), text(&field["source"])));
        }
        due.push(format!("en: {} {}", text(&finding["message"]["en"]), text(&finding["cure"]["en"])));
        due.push(format!("vi: {} {}", text(&finding["message"]["vi"]), text(&finding["cure"]["vi"])));
    }
    let mut rest = table.as_str();
    for part in due {
        let at = rest.find(&part).unwrap_or_else(|| panic!("{part} is not told, or not in its order: {table}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(set["steps"].as_array().unwrap().len(), 13);
}

#[test]
fn a_page_that_is_not_the_chips_is_refused_and_values_can_be_left_out() {
    let (dir, zone) = (tempfile::tempdir().unwrap(), zone_of(&applicant()));
    let chip = chip_of(&Country::of_practice(), &zone, None);
    let (sod, dg1) = (write(dir.path(), "sod", &chip.sod), write(dir.path(), "dg1", &chip.dg1));
    let other = zone_of(&Generator::new(8, Timestamp::start_of(TODAY)).applicant());
    let arguments = ["--sod", &sod, "--dg1", &dg1, "--practice", "--mrz", &other];
    let (verdict, told) = run(&arguments);
    assert_eq!(verdict, Ok(Verdict::Refused));
    assert!(told.contains("mrz.chip-differs") && told.contains(&other.replace('\n', " ")), "{told}");
    for format in ["table", "json"] {
        let (verdict, told) = run(&[&arguments[..], &["--no-values", "--format", format]].concat());
        assert_eq!(verdict, Ok(Verdict::Refused));
        let secrets = zone.split(['<', '\n']).chain(other.split(['<', '\n'])).filter(|part| part.len() > 3);
        for secret in secrets {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
}

#[test]
fn a_zone_is_taken_from_a_file_or_as_it_stands() {
    let (dir, zone) = (tempfile::tempdir().unwrap(), zone_of(&applicant()));
    let file = write(dir.path(), "zone.txt", format!("\u{feff}{zone}\r\n"));
    assert_eq!(verdict(&["--mrz", &file]), Verdict::Accepted);
    assert_eq!(verdict(&["--mrz", &zone]), Verdict::Accepted);
    let misread = zone.replacen("P<", "V<", 1);
    assert_eq!(verdict(&["--mrz", &misread]), Verdict::Refused, "a visa");
    assert!(wrong(&["--mrz", "P<UTO"]).starts_with("--mrz: "));
    let large = write(dir.path(), "large.txt", vec![b'<'; 1 << 20]);
    assert!(wrong(&["--mrz", &large]).contains("another file than was meant"));
}

#[test]
fn a_card_is_read_as_the_protocol_writes_it_and_every_wrong_field_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let card = |expires: &str| {
        format!(
            r#"{{"kind": "RESIDENCE_CARD_KIND_TEMPORARY", "symbol": "LĐ2", "number": "NC3B000001",
                "issued_on": "2025-01-01", "expires_on": "{expires}"}}"#
        )
    };
    let file = |expires| write(dir.path(), "card.json", card(expires));
    assert_eq!(verdict(&["--card", &file("2026-12-31")]), Verdict::Accepted);
    assert_eq!(verdict(&["--card", &file("2026-11-20")]), Verdict::Refused);
    let told = wrong(&["--card", &file("soon")]);
    assert!(told.contains("expires_on: ") && told.contains("YYYY-MM-DD") && !told.contains("soon"), "{told}");
    let told = wrong(&["--card", &write(dir.path(), "card.json", "{\"colour\": 1}")]);
    assert!(told.contains("colour is no field of the protocol"), "{told}");
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_cure() {
    let dir = tempfile::tempdir().unwrap();
    let empty = write(dir.path(), "empty.bin", "");
    assert!(wrong(&["--sod", &empty]).contains("empty.bin: it is empty; read it again"));
    assert!(wrong(&["--sod", &arg(&dir, "none")]).contains("none: "));
    assert!(wrong(&[]).contains("nothing to check"));
    assert!(wrong(&["--mrz", "x", "--trust", &arg(&dir, "none")]).contains("check the name"));
}

#[test]
fn a_file_beyond_its_bound_is_a_finding_as_it_is_at_the_counter() {
    let dir = tempfile::tempdir().unwrap();
    let huge = write(dir.path(), "sod.bin", vec![0x30; 1 << 20]);
    let (verdict, told) = run(&["--sod", &huge]);
    assert_eq!(verdict, Ok(Verdict::Refused));
    assert!(told.contains("chip.too-large"), "{told}");
}

#[test]
fn trust_comes_from_lists_that_a_single_authority_in_the_folder_vouches_for() {
    let (dir, zone) = (tempfile::tempdir().unwrap(), zone_of(&applicant()));
    let (lister, issuer) = (Country::new(1, Algorithm::USUAL), Country::new(2, Algorithm::USUAL));
    let presented = issuer.present(&Bearer::with_zone(&zone), Answering::Never, None, TODAY);
    write_chip(dir.path(), "anna", &presented.chip);
    let list = lister.master_list(&[issuer.csca().to_vec()]);
    write(dir.path(), "trust/list.ML", &list);
    write(dir.path(), "trust/issuer.crl", &presented.revocation_lists[0]);
    write(dir.path(), "trust/readme.txt", "none of the kinds");
    write(dir.path(), "trust/broken.cer", "no certificate");
    let (anna, trust) = (arg(&dir, "anna"), arg(&dir, "trust"));
    // The practice switch lets certificates of the country of specimens count at all.
    let arguments = [anna.as_str(), "--trust", &trust, "--practice"];
    assert_eq!(verdict(&arguments), Verdict::Referred, "nobody vouches for the list");
    write(dir.path(), "trust/lister.cer", lister.csca());
    assert_eq!(verdict(&arguments), Verdict::Accepted);
    assert_eq!(verdict(&arguments[..3]), Verdict::Referred, "material of the country of specimens");

    let revoked = issuer.present(&Bearer::with_zone(&zone), Answering::Never, Some(Flaw::SignerRevoked), TODAY);
    write_chip(dir.path(), "anna", &revoked.chip);
    fs::remove_file(dir.path().join("trust/issuer.crl")).unwrap();
    let crl = write(dir.path(), "other.crl", &revoked.revocation_lists[0]);
    assert_eq!(verdict(&[&arguments[..], &["--crl", &crl]].concat()), Verdict::Refused);
}

#[test]
fn a_weakness_that_is_allowed_no_longer_counts() {
    let (dir, zone) = (tempfile::tempdir().unwrap(), zone_of(&applicant()));
    let weak = Country::of_practice().present(&Bearer::with_zone(&zone), Answering::Never, Some(Flaw::Sha1), TODAY);
    write_chip(dir.path(), "anna", &weak.chip);
    write(dir.path(), "trust/csca.cer", &weak.authorities[0]);
    write(dir.path(), "trust/list.crl", &weak.revocation_lists[0]);
    let arguments = [&arg(&dir, "anna"), "--trust", &arg(&dir, "trust"), "--practice"];
    let (_, told) = run(&arguments);
    assert!(told.contains("chip.algorithm-weak"), "{told}");
    let (verdict, told) = run(&[&arguments[..], &["--allow", "sha1"]].concat());
    assert_eq!(verdict, Ok(Verdict::Accepted), "{told}");
}

#[test]
fn a_challenge_that_the_chip_answered_proves_the_chip() {
    let (dir, zone) = (tempfile::tempdir().unwrap(), zone_of(&applicant()));
    let country = Country::of_practice();
    let answering = Answering::Ecdsa(Hash::Sha256);
    let presented = country.present(&Bearer::with_zone(&zone), answering, None, TODAY);
    write_chip(dir.path(), "anna", &presented.chip);
    write(dir.path(), "anna/challenge.bin", &presented.challenge);
    write(dir.path(), "anna/response.bin", presented.answer.as_ref().unwrap());
    let anna = arg(&dir, "anna");
    let (verdict, told) = run(&[&anna, "--practice"]);
    assert_eq!(verdict, Ok(Verdict::Accepted), "{told}");
    assert!(told.contains("chip genuine      proven\n"), "{told}");
    write(dir.path(), "anna/challenge.bin", [0; 8]);
    assert!(run(&[&anna, "--practice"]).1.contains("chip genuine      refuted\n"));
}

#[test]
fn what_steers_a_terminal_is_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a\u{1b}[31mb\u{202e}.sod", "x");
    let (_, told) = run(&[&arg(&dir, "")]);
    assert!(
        !told.contains('\u{1b}') && !told.contains('\u{202e}') && told.contains("a\u{fffd}[31mb\u{fffd}"),
        "{told}"
    );
}
