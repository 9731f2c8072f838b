//! Trust made of files at hand, without a store: for looking at documents away from the service.
//!
//! The files are judged by the code that judges what operators propose, and each is in force at once if nothing refuses it.
//! Nobody approves here: the outcome is worth what the files are worth to whoever named them.

use uuid::Uuid;

use super::appraise::{self, Read};
use super::snapshot::{Practice, Snapshot, TrustSettings};
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::chip::trust::Trust;
use crate::domain::ids::{MaterialId, StaffId, Version};
use crate::domain::time::Timestamp;
use crate::domain::trust::faults::OLDER;
use crate::domain::trust::{Decided, Kind, Material, Problem, Report, Stage};
use crate::store::StoredMaterial;
use std::sync::Arc;

/// Whose the files are and how they are judged.
#[derive(Debug)]
pub struct Gathering {
    /// What is allowed.
    pub settings: TrustSettings,
    /// When the files are judged.
    pub now: Timestamp,
    /// The instant of the check: a deviation must be tolerated then.
    pub on: Timestamp,
    /// The practice country's authority and its revocation list, if it counts.
    pub practice: Option<(Certificate, Crl)>,
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// What it is; `None` if that cannot be told.
    pub kind: Option<Kind>,
    /// Whether it counts.
    pub counts: bool,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// The turns in which files are looked at: each may need what came before.
const TURNS: u8 = 6;

impl Gathering {
    /// Trust of these files, and what became of each, in their order. Of several editions of one list the newest counts.
    pub fn gather(self, files: Vec<Vec<u8>>) -> (Arc<Trust>, Vec<Gathered>) {
        let (authorities, crls) = self.practice.iter().cloned().unzip();
        let practice = Practice { authorities, crls };
        let mut waiting: Vec<_> = files.into_iter().map(|file| (turn(&file), file)).collect();
        let mut said = vec![Gathered::default(); waiting.len()];
        let mut in_force: Vec<(usize, StoredMaterial)> = Vec::new();
        for turn in 0..TURNS {
            let present = self.snapshot(&in_force, &Practice::default());
            for (at, (_, file)) in waiting.iter_mut().enumerate().filter(|(_, (due, _))| *due == turn) {
                let (gathered, stored) = self.judge(std::mem::take(file), &present);
                if let Some(told) = said.get_mut(at) {
                    *told = gathered;
                }
                if let Some(stored) = stored {
                    admit(at, stored, &mut in_force, &mut said);
                }
            }
        }
        in_force.sort_by_key(|(at, _)| *at);
        (self.snapshot(&in_force, &practice).trust(), said)
    }

    /// What is in force by now. A file that was judged is read as it was judged: should it not be, nothing is trusted.
    fn snapshot(&self, in_force: &[(usize, StoredMaterial)], practice: &Practice) -> Snapshot {
        let stored = in_force.iter().map(|(_, stored)| stored.clone()).collect();
        let read = (Version::NONE, self.on.local_date());
        Snapshot::make(read, stored, practice, self.settings.practice).unwrap_or_default()
    }

    fn judge(&self, content: Vec<u8>, present: &Snapshot) -> (Gathered, Option<StoredMaterial>) {
        match appraise::appraise(&content, None, false, present, self.settings, self.now) {
            Err(problems) => (Gathered { problems, ..Gathered::default() }, None),
            Ok(found) => {
                let (kind, counts) = (Some(found.kind), !found.refuses());
                let stored = counts.then(|| self.unnamed(found.kind, found.publisher, found.edition, content));
                (Gathered { kind, counts, problems: found.problems }, stored)
            }
        }
    }

    /// A file as the trust store would keep it, but for the names of those who brought it in: there are none.
    fn unnamed(&self, kind: Kind, publisher: String, edition: Timestamp, content: Vec<u8>) -> StoredMaterial {
        let nobody = StaffId::new(Uuid::nil());
        let material = Material {
            id: MaterialId::new(Uuid::nil()),
            kind,
            publisher,
            edition,
            sha256: appraise::sha256(&content),
            report: Report::default(),
            proposed_by: nobody,
            proposed_at: self.now,
            stage: Stage::InForce(Decided { by: nobody, at: self.now }),
        };
        StoredMaterial { material, content, version: Version::NONE }
    }
}

/// Puts a file in force beside the others, unless there is one as new of its publisher.
fn admit(at: usize, stored: StoredMaterial, in_force: &mut Vec<(usize, StoredMaterial)>, said: &mut [Gathered]) {
    let (kind, edition) = (stored.material.kind, stored.material.edition);
    let rival = in_force
        .iter_mut()
        .find(|(_, other)| other.material.kind == kind && other.material.publisher == stored.material.publisher);
    let (loser, newest) = match rival {
        None => return in_force.push((at, stored)),
        Some((_, other)) if other.material.edition >= edition => (at, other.material.edition),
        Some(rival) => (std::mem::replace(rival, (at, stored)).0, edition),
    };
    if let Some(told) = said.get_mut(loser) {
        told.counts = false;
        told.problems.push(Problem::about(&OLDER, newest));
    }
}

/// When a file is looked at: authorities that vouch for themselves, those that another one vouches for, lists, what is
/// signed by those on them, the rest.
fn turn(file: &[u8]) -> u8 {
    if let Ok(Read::Csca(certificate)) = Read::believed(Kind::Csca, file) {
        return u8::from(!certificate.is_self_issued());
    }
    let later = [(Kind::Crl, 3), (Kind::Deviations, 4), (Kind::MasterList, 2)];
    later.into_iter().find(|(kind, _)| Read::believed(*kind, file).is_ok()).map_or(TURNS - 1, |(_, turn)| turn)
}
