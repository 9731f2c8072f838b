//! Keeps the map of `src/lib.rs` true: who may import whom, who may name what, what no file may hold.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room of `src`: a folder, or a file at the top.
struct Room {
    name: &'static str,
    /// It imports from lines with higher numbers only.
    line: u8,
    /// Who alone may import it; empty: everyone above.
    only_for: &'static [&'static str],
    /// What alone it may import; empty: everything below.
    only_from: &'static [&'static str],
}

const fn room(line: u8, name: &'static str) -> Room {
    Room { name, line, only_for: &[], only_from: &[] }
}

/// The map, highest line first.
const MAP: &[Room] = &[
    room(0, "main"),
    room(1, "cli"),
    room(2, "server"),
    room(3, "grpc"),
    room(4, "app"),
    room(5, "archive"),
    room(5, "bells"),
    room(5, "limits"),
    room(5, "notify"),
    room(5, "pki"),
    room(5, "registry"),
    room(5, "store"),
    room(5, "tls"),
    room(5, "vault"),
    Room { name: "practice", line: 5, only_for: &["cli"], only_from: &["domain", "proto", "sys"] },
    room(6, "chip"),
    room(6, "config"),
    Room { name: "device_ca", line: 6, only_for: &[], only_from: &["domain"] },
    Room { name: "receipt", line: 6, only_for: &[], only_from: &["domain"] },
    Room { name: "observe", line: 6, only_for: &[], only_from: &["domain"] },
    room(6, "sys"),
    room(7, "domain"),
    Room { name: "proto", line: 7, only_for: &["cli", "server", "grpc", "practice", "registry"], only_from: &[] },
];

fn find(name: &str) -> Option<&'static Room> {
    MAP.iter().find(|room| room.name == name)
}

/// Why `from` may not import `to`; `None` if it may.
fn objection(from: &str, to: &str) -> Option<String> {
    let (Some(here), Some(there)) = (find(from), find(to)) else {
        return Some(format!("{from} imports {to}, and one of them is not on the map"));
    };
    let allowed = from == to
        || (there.line > here.line
            && (there.only_for.is_empty() || there.only_for.contains(&from))
            && (here.only_from.is_empty() || here.only_from.contains(&to)));
    (!allowed).then(|| format!("{from} may not import {to}"))
}

/// A source file.
struct File {
    /// Path below the project's folder.
    path: String,
    text: String,
    /// The text without comments, the insides of literals, and test code.
    code: String,
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
        let code = without_tests(&without_comments_and_literals(&text));
        Self { path, text, code }
    }

    /// Path of the module below the crate, `["store", "engine"]`; empty for `lib.rs`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect()
    }

    fn room(&self) -> Option<&str> {
        self.module().first().copied()
    }

    /// Names of what the file imports from the top of the crate.
    fn imports(&self) -> BTreeSet<String> {
        let own: Vec<_> = self.module().into_iter().map(str::to_owned).collect();
        paths(&self.code, &own)
    }
}

/// Every source file below `folder`, without those that hold tests only.
fn files(folder: &str) -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found.sort_unstable();
    found.iter().map(|path| File::read(path)).collect()
}

