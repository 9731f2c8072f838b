//! Workstations: whose they are, what each of their numbers stands for, and which numbers arrived.
//!
//! The row of a workstation is written first by every change that moves its numbers: its lock makes changes of one workstation queue, so that
//! the runs of numbers stay whole.

use uuid::Uuid;

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::{StoreError, Table};
use crate::domain::ids::{EnrolmentId, RequestId};
use crate::domain::office::OfficeSpan;
use crate::domain::sealed::ContentDigest;
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{CaptureNumber, ClockOffset, NumberRange, Numbers, WorkstationId};

/// A workstation that was heard of.
#[derive(Clone, Debug)]
pub struct SeenWorkstation {
    /// Its name.
    pub id: WorkstationId,
    /// The office of whoever sent for it.
    pub office: OfficeCode,
    /// How far its clock was off, if it told.
    pub offset: Option<ClockOffset>,
}

/// What a workstation's number stands for.
#[derive(Clone, Debug)]
pub struct NotedCapture {
    /// The workstation.
    pub seen: SeenWorkstation,
    /// The number.
    pub number: CaptureNumber,
    /// The client's name for the call that brought it.
    pub request: RequestId,
    /// Keyed hash of its content.
    pub content: ContentDigest,
    /// When it was taken, by the workstation's clock.
    pub captured_at: Timestamp,
    /// The request it became; absent if it was not taken in.
    pub enrolment: Option<EnrolmentId>,
}

/// A workstation as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredWorkstation {
    /// Its name.
    pub id: WorkstationId,
    /// Whose it is.
    pub office: OfficeCode,
    /// When it was first heard of.
    pub first_seen: Timestamp,
    /// When it was last heard of.
    pub last_seen: Timestamp,
    /// How far its clock was off when it last told.
    pub offset: Option<ClockOffset>,
}

/// Which numbers of a workstation arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrived {
    /// The lowest runs, as many as were asked for.
    pub numbers: Numbers,
    /// The highest number of all; above the runs if there are more of them.
    pub highest: Option<CaptureNumber>,
}

/// A name that is given free.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReleasedWorkstation {
    /// The name.
    pub id: WorkstationId,
    /// The name under which all that came under it is kept.
    pub kept_as: WorkstationId,
}

/// Notes that a workstation was heard of from which captures came before. One of which none came is nobody's yet.
pub(super) async fn hear(seen: &SeenWorkstation, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE workstation SET last_seen = $3, clock_offset = COALESCE($4, clock_offset) WHERE id = $1 AND office = $2",
    )
    .bind(seen.id.as_str())
    .bind(seen.office.as_str())
    .bind(at.micros())
    .bind(seen.offset.map(ClockOffset::micros))
    .execute_one(conn)
    .await
}

/// Gives a name free: what came under it goes to the name that is made for it.
pub(super) async fn release(released: &ReleasedWorkstation, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let (id, kept_as) = (released.id.as_str(), released.kept_as.as_str());
    // Its lock: a capture that comes meanwhile waits, and is then the first one under the name.
    query("UPDATE workstation SET last_seen = last_seen WHERE id = $1").bind(id).execute_one(conn).await?;
    for statement in [
        "INSERT INTO workstation (id, office, first_seen, last_seen, clock_offset) \
         SELECT $2, office, first_seen, last_seen, clock_offset FROM workstation WHERE id = $1",
        "UPDATE workstation_capture SET workstation = $2 WHERE workstation = $1",
        "UPDATE workstation_range SET workstation = $2 WHERE workstation = $1",
    ] {
        query(statement).bind(id).bind(kept_as).execute(conn).await?;
    }
    query("DELETE FROM workstation WHERE id = $1").bind(id).execute_one(conn).await
}

/// Enters a workstation whose first capture comes, or notes that it was heard of again.
async fn see(seen: &SeenWorkstation, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let touched = query(
        "INSERT INTO workstation (id, office, first_seen, last_seen, clock_offset) VALUES ($1, $2, $3, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, \
         clock_offset = COALESCE(excluded.clock_offset, workstation.clock_offset) \
         WHERE workstation.office = excluded.office",
    )
    .bind(seen.id.as_str())
    .bind(seen.office.as_str())
    .bind(at.micros())
    .bind(seen.offset.map(ClockOffset::micros))
    .execute(conn)
    .await?;
    (touched == 1).then_some(()).ok_or(StoreError::Taken(Table::Workstation))
}

