//! Workstations: what a capture's number stands for already, what is noted of each, and what a supervisor is shown.

use super::{App, Caller, Error, Intake, Officer, Repeat};
use crate::domain::audit::{Action, Actor};
use crate::domain::ids::EnrolmentId;
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{
    CaptureNumber, ClockOffset, Earlier, NumberRange, Numbers, Provenance, WorkstationId,
};
use crate::store::{
    Arrived, Change, NotedCapture, Reader, ReleasedWorkstation, SeenWorkstation, StoreError, StoredWorkstation, Table,
    Unit,
};

/// Runs of missing numbers that a client is told at once. The next question tells the next ones.
const RESUME_RANGES_MAX: u32 = 1_000;
/// Runs of missing numbers, and doubled numbers, that a list shows of one workstation.
const LIST_NUMBERS_MAX: u32 = 100;

/// Which captures of a workstation arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resumed {
    /// Up to which number none is missing; `None` if the first is.
    pub complete_to: Option<CaptureNumber>,
    /// The highest that arrived.
    pub highest: Option<CaptureNumber>,
    /// The lowest runs that are missing below the highest.
    pub missing: Vec<NumberRange>,
    /// How far the clock is off, if it was told.
    pub offset: Option<ClockOffset>,
}

/// A workstation as a supervisor sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownWorkstation {
    /// The workstation.
    pub workstation: StoredWorkstation,
    /// Which captures arrived.
    pub arrived: Resumed,
    /// The lowest numbers under which more than one content came.
    pub doubled: Vec<CaptureNumber>,
}

/// A name that was given free.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// Whose it was.
    pub office: OfficeCode,
    /// The name under which what came under it is kept.
    pub kept_as: WorkstationId,
}

/// A page of workstations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkstationPage {
    /// By name.
    pub workstations: Vec<ShownWorkstation>,
    /// Where the next page begins, if there is one.
    pub next: Option<WorkstationId>,
}

impl App {
    /// Which captures of a workstation arrived. Notes that it was heard of, if it has captures here; a name under which none
    /// came stays nobody's, for it may be a slip.
    ///
    /// # Errors
    /// [`Error::WorkstationElsewhere`], or if the store cannot be asked.
    pub async fn resume(
        &self,
        by: &Caller,
        officer: &Officer,
        workstation: &WorkstationId,
        sent_at: Option<Timestamp>,
    ) -> Result<Resumed, Error> {
        let now = self.clock().now();
        let offset = sent_at.map(|theirs| ClockOffset::between(theirs, now));
        let office = self.known_owner(&mut self.store().reader().await?, officer, workstation).await?;
        let seen = office.map(|office| SeenWorkstation { id: workstation.clone(), office, offset });
        let entry = self
            .entry(now, by.actor(), Action::WorkstationSeen, officer.id.uuid())
            .with("office", officer.office.as_str())
            .with("workstation", workstation.as_str());
        self.commit(Unit::new(entry).with_all(seen.map(Change::SeeWorkstation))).await?;
        let arrived = self.store().reader().await?.numbers_of(workstation, RESUME_RANGES_MAX).await?;
        Ok(resumed(arrived, RESUME_RANGES_MAX, offset))
    }

