//! Forgetting fails: every public function and every change of `src/store` is called somewhere in this suite.

use std::fs;
use std::path::Path;

fn texts(folder: &str) -> String {
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

fn below(folder: &Path) -> String {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if path.is_file() {
            found.push(fs::read_to_string(path).unwrap());
        } else if !path.ends_with("engine") {
            // The engine's own folder is left out: what it offers is for the files beside it alone.
            found.push(below(&path));
        }
    }
    found.join("\n")
}

/// The word at the beginning of `text`.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[test]
fn every_public_function_of_the_store_is_called() {
    let (source, suite) = (texts("src/store"), texts("tests/it/store"));
    let heads = source.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    let names: Vec<_> =
        heads.filter_map(|head| head.strip_prefix("async ").unwrap_or(head).strip_prefix("fn ")).map(word).collect();
    assert!(names.len() > 20, "the functions were not found: {names:?}");
    let called = |name: &str| suite.contains(&format!(".{name}(")) || suite.contains(&format!("::{name}("));
    let forgotten: Vec<_> = names.into_iter().filter(|name| !called(name)).collect();
    assert!(forgotten.is_empty(), "no test calls {forgotten:?}");
}

#[test]
fn every_change_is_made() {
    let (source, suite) = (texts("src/store"), texts("tests/it/store"));
    let (_, body) = source.split_once("pub enum Change {\n").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names: Vec<_> = variants.filter(|line| line.starts_with(char::is_uppercase)).map(word).collect();
    assert!(names.len() > 10, "the changes were not found: {names:?}");
    let made = |name: &str| {
        let call = format!("Change::{name}");
        suite.match_indices(&call).any(|(at, _)| word(&suite[at + "Change::".len()..]) == name)
    };
    let forgotten: Vec<_> = names.into_iter().filter(|name| !made(name)).collect();
    assert!(forgotten.is_empty(), "no test makes {forgotten:?}");
}

/// Columns by which it is told where an account stands, and whether it has a device.
const TOLD: [&str; 8] = [
    "phone_index",
    "email_index",
    "notice_sent_at =",
    "notice_delivered_at =",
    "activated_at =",
    "reopened_at =",
    "INSERT INTO device (",
    "ended_at = $",
];

#[test]
fn what_changes_where_an_account_stands_tells_of_it() {
    let source = texts("src/store");
    let items = source.split("\n}\n").filter(|item| {
        let writes = ["INSERT INTO account (", "UPDATE account SET", "INSERT INTO device (", "UPDATE device SET"];
        writes.iter().any(|write| item.contains(write)) && TOLD.iter().any(|column| item.contains(column))
    });
    let notes = |item: &&str| item.contains("happened.note(") || item.contains("happened.note_device(");
    let (told, forgotten): (Vec<_>, Vec<_>) = items.partition(notes);
    assert!(told.len() >= 6, "the statements were not found: {told:?}");
    assert!(forgotten.is_empty(), "nothing is told by {forgotten:?}");
}