/// Records what a number stands for. One that was not taken in may come again, under the same request id, and be taken in.
pub(super) async fn note(noted: &NotedCapture, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    see(&noted.seen, at, conn).await?;
    let touched = query(
        "INSERT INTO workstation_capture \
         (workstation, number, request_id, content, captured_at, received_at, enrolment_id, doubled) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (workstation, number) DO UPDATE SET \
         content = excluded.content, captured_at = excluded.captured_at, received_at = excluded.received_at, \
         enrolment_id = excluded.enrolment_id \
         WHERE workstation_capture.enrolment_id IS NULL AND workstation_capture.request_id = excluded.request_id",
    )
    .bind(noted.seen.id.as_str())
    .bind(noted.number.stored())
    .bind(noted.request.uuid())
    .bind(noted.content.as_bytes())
    .bind(noted.captured_at.micros())
    .bind(at.micros())
    .bind(noted.enrolment.map(EnrolmentId::uuid))
    .execute(conn)
    .await?;
    if touched == 0 && noted.enrolment.is_some() {
        return Err(StoreError::Taken(Table::Workstation));
    }
    arrived(&noted.seen.id, noted.number, conn).await
}

/// Puts a number into the runs: it makes a run longer, or is one of its own, and may close the gap to the next.
async fn arrived(workstation: &WorkstationId, number: CaptureNumber, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let (id, number) = (workstation.as_str(), number.stored());
    let known = query(
        "SELECT first_number FROM workstation_range WHERE workstation = $1 AND first_number <= $2 AND last_number >= $2",
    );
    if known.bind(id).bind(number).fetch_optional(conn).await?.is_some() {
        return Ok(());
    }
    let longer = query("UPDATE workstation_range SET last_number = $2 WHERE workstation = $1 AND last_number = $3");
    if longer.bind(id).bind(number).bind(number - 1).execute(conn).await? == 0 {
        query("INSERT INTO workstation_range (workstation, first_number, last_number) VALUES ($1, $2, $2)")
            .bind(id)
            .bind(number)
            .execute_one(conn)
            .await?;
    }
    let next =
        query("DELETE FROM workstation_range WHERE workstation = $1 AND first_number = $2 RETURNING last_number");
    let next = next.bind(id).bind(number.saturating_add(1)).fetch_optional(conn).await?;
    let Some(next) = next else { return Ok(()) };
    query("UPDATE workstation_range SET last_number = $3 WHERE workstation = $1 AND last_number = $2")
        .bind(id)
        .bind(number)
        .bind(next.get::<i64>("last_number")?)
        .execute_one(conn)
        .await
}

/// Counts that another content came under a number.
pub(super) async fn note_doubled(
    workstation: &WorkstationId,
    number: CaptureNumber,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE workstation_capture SET doubled = doubled + 1 WHERE workstation = $1 AND number = $2")
        .bind(workstation.as_str())
        .bind(number.stored())
        .execute_one(conn)
        .await
}

impl Reader {
    /// A workstation, whichever office it is of.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn workstation(&mut self, id: &WorkstationId) -> Result<Option<StoredWorkstation>, StoreError> {
        let row = query("SELECT id, office, first_seen, last_seen, clock_offset FROM workstation WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(workstation).transpose()
    }

