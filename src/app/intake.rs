//! What is handed in at the counter, and what others say about it before the rules are applied.
//!
//! Whoever must be asked is asked here, before any transaction is open: the store for what others hold, the trust store and
//! the arithmetic for the chip.

use std::collections::BTreeMap;

use super::{App, Candidate, Error, Officer};
use crate::chip::files::ActiveEvidence;
use crate::chip::{self, ChipFiles, Mode};
use crate::domain::application::Application;
use crate::domain::capture::Captures;
use crate::domain::check::{Known, Taken};
use crate::domain::chip::{ChipReport, GroupNumber};
use crate::domain::finding::{CHIP_CHALLENGE, Field, Finding, Rule, Source};
use crate::domain::ids::{ChallengeId, EnrolmentId, StaffId};
use crate::domain::record::RegistryAnswer;
use crate::domain::time::Timestamp;
use crate::domain::workstation::Provenance;
use crate::receipt::PlainDigest;
use crate::store::Change;

/// What an officer hands in.
#[derive(Debug)]
pub struct Intake {
    /// What was declared and captured.
    pub application: Application,
    /// The chip's files, if it was read.
    pub chip: Option<ChipRead>,
    /// Face and fingerprints; empty if none were taken.
    pub captures: Captures,
    /// Digest of what was handed in, which its receipt is of.
    pub submitted: PlainDigest,
    /// Where and when it was captured, if it says so.
    pub provenance: Option<Provenance>,
}

/// The files of a chip as they were read.
#[derive(Clone)]
pub struct ChipRead {
    /// EF.SOD.
    pub sod: Vec<u8>,
    /// Data groups.
    pub groups: BTreeMap<GroupNumber, Vec<u8>>,
    /// EF.COM.
    pub com: Option<Vec<u8>>,
    /// The challenge that was sent for active authentication, and what the chip answered.
    pub answer: Option<(ChallengeId, Vec<u8>)>,
}

impl ChipRead {
    /// The change that spends the challenge which this chip answered. One that cannot be used was found to be so among `found`;
    /// whoever spends it meanwhile makes the unit fail.
    pub(super) fn spent_challenge<'a>(
        &self,
        mut found: impl Iterator<Item = &'a Rule>,
        officer: StaffId,
    ) -> Option<Change> {
        let unusable = found.any(|rule| *rule == CHIP_CHALLENGE);
        let answered = self.answer.as_ref().map(|(id, _)| *id);
        answered.filter(|_| !unusable).map(|id| Change::SpendChallenge(id, officer))
    }
}

impl std::fmt::Debug for ChipRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChipRead(…)")
    }
}

impl App {
    /// What others say about `intake`, which would be called `id`; `record` is what the immigration record said.
    pub(super) async fn known(
        &self,
        officer: &Officer,
        id: EnrolmentId,
        intake: &Intake,
        record: RegistryAnswer,
        now: Timestamp,
    ) -> Result<Known, Error> {
        let mut reader = self.store().reader().await?;
        let taken = self.taken(&mut reader, id, &intake.application).await?;
        let likely = self.likely_duplicates(&mut reader, id, &intake.application).await?;
        drop(reader);
        self.known_besides(officer, intake, (taken, likely, record), now).await
    }

    /// The same by whoever has asked the store already what others hold, and whose the request likely is.
    pub(super) async fn known_besides(
        &self,
        officer: &Officer,
        intake: &Intake,
        (taken, likely, record): (Taken, Vec<Candidate>, RegistryAnswer),
        now: Timestamp,
    ) -> Result<Known, Error> {
        let duplicate = likely.into_iter().next().map(|likeliest| likeliest.comparison);
        let chip = self.chip_report(officer, intake.chip.as_ref(), now).await?;
        Ok(Known { taken, duplicate, real_only: self.settings().real_only, chip, record, capture: None })
    }

    /// What is found in a chip that was read, if one was: with the challenge that it answered, if that is one of the officer's.
    pub(super) async fn chip_report(
        &self,
        officer: &Officer,
        read: Option<&ChipRead>,
        now: Timestamp,
    ) -> Result<Option<ChipReport>, Error> {
        let Some(read) = read else { return Ok(None) };
        let challenge = self.challenged(officer, read, now).await?;
        self.examined(read.clone(), challenge, now).await.map(Some)
    }

    /// The challenge that the chip answered, if it is one that the officer can use: `None` if the chip was not asked.
    async fn challenged(
        &self,
        officer: &Officer,
        read: &ChipRead,
        now: Timestamp,
    ) -> Result<Option<Result<Vec<u8>, Finding>>, Error> {
        let Some((id, _)) = &read.answer else { return Ok(None) };
        let drawn = self.store().reader().await?.chip_challenge(*id, officer.id, now).await?;
        let unusable = || Finding::new(&CHIP_CHALLENGE, [Field::new(Source::Chip, "chip.active_authentication")]);
        Ok(Some(drawn.map(|drawn| drawn.challenge).ok_or_else(unusable)))
    }

    /// Examines a chip, beside the threads that answer calls: a signature may take a millisecond.
    pub(super) async fn examined(
        &self,
        read: ChipRead,
        challenge: Option<Result<Vec<u8>, Finding>>,
        now: Timestamp,
    ) -> Result<ChipReport, Error> {
        let (trust, policy) = (self.trust(), self.settings().chip);
        let mode = Mode { practice: self.settings().trust.practice, holder: true };
        let examine = move || {
            let (challenge, unusable) = match challenge.transpose() {
                Ok(challenge) => (challenge, None),
                Err(finding) => (None, Some(finding)),
            };
            let response = read.answer.map(|(_, response)| response);
            let active = challenge.zip(response).map(|(challenge, response)| ActiveEvidence { challenge, response });
            let mut report = match ChipFiles::new(read.sod, read.groups, read.com, active) {
                Ok(files) => chip::examine(&files, &trust, &policy, mode, now),
                Err(beyond) => chip::beyond_bounds(beyond),
            };
            report.findings.extend(unusable);
            report
        };
        tokio::task::spawn_blocking(examine).await.map_err(|error| Error::Broken(Box::new(error)))
    }
}
