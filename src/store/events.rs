//! What happened to requests: one stream of events for each office code, numbered without gaps in the order of commits.
//!
//! Whoever appends takes the next number of the stream and holds the stream until the commit, so that a reader who saw
//! number n has seen everything below it: nothing can turn up behind a reader's back.

use super::engine::{Conn, Query, Row, insert, query};
use super::error::StoreError;
use super::{Reader, enrolments};
use crate::domain::enrolment::{Enrolment, Event, HandOver, StageName, Verb};
use crate::domain::ids::{EnrolmentId, LeaseId};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// The columns of an event `v`, under names that no request has.
macro_rules! event_columns {
    () => {
        "v.office AS event_office, v.position AS event_position, v.enrolment_id AS event_enrolment_id, v.at AS event_at, \
         v.verb AS event_verb, v.from_stage AS event_from_stage, v.to_stage AS event_to_stage, v.actor AS event_actor, \
         v.reason AS event_reason, v.lease_id AS event_lease_id"
    };
}

/// An event with its place in its stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEvent {
    /// The stream: the office that took the request in.
    pub office: OfficeCode,
    /// The place in it, from 1.
    pub position: u64,
    /// The request.
    pub enrolment: EnrolmentId,
    /// What happened.
    pub event: Event,
}

/// An event with the request as it stands now, which may be further on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldEvent {
    /// The event.
    pub stored: StoredEvent,
    /// When the request was taken in.
    pub received_at: Timestamp,
    /// The request; absent if its row cannot be read, which has been logged and must not hold up the others.
    pub enrolment: Option<Enrolment>,
}

pub(super) async fn append(
    office: &OfficeCode,
    events: &[(EnrolmentId, &Event)],
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last = insert(
        "INSERT INTO enrolment_stream (office, last) VALUES ($1, $2) \
         ON CONFLICT (office) DO UPDATE SET last = enrolment_stream.last + excluded.last RETURNING last",
    )
    .bind(office.as_str())
    .bind(count)
    .number("last", conn)
    .await?;
    for (back, (enrolment, event)) in (1 - count..).zip(events) {
        insert(
            "INSERT INTO enrolment_event (office, position, enrolment_id, at, verb, from_stage, to_stage, actor, \
             reason, lease_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(office.as_str())
        .bind(last.plus(back))
        .bind(enrolment.uuid())
        .bind(event.at.micros())
        .bind(event.verb.name())
        .bind(event.from.map(StageName::name))
        .bind(event.to.name())
        .bind(event.by.as_str())
        .bind(event.reason.as_deref())
        .bind(event.lease.map(LeaseId::uuid))
        .execute_one(conn)
        .await?;
    }
    Ok(())
}

impl Reader {
    /// What happened to a request after `position`, at most `limit` events, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn events_of(
        &mut self,
        enrolment: EnrolmentId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let asked = query(concat!(
            "SELECT ",
            event_columns!(),
            " FROM enrolment_event v WHERE v.enrolment_id = $1 AND v.position > $2 ORDER BY v.position LIMIT $3"
        ))
        .bind(enrolment.uuid());
        self.page(asked, position, limit).await?.iter().map(stored).collect()
    }

    /// What happened in the stream of an office after `position`, at most `limit` events, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn events_after(
        &mut self,
        office: &OfficeCode,
        position: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let asked = query(concat!(
            "SELECT ",
            event_columns!(),
            " FROM enrolment_event v WHERE v.office = $1 AND v.position > $2 ORDER BY v.position LIMIT $3"
        ))
        .bind(office.as_str());
        self.page(asked, position, limit).await?.iter().map(stored).collect()
    }

    /// The rows after `position`, at most `limit`: the last two parameters of every statement about a stream.
    async fn page(&mut self, asked: Query, position: u64, limit: u32) -> Result<Vec<Row>, StoreError> {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        asked.bind(position).bind(i64::from(limit)).fetch_all(&mut self.conn()).await
    }

    /// The same with the requests as they stand now.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn changes_after(
        &mut self,
        office: &OfficeCode,
        position: u64,
        limit: u32,
    ) -> Result<Vec<ToldEvent>, StoreError> {
        let asked = query(concat!(
            "SELECT e.*, ",
            event_columns!(),
            " FROM enrolment_event v JOIN enrolment e ON e.id = v.enrolment_id \
             WHERE v.office = $1 AND v.position > $2 ORDER BY v.position LIMIT $3"
        ))
        .bind(office.as_str());
        let rows = self.page(asked, position, limit).await?;
        let told = |row: &Row| {
            let received_at = Timestamp::from_micros(row.get("received_at")?);
            let enrolment = enrolments::readable(row).map(|found| found.enrolment);
            Ok(ToldEvent { stored: stored(row)?, received_at, enrolment })
        };
        rows.iter().map(told).collect()
    }

    /// What the authority claimed in `from..until`, each request once, in the order of their names: at most `limit` behind
    /// `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn hand_overs(
        &mut self,
        (from, until): (Timestamp, Timestamp),
        after: Option<EnrolmentId>,
        limit: u32,
    ) -> Result<Vec<HandOver>, StoreError> {
        let rows = query(
            "SELECT c.enrolment_id AS enrolment_id, c.at AS at, c.lease_id AS lease_id, e.stage AS stage, \
             a.verb AS answer, a.at AS answered_at, a.position AS answer_position, h.last_claim AS last_claim \
             FROM (SELECT s.enrolment_id AS enrolment_id, MAX(s.position) AS in_span, \
             (SELECT MAX(l.position) FROM enrolment_event l WHERE l.enrolment_id = s.enrolment_id AND l.verb = 'claim') \
             AS last_claim, \
             (SELECT MAX(x.position) FROM enrolment_event x WHERE x.enrolment_id = s.enrolment_id \
             AND x.lease_id IS NOT NULL AND x.verb <> 'claim') AS last_answer \
             FROM enrolment_event s WHERE s.verb = 'claim' AND s.at >= $1 AND s.at < $2 AND s.enrolment_id > $3 \
             GROUP BY s.enrolment_id) h \
             JOIN enrolment e ON e.id = h.enrolment_id \
             JOIN enrolment_event c ON c.office = e.office AND c.position = h.in_span \
             LEFT JOIN enrolment_event a ON a.office = e.office AND a.position = h.last_answer \
             ORDER BY c.enrolment_id LIMIT $4",
        )
        .bind(from.micros())
        .bind(until.micros())
        .bind(after.map_or(uuid::Uuid::nil(), EnrolmentId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(hand_over).collect()
    }

    /// The last position in the stream of an office; 0 if nothing ever happened there.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn last_event(&mut self, office: &OfficeCode) -> Result<u64, StoreError> {
        let row = query("SELECT last FROM enrolment_stream WHERE office = $1")
            .bind(office.as_str())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map_or(Ok(0), last)
    }

    /// The last position of every stream, at most `limit`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn last_events(&mut self, limit: u32) -> Result<Vec<(OfficeCode, u64)>, StoreError> {
        let rows = query("SELECT office, last FROM enrolment_stream ORDER BY office LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(|row| Ok((office_in(row, "office")?, last(row)?))).collect()
    }
}

