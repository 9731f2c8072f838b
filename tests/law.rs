//! Keeps `docs/law.md` and `docs/rules.md` true: each item of law and each rule has its one row, and each test named there
//! exists.

#![cfg(test)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use eid::domain::finding::{SUBJECTS, Severity};
use eid::domain::law::{ITEMS, codes};

/// The text of a file of the project.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table below a heading, cell by cell.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let page = text(document);
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between back ticks.
fn ticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn sorted<const N: usize>(mut rows: Vec<[String; N]>) -> Vec<[String; N]> {
    rows.sort_unstable();
    rows
}

/// Every Rust file of the program and its tests, one after the other.
fn sources() -> String {
    fn add(folder: &Path, all: &mut String) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                add(&path, all);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                all.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut all = String::new();
    for folder in ["src", "tests"] {
        add(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    }
    all
}

#[test]
fn every_item_of_law_has_its_row_and_every_row_its_item() {
    let rows = table("docs/law.md", "Articles")
        .into_iter()
        .map(|row| [ticked(&row[1]).concat(), row[0].clone(), row[2].clone()]);
    let items = ITEMS.iter().map(|item| [item.name, item.basis, item.domain].map(str::to_owned));
    assert_eq!(sorted(rows.collect()), sorted(items.collect()));
}

#[test]
fn every_rule_has_its_row_below_its_subject_and_every_row_its_rule() {
    let severity = |severity| match severity {
        Severity::Refuse => "refuses",
        Severity::Refer => "refers",
        Severity::Note => "notes",
    };
    for (subject, rules) in SUBJECTS {
        let rows = table("docs/rules.md", subject).into_iter();
        let rows = rows.map(|row| [ticked(&row[0]).concat(), row[1].clone(), row[2].clone(), row[3].clone()]);
        let rules =
            rules.iter().map(|rule| [rule.id, severity(rule.severity), rule.basis, rule.domain].map(str::to_owned));
        assert_eq!(rows.collect::<Vec<_>>(), rules.collect::<Vec<_>>(), "{subject}");
    }
    let headings = text("docs/rules.md").lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings, SUBJECTS.len(), "a section that is no subject");
}

#[test]
fn every_item_is_a_constant_where_its_name_says() {
    for item in ITEMS {
        let (module, name) = item.name.split_once("::").unwrap();
        let source = text(&format!("src/domain/law/{module}.rs"));
        assert!(source.contains(&format!("pub const {name}: ")), "{} is not there", item.name);
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let sources = sources();
    let rules = SUBJECTS.iter().flat_map(|(subject, _)| table("docs/rules.md", subject));
    for row in table("docs/law.md", "Articles").into_iter().chain(rules) {
        let named = ticked(row.last().unwrap());
        assert!(!named.is_empty(), "{} names no test", row[0]);
        for name in named {
            let (before, _) =
                sources.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("no test is called {name}"));
            let mut attributes = before.rsplit('\n').skip(1).take_while(|line| line.trim_start().starts_with("#["));
            let marked = attributes.any(|line| line.contains("[test]") || line.contains("[tokio::test"));
            assert!(marked, "{name} is no test");
        }
    }
}

#[test]
fn a_code_lives_no_longer_than_the_standard_allows() {
    assert_eq!(codes::LIFETIME_MAX, Duration::from_mins(10));
    assert_eq!(codes::EMAIL_LIFETIME_MAX, Duration::from_hours(24));
    assert!(codes::LIFETIME <= codes::LIFETIME_MAX);
}
