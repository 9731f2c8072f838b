//! The trust store: operators propose files, other operators put them in force, and every process follows.
//!
//! What a file is and what is wrong with it is found in [`appraise`]; what is in force by now is held in [`snapshot`].

mod appraise;
mod files;
mod snapshot;

pub use files::{Gathered, Gathering};
pub use snapshot::{Snapshot, TrustSettings};

pub(super) use snapshot::TrustStore;

use serde::{Deserialize, Serialize};

use super::repeat::Attempt;
use super::{App, Caller, Error, Missing, Repeat};
use crate::domain::audit::{Action, Entry};
use crate::domain::ids::{MaterialId, Version};
use crate::domain::time::Timestamp;
use crate::domain::trust::{
    CannotApprove, IN_FORCE_MAX, Kind, Material, PROPOSED_MAX, Problem, Report, Sha256, Stage, faults,
};
use crate::store::{Change, Reader, StoredMaterial, Unit};
use appraise::Appraisal;

/// A file as it was handed in.
#[derive(Debug)]
pub struct Proposal {
    /// What the proposer says it is; `None`: find out.
    pub kind: Option<Kind>,
    /// Whether the proposer means it, if it is older than what is in force.
    pub allow_older: bool,
    /// The file.
    pub content: Vec<u8>,
}

/// What became of a proposal.
#[derive(Debug)]
pub enum Proposed {
    /// It waits for a second person.
    Proposed(Material),
    /// The same file waits already.
    AlreadyProposed(Material),
    /// The same file is in force already.
    AlreadyInForce(Material),
    /// It was not kept; what it is, as far as it could be read.
    NotAccepted(Option<Box<Material>>, Vec<Problem>),
}

/// What became of an approval.
#[derive(Debug)]
pub enum Approved {
    /// It is in force.
    InForce(Material),
    /// It is not, and stands as it stood.
    Refused(Material, CannotApprove),
    /// It can no longer come in force.
    NotAccepted(Material, Vec<Problem>),
}

/// What the trust store holds.
#[derive(Debug)]
pub struct TrustList {
    /// What is in force.
    pub in_force: Vec<Material>,
    /// What waits.
    pub proposed: Vec<Material>,
}

/// The first answer to a proposal or an approval: the file's name.
#[derive(Serialize, Deserialize)]
struct Named {
    material: MaterialId,
}

