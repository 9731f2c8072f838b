//! Units and offices: the map of the day, whose requests are whose by it, and how it changes.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use time::Date;

use super::{ATTEMPTS_MAX, App, Caller, Error, Missing, Officer};
use crate::domain::audit::{Action, Actor};
use crate::domain::enrolment::Enrolment;
use crate::domain::ids::{ImportId, StaffId, Version};
use crate::domain::office::{
    self, Change as OfficeChange, Fault, OfficeMap, OfficeSpan, Period, Plan, Record, UnitKind,
};
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::{Timestamp, format_date};
use crate::store::{Change, Reader, StoreError, Unit};

/// The map that was read last, and at which revision.
pub(super) type OfficeCache = ArcSwapOption<(Version, Arc<OfficeMap>)>;

const TELL_THE_DAY: Malformed = Malformed::new(
    "Required: this code has meant different offices. Write the day that you mean, YYYY-MM-DD.",
    "Bắt buộc: mã này từng chỉ các đơn vị khác nhau. Hãy ghi ngày cần tra cứu theo dạng YYYY-MM-DD.",
);

/// What became of an import.
#[derive(Debug)]
pub struct OfficeImport {
    /// Its name, which its audit entry is about; `None` if nothing was added.
    pub import: Option<ImportId>,
    /// What was added to the records, in the order of the file.
    pub changes: Vec<(OfficeChange, Record)>,
    /// How many records were there already.
    pub unchanged: usize,
}

/// By which map requests are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OfficeScope {
    /// All that are the caller's office's today, whichever code they carry.
    Today,
    /// Those that carry one code, as it was understood on the day of receipt.
    AsReceived {
        /// The code; the caller's office's own if absent.
        office: Option<OfficeCode>,
        /// A day on which it meant what is asked for; needed if it has meant different offices.
        on: Option<Date>,
    },
}

impl std::fmt::Display for OfficeScope {
    /// A text of its own for each scope.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Today => f.write_str("today"),
            Self::AsReceived { office, on } => {
                let office = office.as_ref().map_or("", OfficeCode::as_str);
                write!(f, "as received: {office} {}", on.map(format_date).unwrap_or_default())
            }
        }
    }
}

/// An office as it is shown.
#[derive(Clone, Debug)]
pub struct OfficeView {
    /// The office, over the period in question.
    pub office: office::Office,
    /// Its unit on the day asked for, and what kind of unit it was then, if that is known.
    pub unit: Option<(office::Unit, Option<UnitKind>)>,
    /// The office that has its rights today, if any has.
    pub current: Option<OfficeCode>,
}

/// The shipped records, or kept ones, do not hold together.
#[derive(Debug, thiserror::Error)]
#[error("records of offices do not hold together: {0}")]
struct Inconsistent(String);

