//! The trust material that was named, and what is wrong with it.
//!
//! Owns which files of a folder are taken. Refuses to stop at one that is wrong: it is told, and the rest counts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{entries, file_name};
use super::input::{Wrong, bytes};
use super::say;
use crate::app::{Gathered, Gathering, TrustSettings};
use crate::chip::Trust;
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::domain::time::Timestamp;
use crate::domain::trust::{BYTES_MAX, IN_FORCE_MAX, Problem};
use crate::practice::country::Country;

/// Endings of files that are looked at.
const ENDINGS: [&str; 7] = ["ml", "cer", "crt", "pem", "der", "crl", "json"];

/// Trust of the files in `folder` and of `crls`. The files are judged at `now`, deviations at `on`.
pub(super) fn gather(
    folder: Option<&Path>,
    crls: &[PathBuf],
    practice: bool,
    now: Timestamp,
    on: Timestamp,
) -> anyhow::Result<Result<Arc<Trust>, Wrong>> {
    let mut paths = match folder.map(entries).transpose() {
        Ok(found) => found.unwrap_or_default(),
        Err(wrong) => return Ok(Err(wrong)),
    };
    paths.retain(|path| path.is_file() && is_material(path));
    if let Some(folder) = folder.filter(|_| paths.is_empty()) {
        let endings = ENDINGS.map(|ending| format!(".{ending}")).join(" ");
        say(&format_args!("{}: there is no trust material in it (files ending with {endings})", folder.display()));
    }
    paths.extend(crls.iter().cloned());
    let most = usize::try_from(IN_FORCE_MAX).unwrap_or(usize::MAX);
    for path in paths.split_off(most.min(paths.len())) {
        say(&format_args!("{}: not looked at: there are more than {most} files", path.display()));
    }
    let mut named = Vec::new();
    for path in paths {
        match bytes(&path, BYTES_MAX) {
            Ok(content) => named.push((path, content)),
            Err(wrong) => say(&wrong),
        }
    }
    let (paths, files): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    let settings = TrustSettings { expired_signers: true, digest_info_without_null: false, practice };
    let practice = if practice { Some(practice_country(on)?) } else { None };
    let (trust, said) = Gathering { settings, now, on, practice }.gather(files);
    for (path, gathered) in paths.iter().zip(&said) {
        tell(path, gathered);
    }
    Ok(Ok(trust))
}

fn is_material(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ENDINGS.contains(&ending.as_str())
}

/// What the service trusts in development mode.
fn practice_country(on: Timestamp) -> anyhow::Result<(Certificate, Crl)> {
    say(&"the practice country is trusted: what is found genuine may be nobody's document");
    let country = Country::of_practice();
    Ok((Certificate::from_der(country.csca())?, Crl::from_der(&country.crl_in_force(on.local_date()))?))
}

/// Says what is wrong with a file, each kind of problem once.
fn tell(path: &Path, gathered: &Gathered) {
    let mut told: Vec<&'static str> = Vec::new();
    for problem in &gathered.problems {
        let Problem { fault, about } = problem;
        if told.contains(&fault.name) {
            continue;
        }
        told.push(fault.name);
        let times = gathered.problems.iter().filter(|other| other.fault == *fault).count();
        let about = match times {
            1 if about.is_empty() => String::new(),
            1 => format!(" ({about})"),
            more => format!(" ({more} times)"),
        };
        let weight = if fault.refuses { "not used" } else { "note" };
        say(&format_args!(
            "{}: {weight}: {}{about}: {} / {}",
            file_name(path),
            fault.name,
            fault.text.en,
            fault.text.vi
        ));
    }
    if !gathered.counts && !gathered.problems.iter().any(|problem| problem.fault.refuses) {
        say(&format_args!("{}: not used", file_name(path)));
    }
}