fn last(row: &Row) -> Result<u64, StoreError> {
    u64::try_from(row.get::<i64>("last")?).map_err(|_| StoreError::Corrupt { column: "last" })
}

fn office_in(row: &Row, column: &'static str) -> Result<OfficeCode, StoreError> {
    OfficeCode::parse(&row.get::<String>(column)?).map_err(|_| StoreError::Corrupt { column })
}

fn hand_over(row: &Row) -> Result<HandOver, StoreError> {
    let stage = StageName::from_name(&row.get::<String>("stage")?).ok_or(StoreError::Corrupt { column: "stage" })?;
    let lease = row.get::<Option<uuid::Uuid>>("lease_id")?.ok_or(StoreError::Corrupt { column: "lease_id" })?;
    let verb = row.get::<Option<String>>("answer")?;
    let verb = verb.map(|name| Verb::from_name(&name).ok_or(StoreError::Corrupt { column: "verb" })).transpose()?;
    let answered_at = row.get::<Option<i64>>("answered_at")?.map(Timestamp::from_micros);
    Ok(HandOver {
        enrolment: EnrolmentId::new(row.get("enrolment_id")?),
        at: Timestamp::from_micros(row.get("at")?),
        lease: LeaseId::new(lease),
        stage,
        answered: verb.zip(answered_at),
        claimed_since: row.get::<i64>("last_claim")? > row.get::<Option<i64>>("answer_position")?.unwrap_or(0),
    })
}

fn stored(row: &Row) -> Result<StoredEvent, StoreError> {
    let position = u64::try_from(row.get::<i64>("event_position")?);
    let verb = Verb::from_name(&row.get::<String>("event_verb")?);
    let from = row.get::<Option<String>>("event_from_stage")?;
    let from = from.map(|name| StageName::from_name(&name).ok_or(StoreError::Corrupt { column: "from_stage" }));
    let to = StageName::from_name(&row.get::<String>("event_to_stage")?);
    Ok(StoredEvent {
        office: office_in(row, "event_office")?,
        position: position.map_err(|_| StoreError::Corrupt { column: "position" })?,
        enrolment: EnrolmentId::new(row.get("event_enrolment_id")?),
        event: Event {
            verb: verb.ok_or(StoreError::Corrupt { column: "verb" })?,
            at: Timestamp::from_micros(row.get("event_at")?),
            by: row.get("event_actor")?,
            from: from.transpose()?,
            to: to.ok_or(StoreError::Corrupt { column: "to_stage" })?,
            reason: row.get("event_reason")?,
            lease: row.get::<Option<uuid::Uuid>>("event_lease_id")?.map(LeaseId::new),
        },
    })
}
