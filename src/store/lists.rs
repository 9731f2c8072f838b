//! Working lists: pages of an office's requests, and how many there are. Lists and counts share one condition, so that a
//! number never disagrees with the list behind it.

use uuid::Uuid;

use super::Reader;
use super::engine::{Query, Row, query};
use super::enrolments::{StoredEnrolment, stored};
use super::error::StoreError;
use crate::domain::enrolment::StageName;
use crate::domain::office::OfficeSpan;
use crate::domain::time::Timestamp;
use crate::domain::working_list::{Filter, PageEnd};

/// How many requests are in a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageCount {
    /// The stage.
    pub stage: StageName,
    /// How many.
    pub count: u64,
    /// Of them, those whose holder should have acted.
    pub overdue: u64,
}

/// The condition: $1 the office's code, $2 and $3 the span of receipt, $4 the instant by which they are overdue, or NULL if
/// they need not be; what follows is about stages.
macro_rules! matching {
    ($stages:literal) => {
        concat!(
            "FROM enrolment WHERE office = $1 AND received_at >= $2 AND received_at < $3 \
             AND ($4 IS NULL OR act_by <= $4)",
            $stages
        )
    };
}

/// A page: $5 and $6 where the one before ended, $7 how many.
macro_rules! page {
    ($stages:literal) => {
        concat!(
            "SELECT * ",
            matching!($stages),
            " AND (received_at, id) < ($5, $6) ORDER BY received_at DESC, id DESC LIMIT $7"
        )
    };
}

/// Numbers by stage: $5 the instant by which they are overdue.
macro_rules! count {
    ($stages:literal) => {
        concat!(
            "SELECT stage, COUNT(*) AS count, COUNT(CASE WHEN act_by <= $5 THEN 1 END) AS overdue ",
            matching!($stages),
            " GROUP BY stage"
        )
    };
}

/// The statements for one kind of filter. Each kind has an index of its own (migration 0019).
struct Statements {
    page: &'static str,
    count: &'static str,
}

/// Any stage.
const ANY: Statements = Statements { page: page!(""), count: count!("") };
/// One stage.
const ONE: Statements = Statements { page: page!(" AND stage = $8"), count: count!(" AND stage = $6") };
/// Several stages, none of them final.
const OPEN: Statements = Statements {
    page: page!(" AND decided_at IS NULL AND stage IN ($8, $9, $10, $11, $12, $13, $14)"),
    count: count!(" AND decided_at IS NULL AND stage IN ($6, $7, $8, $9, $10, $11, $12)"),
};
/// Several stages.
const SEVERAL: Statements = Statements {
    page: page!(" AND stage IN ($8, $9, $10, $11, $12, $13, $14)"),
    count: count!(" AND stage IN ($6, $7, $8, $9, $10, $11, $12)"),
};

/// Every statement of lists and counts with a name for it, for whoever wants to see how an engine goes about them.
pub const LIST_STATEMENTS: [(&str, &str); 8] = [
    ("page of any stage", ANY.page),
    ("page of one stage", ONE.page),
    ("page of open stages", OPEN.page),
    ("page of several stages", SEVERAL.page),
    ("count of any stage", ANY.count),
    ("count of one stage", ONE.count),
    ("count of open stages", OPEN.count),
    ("count of several stages", SEVERAL.count),
];

impl Reader {
    /// A page of the requests of a span that match at `now`: newest first, below `before` if it is given.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn listed(
        &mut self,
        span: &OfficeSpan,
        (filter, now): (&Filter, Timestamp),
        before: Option<PageEnd>,
        limit: u32,
    ) -> Result<Vec<StoredEnrolment>, StoreError> {
        let Some(statements) = statements(filter) else { return Ok(Vec::new()) };
        let (at, id) = before.map_or((i64::MAX, Uuid::max()), |end| (end.received_at.micros(), end.id.uuid()));
        let asked = condition(statements.page, span, filter, now).bind(at).bind(id).bind(i64::from(limit));
        let rows = with_stages(asked, filter).fetch_all(&mut self.conn()).await?;
        rows.iter().map(stored).collect()
    }

    /// How many requests of a span match at `now`, by stage; stages without any are left out.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn counted(
        &mut self,
        span: &OfficeSpan,
        (filter, now): (&Filter, Timestamp),
    ) -> Result<Vec<StageCount>, StoreError> {
        let Some(statements) = statements(filter) else { return Ok(Vec::new()) };
        let asked = condition(statements.count, span, filter, now).bind(now.micros());
        let rows = with_stages(asked, filter).fetch_all(&mut self.conn()).await?;
        rows.iter().map(stage_count).collect()
    }
}

/// The statements that serve a filter; `None` if it lets nothing through.
fn statements(filter: &Filter) -> Option<&'static Statements> {
    let stages = filter.stages();
    match stages.len() {
        _ if filter.is_empty() => None,
        1 => Some(&ONE),
        all if all == StageName::ALL.len() => Some(&ANY),
        _ if stages.iter().all(|stage| !stage.is_final()) => Some(&OPEN),
        _ => Some(&SEVERAL),
    }
}

fn condition(sql: &'static str, span: &OfficeSpan, filter: &Filter, now: Timestamp) -> Query {
    let ((first, after), (from, until)) = (span.instants(), filter.received());
    query(sql)
        .bind(span.code.as_str())
        .bind(first.max(from).micros())
        .bind(after.min(until).micros())
        .bind(filter.is_overdue().then_some(now.micros()))
}

/// Binds the stages as the statement of the filter wants them: none, one, or as many as there are.
fn with_stages(asked: Query, filter: &Filter) -> Query {
    let stages = filter.stages();
    let places = match stages.len() {
        1 => 1,
        all if all == StageName::ALL.len() => 0,
        _ => StageName::ALL.len(),
    };
    let names = stages.iter().map(|stage| stage.name()).chain(std::iter::repeat(""));
    names.take(places).fold(asked, Query::bind)
}

fn stage_count(row: &Row) -> Result<StageCount, StoreError> {
    let number = |column| {
        let number = u64::try_from(row.get::<i64>(column)?);
        number.map_err(|_| StoreError::Corrupt { column })
    };
    let stage = StageName::from_name(&row.get::<String>("stage")?);
    Ok(StageCount {
        stage: stage.ok_or(StoreError::Corrupt { column: "stage" })?,
        count: number("count")?,
        overdue: number("overdue")?,
    })
}
