//! A folder with the files of documents: which files belong to which document, by their names.
//!
//! Owns the names. Refuses to guess: a name it does not know is told and passed over, a part that is there twice makes its
//! document unreadable. One level of folders is looked into, no deeper.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::input::{Part, Readers, Set, Wrong, read};
use super::say;
use crate::domain::chip::GroupNumber;

/// Endings that a file may have after the name of its part.
const ENDINGS: [&str; 5] = ["bin", "der", "dat", "txt", "json"];

/// The files of one document.
#[derive(Default, Debug)]
pub(super) struct Found {
    /// What the document is called: by its folder, or by what stands before the parts' names.
    pub(super) name: String,
    parts: BTreeMap<Part, PathBuf>,
    /// A part that is there twice.
    twice: Option<Wrong>,
}

impl Found {
    /// Reads the files.
    pub(super) fn read(&self, readers: &Readers) -> Result<Set, Wrong> {
        self.twice.clone().map_or_else(|| read(&self.parts, readers), Err)
    }
}

/// The documents in a folder, by name.
pub(super) fn sets(folder: &Path) -> Result<Vec<Found>, Wrong> {
    let mut sets = BTreeMap::new();
    let own = folder.canonicalize().unwrap_or_default();
    let own = own.file_name().map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned());
    for path in entries(folder)? {
        if path.is_dir() {
            let name = file_name(&path);
            for path in entries(&path)? {
                place(&path, &name, |stem| format!("{name}/{stem}"), &mut sets);
            }
        } else {
            place(&path, &own, str::to_owned, &mut sets);
        }
    }
    if sets.is_empty() {
        let cure = "its files must be named sod.bin, dg1.bin … or NAME.sod, NAME.dg1 …";
        return Err(Wrong(format!("{}: there is no document in it; {cure}", folder.display())));
    }
    Ok(sets.into_values().collect())
}

/// What is in a folder, in the order of the names, without what is hidden.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Wrong> {
    let wrong = |error| Wrong(format!("{}: {error}; check the name and who may read it", folder.display()));
    let entries = fs::read_dir(folder).map_err(wrong)?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(wrong)?;
    paths.retain(|path| !file_name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Puts a file where it belongs.
fn place(path: &Path, whole: &str, of: impl Fn(&str) -> String, sets: &mut BTreeMap<String, Found>) {
    let file = file_name(path);
    let known = if path.is_file() { named(&file) } else { None };
    let Some((stem, part)) = known else {
        return say(&format_args!("{}: not looked at: its name is none of a part of a document", path.display()));
    };
    let name = stem.map_or_else(|| whole.to_owned(), of);
    let found = sets.entry(name.clone()).or_insert_with(|| Found { name, ..Found::default() });
    if let Some(other) = found.parts.insert(part, path.to_owned()) {
        let both = format!("{} and {} are the same part: keep one", other.display(), path.display());
        found.twice = Some(Wrong(both));
    }
}

/// Which part a file is by its name, and of which document, if the name tells it: `EF_DG1.bin`, `anna.dg1`.
fn named(file: &str) -> Option<(Option<&str>, Part)> {
    let bare = match file.rsplit_once('.') {
        Some((bare, ending)) if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) => bare,
        _ => file,
    };
    let (stem, last) = bare.rsplit_once('.').map_or((None, bare), |(stem, last)| (Some(stem), last));
    let last = last.to_ascii_lowercase();
    let part = part(last.strip_prefix("ef_").or_else(|| last.strip_prefix("ef-")).unwrap_or(&last))?;
    Some((stem.filter(|stem| !stem.is_empty() && !stem.eq_ignore_ascii_case("ef")), part))
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "sod" => Part::Sod,
        "com" => Part::Com,
        "mrz" => Part::Zone,
        "card" => Part::Card,
        "application" => Part::Application,
        "challenge" => Part::Challenge,
        "response" => Part::Response,
        _ => {
            let digits = name.strip_prefix("dg")?;
            let short = (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = short.then(|| digits.parse().ok()).flatten().and_then(GroupNumber::new)?;
            // Fingerprints and irises: the service does not take them either.
            (!matches!(number.get(), 3 | 4)).then_some(Part::Group(number))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_of_parts_are_known_in_letters_of_either_case() {
        let group = |number| Part::Group(GroupNumber::new(number).unwrap());
        for (file, part) in [
            ("sod.bin", Part::Sod),
            ("EF_SOD.bin", Part::Sod),
            ("ef.sod", Part::Sod),
            ("EF.SOD.BIN", Part::Sod),
            ("ef-com", Part::Com),
            ("dg1.bin", group(1)),
            ("EF_DG01.bin", group(1)),
            ("Dg15.der", group(15)),
            ("mrz.txt", Part::Zone),
            ("card.json", Part::Card),
            ("application.json", Part::Application),
            ("challenge.bin", Part::Challenge),
        ] {
            assert_eq!(named(file), Some((None, part)), "{file}");
        }
        for (file, part) in [("anna.sod", Part::Sod), ("anna.dg1.bin", group(1)), ("anna.card.json", Part::Card)] {
            assert_eq!(named(file), Some((Some("anna"), part)), "{file}");
        }
        for other in ["dg3.bin", "dg4", "dg0", "dg17", "dg001", "dg", "dg+1", "readme.txt", "sod.pdf", "", "anna"] {
            assert_eq!(named(other), None, "{other}");
        }
    }

    #[test]
    fn files_are_put_together_by_folder_and_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for name in
            ["anna/sod.bin", "anna/EF_DG1.bin", "boris.sod", "boris.dg1", "more/carl.sod", ".hidden", "readme.md"]
        {
            write(name);
        }
        let found = sets(dir.path()).unwrap();
        let told: Vec<_> = found.iter().map(|set| (set.name.as_str(), set.parts.len())).collect();
        assert_eq!(told, [("anna", 2), ("boris", 2), ("more/carl", 1)]);
        write("anna/ef.sod");
        let readers = Readers::new().unwrap();
        let twice = sets(dir.path()).unwrap().remove(0).read(&readers).err().unwrap();
        assert!(twice.0.contains("ef.sod") && twice.0.contains("keep one"), "{twice}");
    }

    #[test]
    fn a_folder_without_documents_is_told_with_the_names_that_count() {
        let dir = tempfile::tempdir().unwrap();
        assert!(sets(dir.path()).unwrap_err().0.contains("NAME.sod"));
        assert!(sets(&dir.path().join("none")).unwrap_err().0.contains("check the name"));
    }
}