/// The sources of the program: those of `src` that are not tests.
fn program() -> Vec<File> {
    let sources = files("src").into_iter().filter(|file| !file.path.ends_with("tests.rs")).collect::<Vec<_>>();
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

/// The text with comments left out and literals empty.
fn without_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut code, mut i) = (String::new(), 0);
    while i < chars.len() {
        let after_word = i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_') && !matches!(at(i - 1), 'b' | 'c');
        match (at(i), at(i + 1)) {
            ('/', '/') => i += chars[i..].iter().take_while(|c| **c != '\n').count(),
            ('/', '*') => i = end_of_block_comment(&chars, i),
            ('r', '"' | '#') if !after_word && raw_string_end(&chars, i).is_some() => {
                i = raw_string_end(&chars, i).unwrap();
                code.push_str("\"\"");
            }
            ('"', _) => {
                i += 1;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
                code.push_str("\"\"");
            }
            // A character, not a lifetime.
            ('\'', '\\') => {
                i += 3;
                i += chars[i.min(chars.len())..].iter().take_while(|c| **c != '\'').count() + 1;
            }
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            (c, _) => {
                code.push(c);
                i += 1;
            }
        }
    }
    code
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut i) = (0, start);
    while i < chars.len() {
        match chars[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

/// Where the raw string that begins with the `r` at `start` ends; `None` if none begins there.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    (chars.get(open) == Some(&'"')).then_some(())?;
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let inside = chars[open + 1..].windows(close.len()).position(|window| window == close)?;
    Some(open + 1 + inside + close.len())
}

/// The code without the items marked as test code.
fn without_tests(code: &str) -> String {
    let (mut kept, mut rest) = (String::new(), code);
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        rest = &after[end_of_item(after)..];
    }
    kept + rest
}

/// Where the item that `code` begins with ends: at its semicolon, or with its braces.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => (),
        }
    }
    code.len()
}

/// First names after `crate::`, and after as many `super::` as lead from the module `own` to the top.
fn paths(code: &str, own: &[String]) -> BTreeSet<String> {
    let (mut found, code) = (BTreeSet::new(), code.split_whitespace().collect::<Vec<_>>().join(" "));
    let code = code.replace(" ::", "::").replace(":: ", "::");
    let begins = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    for (at, head) in code.match_indices("crate::").filter(|(at, _)| begins(*at)) {
        found.extend(first_names(&code[at + head.len()..]));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| begins(*at)) {
        let rest = code[at..].trim_start_matches("super::");
        if (code[at..].len() - rest.len()) / "super::".len() == own.len() {
            // A module within the file makes the way longer than the file's name tells: rooms count, nothing else.
            found.extend(first_names(rest).into_iter().filter(|name| find(name).is_some()));
        }
    }
    found
}

/// The name that `rest` begins with, or those of the group that it begins with.
fn first_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return vec![if rest.starts_with('*') { "*".to_owned() } else { rest[..end].to_owned() }];
    };
    let (mut names, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut part)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                part.push(c);
            }
        }
    }
    names.push(part);
    names.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).flat_map(first_names).collect()
}