impl App {
    /// Examines a file and keeps it for a second person. Nothing comes in force.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn propose_trust(&self, by: &Caller, repeat: &Repeat, proposal: &Proposal) -> Result<Proposed, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.propose_once(by, repeat, proposal, now)).await
    }

    async fn propose_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Result<Attempt<Proposed>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(Named { material }) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(Proposed::Proposed(material_of(&mut reader, material).await?.material)));
        }
        let sha256 = appraise::sha256(&proposal.content);
        let waiting = reader.trust_in_state(Stage::Proposed.name(), PROPOSED_MAX).await?;
        drop(reader);
        if let Some(same) = waiting.iter().find(|material| material.sha256 == sha256) {
            return Ok(Attempt::Unchanged(Proposed::AlreadyProposed(same.clone())));
        }
        let present = self.refresh_trust().await?;
        if let Some(same) = present.material(sha256) {
            return Ok(Attempt::Unchanged(Proposed::AlreadyInForce(same.clone())));
        }
        let full = waiting.len() >= PROPOSED_MAX as usize;
        let appraised = self.appraise(proposal.kind, proposal.content.clone(), proposal.allow_older, present).await?;
        let mut appraisal = match appraised {
            Ok(appraisal) => appraisal,
            Err(problems) => return Ok(Attempt::Unchanged(Proposed::NotAccepted(None, problems))),
        };
        if full {
            appraisal.problems.push(Problem::new(&faults::TOO_MANY));
        }
        let (refused, problems) = (appraisal.refuses(), appraisal.problems.clone());
        let material = Material {
            id: MaterialId::new(self.dice().id(now)),
            kind: appraisal.kind,
            publisher: appraisal.publisher.clone(),
            edition: appraisal.edition,
            sha256,
            report: report(appraisal, proposal),
            proposed_by: by.id(),
            proposed_at: now,
            stage: Stage::Proposed,
        };
        if refused {
            return Ok(Attempt::Unchanged(Proposed::NotAccepted(Some(Box::new(material)), problems)));
        }
        let unit = Unit::new(self.about(by, Action::TrustProposed, &material, now))
            .with(repeat.remember(by, &Named { material: material.id })?)
            .with(Change::NewMaterial(Box::new(StoredMaterial {
                material: material.clone(),
                content: proposal.content.clone(),
                version: Version::NONE,
            })));
        Ok(Attempt::Change(Proposed::Proposed(material), unit))
    }

    /// Puts a proposal in force, in this process at once. `confirmed` is the SHA-256 that the second person has.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RequestIdReused`].
    pub async fn approve_trust(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: MaterialId,
        confirmed: Sha256,
        allow_older: bool,
    ) -> Result<Approved, Error> {
        let now = self.clock().now();
        let approved =
            self.once(by, repeat, || self.approve_once(by, repeat, (id, confirmed, allow_older), now)).await?;
        if matches!(approved, Approved::InForce(_))
            && let Err(error) = self.refresh_trust().await
        {
            // It is in force; the watch over the trust store will try again.
            tracing::error!(error = &error as &dyn std::error::Error, "the trust store could not be read again");
        }
        Ok(approved)
    }

    async fn approve_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (id, confirmed, allow_older): (MaterialId, Sha256, bool),
        now: Timestamp,
    ) -> Result<Attempt<Approved>, Error> {
        // What is in force is read before the proposal. The other way round, a proposal that another person puts in
        // force in between would be held against itself, and be called known instead of decided.
        let present = self.refresh_trust().await?;
        let mut reader = self.store().reader().await?;
        let before: Option<Named> = self.first_answer(&mut reader, by, repeat).await?;
        let stored = material_of(&mut reader, before.as_ref().map_or(id, |first| first.material)).await?;
        drop(reader);
        if before.is_some() {
            return Ok(Attempt::Answered(Approved::InForce(stored.material)));
        }
        let approved = match stored.material.clone().approve(by.id(), confirmed, now) {
            Ok(approved) => approved,
            Err(why) => return Ok(Attempt::Unchanged(Approved::Refused(stored.material, why))),
        };
        // Once more, against what is in force by now; the commit makes sure that it still is.
        let older = allow_older && approved.report.allow_older;
        let appraised = self.appraise(Some(approved.kind), stored.content, older, present.clone()).await?;
        let mut problems = appraised.map_or_else(|problems| problems, |appraisal| appraisal.problems);
        let replaced = present.source(approved.kind, &approved.publisher);
        if replaced.is_none() && present.files() >= IN_FORCE_MAX as usize {
            problems.push(Problem::new(&faults::TOO_MANY));
        }
        if problems.iter().any(|problem| problem.fault.refuses) {
            return Ok(Attempt::Unchanged(Approved::NotAccepted(stored.material, problems)));
        }
        let replaces = replaced.map(|source| source.material.id.to_string()).unwrap_or_default();
        let entry = self
            .about(by, Action::TrustApproved, &approved, now)
            .with("replaces", replaces)
            .with("allow_older", older.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Named { material: approved.id })?)
            .with_all(
                replaced
                    .map(|source| Change::SaveMaterial(Box::new(source.material.clone().replace(now)), source.version)),
            )
            .with(Change::SaveMaterial(Box::new(approved.clone()), stored.version))
            .with(Change::ReviseTrust(present.revision()));
        Ok(Attempt::Change(Approved::InForce(approved), unit))
    }

    /// Drops a proposal; dropping it twice is dropping it once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WasInForce`].
    pub async fn reject_trust(&self, by: &Caller, id: MaterialId) -> Result<Material, Error> {
        let now = self.clock().now();
        for _ in 0..super::ATTEMPTS_MAX {
            let stored = material_of(&mut self.store().reader().await?, id).await?;
            let rejected = stored.material.clone().reject(by.id(), now)?;
            if rejected == stored.material {
                return Ok(rejected);
            }
            let unit = Unit::new(self.about(by, Action::TrustRejected, &rejected, now))
                .with(Change::SaveMaterial(Box::new(rejected.clone()), stored.version));
            match self.commit(unit).await {
                Ok(()) => return Ok(rejected),
                Err(crate::store::StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// What is in force and what waits. The look is recorded.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn list_trust(&self, by: &Caller) -> Result<TrustList, Error> {
        let mut reader = self.store().reader().await?;
        let in_force = reader.trust_in_state("in-force", IN_FORCE_MAX).await?;
        let proposed = reader.trust_in_state(Stage::Proposed.name(), PROPOSED_MAX).await?;
        drop(reader);
        let entry = self.entry(self.clock().now(), by.actor(), Action::TrustListed, by.id().uuid());
        self.commit(Unit::new(entry.with("found", (in_force.len() + proposed.len()).to_string()))).await?;
        Ok(TrustList { in_force, proposed })
    }

    /// Reads a file on a thread of its own: hundreds of certificates take a while.
    async fn appraise(
        &self,
        kind: Option<Kind>,
        content: Vec<u8>,
        allow_older: bool,
        present: std::sync::Arc<Snapshot>,
    ) -> Result<Result<Appraisal, Vec<Problem>>, Error> {
        let (settings, now) = (self.settings().trust, self.clock().now());
        let appraise = move || appraise::appraise(&content, kind, allow_older, &present, settings, now);
        tokio::task::spawn_blocking(appraise).await.map_err(|error| Error::Broken(Box::new(error)))
    }

    fn about(&self, by: &Caller, action: Action, material: &Material, now: Timestamp) -> Entry {
        self.entry(now, by.actor(), action, material.id.uuid())
            .with("kind", material.kind.name())
            .with("publisher", material.publisher.as_str())
            .with("edition", material.edition.to_string())
            .with("sha256", material.sha256.to_string())
    }
}

fn report(appraisal: Appraisal, proposal: &Proposal) -> Report {
    Report {
        bytes: u32::try_from(proposal.content.len()).unwrap_or(u32::MAX),
        entries: appraisal.entries,
        new: appraisal.new,
        known: appraisal.known,
        removed: appraisal.removed,
        vouched_by: appraisal.vouched_by,
        allow_older: proposal.allow_older,
        problems: appraisal.problems,
    }
}

async fn material_of(reader: &mut Reader, id: MaterialId) -> Result<StoredMaterial, Error> {
    reader.trust_material(id).await?.ok_or(Error::NotFound(Missing::TrustMaterial))
}