impl App {
    /// Units and offices as of the last import that was committed. Empty if there was none.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn offices(&self, reader: &mut Reader) -> Result<Arc<OfficeMap>, Error> {
        let revision = reader.office_revision().await?;
        self.offices_as_of(reader, revision).await
    }

    /// The same, by whoever knows already how often offices were imported.
    pub(super) async fn offices_as_of(&self, reader: &mut Reader, revision: Version) -> Result<Arc<OfficeMap>, Error> {
        if let Some(read) = self.offices.load().as_deref()
            && read.0 == revision
        {
            return Ok(read.1.clone());
        }
        // The revision was read first: an import between the two is noticed at the next look.
        let map = OfficeMap::new(&reader.office_records().await?).map_err(|faults| inconsistent(&faults))?;
        let map = Arc::new(map);
        self.offices.store(Some(Arc::new((revision, map.clone()))));
        Ok(map)
    }

    /// Takes over the shipped records if the store has none. Whether it did.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn adopt_shipped_offices(&self) -> Result<bool, Error> {
        let revision = self.store().reader().await?.office_revision().await?;
        if revision != Version::NONE {
            return Ok(false);
        }
        let records = office::read(office::SHIPPED).map_err(|faults| inconsistent(&faults))?;
        let planned = office::plan(&[], &records, self.clock().now().local_date());
        match self.keep_offices(planned.map_err(|faults| inconsistent(&faults))?, revision).await {
            Ok(_) => Ok(true),
            // Another process did at the same moment.
            Err(StoreError::Changed) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds records, from the console of the machine: all of them in one unit with its audit entry, or none. What is kept
    /// already is passed over.
    ///
    /// # Errors
    /// If the store cannot be asked. Inside: every line that cannot be taken.
    pub async fn import_offices(&self, records: &[Record]) -> Result<Result<OfficeImport, Vec<Fault>>, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (plan, seen) = self.plan_offices(records).await?;
            let plan = match plan {
                Ok(plan) if plan.changes.is_empty() => return Ok(Ok(told(plan, None))),
                Ok(plan) => plan,
                Err(faults) => return Ok(Err(faults)),
            };
            match self.keep_offices(plan, seen).await {
                Ok(imported) => return Ok(Ok(imported)),
                // Somebody imported at the same time: see how the lines go with theirs.
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// What importing these records would come to; nothing is changed.
    ///
    /// # Errors
    /// If the store cannot be asked. Inside: every line that cannot be taken.
    pub async fn check_offices(&self, records: &[Record]) -> Result<Result<OfficeImport, Vec<Fault>>, Error> {
        Ok(self.plan_offices(records).await?.0.map(|plan| told(plan, None)))
    }

    async fn plan_offices(&self, records: &[Record]) -> Result<(Result<Plan, Vec<Fault>>, Version), Error> {
        let mut reader = self.store().reader().await?;
        let (seen, kept) = (reader.office_revision().await?, reader.office_records().await?);
        Ok((office::plan(&kept, records, self.clock().now().local_date()), seen))
    }

    async fn keep_offices(&self, plan: Plan, seen: Version) -> Result<OfficeImport, StoreError> {
        let now = self.clock().now();
        let import = ImportId::new(self.dice().id(now));
        let count = |kind| plan.changes.iter().filter(|(change, _)| *change == kind).count().to_string();
        let codes: Vec<_> = plan.changes.iter().map(|(_, record)| record.code()).collect();
        let entry = self
            .entry(now, Actor::Console, Action::OfficesImported, import.uuid())
            .with("revision", seen.get().saturating_add(1).to_string())
            .with("added", count(OfficeChange::Added))
            .with("closed", count(OfficeChange::Closed))
            .with("amended", count(OfficeChange::Amended))
            .with("codes", codes.join(","));
        let records = plan.changes.iter().map(|(_, record)| record.clone()).collect();
        self.commit_rights(Unit::new(entry).with(Change::AddOffices(records, seen))).await?;
        Ok(told(plan, Some(import)))
    }

    /// Where an officer is today: at the office that has by now the rights of the one in the directory, as that was
    /// understood on the day of entry. `None` for roles without an office, and if the office ended and none took its place.
    pub(super) async fn seat(
        &self,
        reader: &mut Reader,
        id: StaffId,
        entered: Option<(&OfficeCode, Timestamp)>,
    ) -> Result<Option<Officer>, Error> {
        let Some(entered) = entered else { return Ok(None) };
        let map = self.offices(reader).await?;
        Ok(self.seat_on(&map, id, entered))
    }

    /// The same by a map.
    pub(super) fn seat_on(
        &self,
        map: &OfficeMap,
        id: StaffId,
        (code, at): (&OfficeCode, Timestamp),
    ) -> Option<Officer> {
        let today = self.clock().now().local_date();
        let office = map.successor(code, at.local_date(), today);
        office.map(|office| Officer { id, office: office.code.clone(), on: today })
    }

    /// The caller as an officer by the map of this moment, for calls that outlast the day on which they began.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn officer_now(&self, by: &Caller) -> Result<Option<Officer>, Error> {
        self.seat(&mut self.store().reader().await?, by.id(), by.entered()).await
    }

    /// Whether a request is the officer's office's: received by it, or by one whose rights it has by the map of the day.
    pub fn holds(map: &OfficeMap, officer: &Officer, enrolment: &Enrolment) -> bool {
        let holder = map.successor(&enrolment.office, enrolment.received_at.local_date(), officer.on);
        holder.is_some_and(|holder| holder.code == officer.office)
    }

    /// Which requests an officer may be shown: for each code, the days of receipt. None of another office's, by whichever
    /// map they are asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the code is not one of an office whose rights the officer's has, [`Error::Field`] if it has
    /// meant different offices and no day is told.
    pub fn spans(map: &OfficeMap, officer: &Officer, scope: &OfficeScope) -> Result<Vec<OfficeSpan>, Error> {
        let held = map.spans(&officer.office, officer.on);
        let (code, on) = match scope {
            OfficeScope::Today => return Ok(held),
            OfficeScope::AsReceived { office: None, on } => (&officer.office, Some(on.unwrap_or(officer.on))),
            OfficeScope::AsReceived { office: Some(code), on } => (code, *on),
        };
        let meant = match on {
            Some(day) => map.office(code, day).map(|office| office.period),
            None => map
                .undated(code, officer.on)
                .map_err(|_| Error::Field { field: "office_on", fault: TELL_THE_DAY })?
                .and(Period::new(None, None)),
        };
        let meant = meant.ok_or(Error::NotFound(Missing::Office))?;
        let spans: Vec<_> =
            held.into_iter().filter(|span| span.code == *code).filter_map(|span| span.within(meant)).collect();
        if spans.is_empty() { Err(Error::NotFound(Missing::Office)) } else { Ok(spans) }
    }

    /// The offices of a day, today's if it is not told, by code.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn list_offices(&self, on: Option<Date>) -> Result<(Date, Vec<OfficeView>), Error> {
        let today = self.clock().now().local_date();
        let on = on.unwrap_or(today);
        let map = self.offices(&mut self.store().reader().await?).await?;
        Ok((on, map.offices_on(on).map(|office| view(&map, office, on, today)).collect()))
    }

    /// The office that a code meant on a day or, if no day is told, the one that it has always meant.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there was none, [`Error::Field`] if the code has meant different offices and no day is told.
    pub async fn office(&self, code: &OfficeCode, on: Option<Date>) -> Result<OfficeView, Error> {
        let today = self.clock().now().local_date();
        let map = self.offices(&mut self.store().reader().await?).await?;
        let found = match on {
            Some(day) => map.office(code, day),
            None => map.undated(code, today).map_err(|_| Error::Field { field: "on", fault: TELL_THE_DAY })?,
        };
        let office = found.ok_or(Error::NotFound(Missing::Office))?;
        let day = on.unwrap_or_else(|| office.period.until().map_or(today, |last| last.min(today)));
        Ok(view(&map, office, day, today))
    }
}

fn view(map: &OfficeMap, office: &office::Office, on: Date, today: Date) -> OfficeView {
    let unit = map.unit_of(&office.code, on);
    OfficeView {
        office: office.clone(),
        unit: unit.map(|unit| (unit.clone(), unit.kind_on(on))),
        current: map.successor(&office.code, on, today).map(|current| current.code.clone()),
    }
}

fn told(plan: Plan, import: Option<ImportId>) -> OfficeImport {
    OfficeImport { import, changes: plan.changes, unchanged: plan.unchanged }
}

fn inconsistent(faults: &[Fault]) -> Error {
    let first = faults.first().map(|fault| format!("line {}, {}", fault.line, fault.what)).unwrap_or_default();
    Error::Broken(Box::new(Inconsistent(first)))
}