#[test]
fn a_file_imports_only_from_rooms_below_its_own() {
    let mut faults = Vec::new();
    for file in program() {
        let Some(from) = file.room() else { continue };
        let objections = file.imports().into_iter().filter_map(|to| objection(from, &to));
        faults.extend(objections.map(|why| format!("{}: {why}", file.path)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_is_on_the_map_and_in_the_words_of_the_library() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let words: String = lib.lines().filter_map(|line| line.strip_prefix("//!")).collect::<Vec<_>>().join("\n");
    let words: BTreeSet<_> = words.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let rooms: BTreeSet<_> = program().iter().filter_map(|file| file.room().map(str::to_owned)).collect();
    for room in &rooms {
        assert!(find(room).is_some(), "{room} is not on the map in tests/architecture.rs");
        assert!(words.contains(room.as_str()), "{room} is not in the words of src/lib.rs");
    }
}

#[test]
fn only_the_engine_of_the_store_knows_that_there_are_two() {
    let knows = |path: &str| path.starts_with("src/store/engine/") || path == "src/store/error.rs";
    for file in program().iter().filter(|file| !knows(&file.path)) {
        for name in ["sqlx::", "PgPool", "SqlitePool", "PgConnection", "SqliteConnection"] {
            assert!(!file.code.contains(name), "{} names {name}", file.path);
        }
    }
}

/// `cli` and `registry` are callers like any other: they read codes and give none.
#[test]
fn only_one_file_of_the_service_names_grpc_codes() {
    const CODES: [&str; 17] = [
        "Ok",
        "Cancelled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
    ];
    let reads = |room: Option<&str>| matches!(room, Some("cli" | "registry"));
    for file in program().iter().filter(|file| !reads(file.room()) && file.path != "src/grpc/status.rs") {
        let code: String = file.code.split_whitespace().collect();
        assert!(!code.contains("tonic::Code"), "{} names tonic::Code", file.path);
        for name in CODES.map(|name| format!("Code::{name}")) {
            // `Code` is also what a holder types, and the end of other names.
            let named = code.match_indices(&name).any(|(at, _)| {
                !code[..at].ends_with(char::is_alphanumeric)
                    && !code[at + name.len()..].starts_with(char::is_alphanumeric)
            });
            assert!(!named, "{} names {name}", file.path);
        }
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for file in ["src", "tests", "benches"].into_iter().flat_map(files) {
        assert!(file.text.starts_with("//! "), "{} does not open with //!", file.path);
    }
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    for file in ["src", "tests", "benches"].into_iter().flat_map(files) {
        let code = without_comments_and_literals(&file.text);
        for mark in ["todo!", "unimplemented!", "#[ignore", "dbg!"] {
            assert!(!code.contains(mark), "{} has {mark}", file.path);
        }
    }
}

mod reading {
    //! The reader of paths, on what has fooled such readers before.

    use super::*;

    fn imports(text: &str) -> Vec<String> {
        let code = without_tests(&without_comments_and_literals(text));
        paths(&code, &["store".into(), "codes".into()]).into_iter().collect()
    }

    #[test]
    fn uses_groups_and_paths_within_code_are_imports() {
        assert_eq!(imports("use crate::domain::code::{Purpose, SentCode};"), ["domain"]);
        assert_eq!(imports("use crate::{\n    app::{self, x},\n    sys::Clock,\n};"), ["app", "sys"]);
        assert_eq!(imports("fn f() -> crate :: vault::Vault { $crate::tls::x() }"), ["tls", "vault"]);
        assert_eq!(imports("use crate::*;"), ["*"]);
    }

    #[test]
    fn a_way_over_the_top_is_an_import_and_one_that_stays_inside_is_not() {
        assert_eq!(imports("use super::super::grpc::status;"), ["grpc"]);
        assert_eq!(imports("use super::engine::Conn; use super::tls;"), [""; 0]);
    }

    #[test]
    fn comments_literals_and_tests_are_no_imports() {
        let quiet = [
            "// crate::app\n/* /* crate::app */ crate::app */",
            "const A: &str = \"crate::app \\\" crate::app\";",
            "const A: &str = r#\"crate::app \" crate::app\"#;",
            "#[cfg(test)]\nmod tests { use crate::app; fn f() {} }",
            "#[cfg(test)]\nuse crate::app;",
            "const Q: char = '\"'; // \" crate::app",
            "fn f<'a>(x: &'a str) {} // it's crate::app",
        ];
        for text in quiet {
            assert_eq!(imports(text), [""; 0], "{text}");
        }
        assert_eq!(imports("const Q: [char; 2] = ['\\'', '\"']; use crate::app;"), ["app"]);
        assert_eq!(imports("#[cfg(test)]\nmod tests { const A: &str = \"}\"; } use crate::app;"), ["app"]);
    }

    #[test]
    fn neighbours_and_rooms_above_are_refused_and_rooms_below_are_not() {
        for (from, to) in
            [("domain", "sys"), ("store", "vault"), ("app", "grpc"), ("grpc", "practice"), ("app", "proto")]
        {
            assert!(objection(from, to).is_some(), "{from} {to}");
        }
        for (from, to) in
            [("sys", "domain"), ("store", "domain"), ("grpc", "proto"), ("cli", "practice"), ("tls", "tls")]
        {
            assert_eq!(objection(from, to), None, "{from} {to}");
        }
        assert!(objection("app", "attic").is_some() && objection("practice", "config").is_some());
    }
}