    /// Workstations by name that were first heard of at an office, within those days; those after `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn workstations_of(
        &mut self,
        span: &OfficeSpan,
        after: Option<&WorkstationId>,
        limit: u32,
    ) -> Result<Vec<StoredWorkstation>, StoreError> {
        let (from, until) = span.instants();
        let rows = query(
            "SELECT id, office, first_seen, last_seen, clock_offset FROM workstation \
             WHERE office = $1 AND first_seen >= $2 AND first_seen < $3 AND id > $4 ORDER BY id LIMIT $5",
        )
        .bind(span.code.as_str())
        .bind(from.micros())
        .bind(until.micros())
        .bind(after.map_or("", WorkstationId::as_str))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(workstation).collect()
    }

    /// What a workstation's number stands for.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn noted_capture(
        &mut self,
        workstation: &WorkstationId,
        number: CaptureNumber,
    ) -> Result<Option<NotedCapture>, StoreError> {
        let row = query(
            "SELECT workstation, office, clock_offset, number, request_id, content, captured_at, enrolment_id \
             FROM workstation_capture JOIN workstation ON workstation.id = workstation_capture.workstation \
             WHERE workstation = $1 AND number = $2",
        )
        .bind(workstation.as_str())
        .bind(number.stored())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(noted).transpose()
    }

    /// Where and when a request was captured, if it said so; once it was corrected, where the latest correction was that
    /// said so.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn capture_of(&mut self, enrolment: EnrolmentId) -> Result<Option<NotedCapture>, StoreError> {
        let row = query(
            "SELECT workstation, office, clock_offset, number, request_id, content, captured_at, enrolment_id \
             FROM workstation_capture JOIN workstation ON workstation.id = workstation_capture.workstation \
             WHERE enrolment_id = $1 ORDER BY received_at DESC, number DESC, workstation LIMIT 1",
        )
        .bind(enrolment.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(noted).transpose()
    }

    /// The numbers that arrived of a workstation.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn numbers_of(&mut self, workstation: &WorkstationId, limit: u32) -> Result<Arrived, StoreError> {
        let rows = query(
            "SELECT first_number, last_number FROM workstation_range WHERE workstation = $1 ORDER BY first_number LIMIT $2",
        )
        .bind(workstation.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        let range =
            |row: &Row| Ok(NumberRange { first: number(row, "first_number")?, last: number(row, "last_number")? });
        let numbers = Numbers::new(rows.iter().map(range).collect::<Result<Vec<_>, StoreError>>()?);
        let last = query(
            "SELECT last_number FROM workstation_range WHERE workstation = $1 ORDER BY first_number DESC LIMIT 1",
        )
        .bind(workstation.as_str())
        .fetch_optional(&mut self.conn())
        .await?;
        Ok(Arrived { numbers, highest: last.map(|row| number(&row, "last_number")).transpose()? })
    }

    /// The lowest so many numbers of a workstation under which another content came too.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn doubled_of(
        &mut self,
        workstation: &WorkstationId,
        limit: u32,
    ) -> Result<Vec<CaptureNumber>, StoreError> {
        let rows = query(
            "SELECT number FROM workstation_capture WHERE workstation = $1 AND doubled > 0 ORDER BY number LIMIT $2",
        )
        .bind(workstation.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(|row| number(row, "number")).collect()
    }
}

fn workstation(row: &Row) -> Result<StoredWorkstation, StoreError> {
    Ok(StoredWorkstation {
        id: id(row, "id")?,
        office: office(row)?,
        first_seen: Timestamp::from_micros(row.get("first_seen")?),
        last_seen: Timestamp::from_micros(row.get("last_seen")?),
        offset: row.get::<Option<i64>>("clock_offset")?.map(ClockOffset::from_micros),
    })
}

fn noted(row: &Row) -> Result<NotedCapture, StoreError> {
    Ok(NotedCapture {
        seen: SeenWorkstation {
            id: id(row, "workstation")?,
            office: office(row)?,
            offset: row.get::<Option<i64>>("clock_offset")?.map(ClockOffset::from_micros),
        },
        number: number(row, "number")?,
        request: RequestId::new(row.get("request_id")?),
        content: ContentDigest::from_bytes(row.get("content")?),
        captured_at: Timestamp::from_micros(row.get("captured_at")?),
        enrolment: row.get::<Option<Uuid>>("enrolment_id")?.map(EnrolmentId::new),
    })
}

fn id(row: &Row, column: &'static str) -> Result<WorkstationId, StoreError> {
    WorkstationId::parse(&row.get::<String>(column)?).map_err(|_| StoreError::Corrupt { column })
}

fn number(row: &Row, column: &'static str) -> Result<CaptureNumber, StoreError> {
    CaptureNumber::from_stored(row.get(column)?).ok_or(StoreError::Corrupt { column })
}

fn office(row: &Row) -> Result<OfficeCode, StoreError> {
    OfficeCode::parse(&row.get::<String>("office")?).map_err(|_| StoreError::Corrupt { column: "office" })
}