    /// The workstations of the supervisor's office, by name.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn workstations(
        &self,
        by: &Caller,
        supervisor: &Officer,
        after: Option<&WorkstationId>,
        size: u32,
    ) -> Result<WorkstationPage, Error> {
        let mut reader = self.store().reader().await?;
        let map = self.offices(&mut reader).await?;
        let mut rows = Vec::new();
        for span in map.spans(&supervisor.office, supervisor.on) {
            rows.extend(reader.workstations_of(&span, after, size.saturating_add(1)).await?);
        }
        rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let more = rows.len() > size as usize;
        rows.truncate(size as usize);
        let mut workstations = Vec::with_capacity(rows.len());
        for workstation in rows {
            let arrived = reader.numbers_of(&workstation.id, LIST_NUMBERS_MAX).await?;
            let doubled = reader.doubled_of(&workstation.id, LIST_NUMBERS_MAX).await?;
            let arrived = resumed(arrived, LIST_NUMBERS_MAX, workstation.offset);
            workstations.push(ShownWorkstation { workstation, arrived, doubled });
        }
        drop(reader);
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::WorkstationsListed, by.id().uuid())
            .with("office", supervisor.office.as_str())
            .with("count", workstations.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let next = more.then(|| workstations.last().map(|shown| shown.workstation.id.clone())).flatten();
        Ok(WorkstationPage { workstations, next })
    }

    /// Notes that a capture arrived which is refused for `reason` before any rule looks at it, so that its number is not
    /// missing.
    ///
    /// # Errors
    /// [`Error::WorkstationElsewhere`], or if the store cannot be asked.
    pub async fn refuse_capture(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        provenance: &Provenance,
        reason: &str,
    ) -> Result<(), Error> {
        let now = self.clock().now();
        let owner = self.owner(&mut self.store().reader().await?, officer, &provenance.workstation).await?;
        let entry = self
            .entry(now, by.actor(), Action::CaptureRefused, officer.id.uuid())
            .with("office", officer.office.as_str())
            .with("workstation", provenance.workstation.as_str())
            .with("number", provenance.number.to_string())
            .with("reason", reason);
        let noted = Change::NoteCapture(Box::new(noted(owner, repeat, provenance, None, now)));
        self.commit(Unit::new(entry).with(noted)).await.map_err(elsewhere)
    }

    /// Gives a workstation's name free, from the console of the machine: the next capture under it binds it anew. What came
    /// under it stays with its office, under a name made for it. `None` if nothing came under the name.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn release_workstation(&self, id: &WorkstationId) -> Result<Option<Released>, Error> {
        let Some(known) = self.store().reader().await?.workstation(id).await? else { return Ok(None) };
        let now = self.clock().now();
        let release = self.dice().id(now);
        let kept_as = id.retired(release);
        let entry = self
            .entry(now, Actor::Console, Action::WorkstationReleased, release)
            .with("office", known.office.as_str())
            .with("workstation", id.as_str())
            .with("kept_as", kept_as.as_str());
        let released = ReleasedWorkstation { id: id.clone(), kept_as: kept_as.clone() };
        match self.commit(Unit::new(entry).with(Change::ReleaseWorkstation(released))).await {
            Ok(()) => Ok(Some(Released { office: known.office, kept_as })),
            // Someone else gave it free at the same moment.
            Err(StoreError::Changed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The code of the office that a workstation belongs to, as it is kept: the officer's own, or that of one whose rights
    /// it has today. One from which nothing came becomes the officer's office's.
    async fn owner(&self, reader: &mut Reader, officer: &Officer, id: &WorkstationId) -> Result<OfficeCode, Error> {
        Ok(self.known_owner(reader, officer, id).await?.unwrap_or_else(|| officer.office.clone()))
    }

    /// The same; `None` if nothing came from the workstation.
    async fn known_owner(
        &self,
        reader: &mut Reader,
        officer: &Officer,
        id: &WorkstationId,
    ) -> Result<Option<OfficeCode>, Error> {
        let Some(known) = reader.workstation(id).await? else { return Ok(None) };
        let map = self.offices(reader).await?;
        let holder = map.successor(&known.office, known.first_seen.local_date(), officer.on);
        let held = holder.is_some_and(|holder| holder.code == officer.office);
        held.then_some(Some(known.office)).ok_or(Error::WorkstationElsewhere)
    }

    /// What the capture's number stands for already, and the office that its workstation belongs to. A capture without a
    /// number stands alone.
    pub(super) async fn earlier(
        &self,
        reader: &mut Reader,
        officer: &Officer,
        repeat: &Repeat,
        intake: &Intake,
    ) -> Result<(Earlier<EnrolmentId>, OfficeCode), Error> {
        let Some(provenance) = &intake.provenance else { return Ok((Earlier::Nothing, officer.office.clone())) };
        let owner = self.owner(reader, officer, &provenance.workstation).await?;
        let noted = reader.noted_capture(&provenance.workstation, provenance.number).await?;
        let earlier = match noted {
            None => Earlier::Nothing,
            Some(noted) => match noted.enrolment {
                Some(enrolment) if noted.content == *repeat.content() => Earlier::TakenIn(enrolment),
                None if noted.request == repeat.id() => Earlier::Nothing,
                _ => Earlier::Another,
            },
        };
        Ok((earlier, owner))
    }

    /// Notes what the rules refused: that its number arrived or, if that stands for another capture, that it came again.
    pub(super) fn noted_refused(
        (owner, earlier): (OfficeCode, Earlier<EnrolmentId>),
        repeat: &Repeat,
        intake: &Intake,
        now: Timestamp,
    ) -> Option<Change> {
        match (&intake.provenance, earlier) {
            (Some(at), Earlier::Another) => Some(Change::NoteDoubled(at.workstation.clone(), at.number)),
            _ => Self::noted(owner, repeat, intake, None, now),
        }
    }

    /// Notes what the capture's number stands for from now on, if it has one.
    pub(super) fn noted(
        owner: OfficeCode,
        repeat: &Repeat,
        intake: &Intake,
        enrolment: Option<EnrolmentId>,
        now: Timestamp,
    ) -> Option<Change> {
        let provenance = intake.provenance.as_ref()?;
        Some(Change::NoteCapture(Box::new(noted(owner, repeat, provenance, enrolment, now))))
    }
}

fn noted(
    office: OfficeCode,
    repeat: &Repeat,
    provenance: &Provenance,
    enrolment: Option<EnrolmentId>,
    now: Timestamp,
) -> NotedCapture {
    NotedCapture {
        seen: SeenWorkstation { id: provenance.workstation.clone(), office, offset: provenance.offset(now) },
        number: provenance.number,
        request: repeat.id(),
        content: repeat.content().clone(),
        captured_at: provenance.captured_at,
        enrolment,
    }
}

/// What arrived, in words of what is missing. Above the runs that were read nothing is said to be missing.
fn resumed(Arrived { numbers, highest }: Arrived, ranges: u32, offset: Option<ClockOffset>) -> Resumed {
    Resumed { complete_to: numbers.complete_to(), highest, missing: missing(&numbers, ranges), offset }
}

fn missing(numbers: &Numbers, ranges: u32) -> Vec<NumberRange> {
    numbers.missing().take(ranges as usize).collect()
}

/// Where nothing else can be taken, it is the workstation.
pub(super) fn elsewhere(error: StoreError) -> Error {
    match error {
        StoreError::Taken(Table::Workstation) => Error::WorkstationElsewhere,
        error => error.into(),
    }
}
