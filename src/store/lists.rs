//! Working lists: pages of an office's requests, and how many there are. Lists and counts share one condition, so that a
//! number never disagrees with the list behind it.

use uuid::Uuid;

use super::Reader;
use super::engine::{Query, Row, query};
use super::enrolments::{StoredEnrolment, readable};
use super::error::StoreError;
use crate::domain::enrolment::StageName;
use crate::domain::ids::EnrolmentId;
use crate::domain::office::OfficeSpan;
use crate::domain::time::Timestamp;
use crate::domain::working_list::{Filter, PageEnd};

/// A request in a list.
#[derive(Clone, Debug)]
pub struct ListedEnrolment {
    /// Its place.
    pub place: PageEnd,
    /// The request; absent if its row cannot be read, which has been logged and must not hold up the others.
    pub stored: Option<StoredEnrolment>,
}

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

/// The condition, for lists and counts alike: $1 the office's code, $2 the first instant of receipt, $3 and $4 what comes
/// before: where the page before ended, or the end of the span; $5 the instant by which they are overdue, or NULL if they
/// need not be. What follows is about stages.
macro_rules! matching {
    ($stages:literal) => {
        concat!(
            "FROM enrolment WHERE office = $1 AND received_at >= $2 AND (received_at, id) < ($3, $4) \
             AND ($5 IS NULL OR act_by <= $5)",
            $stages
        )
    };
}

/// The statements for one kind of filter: a page of at most $6, and numbers by stage with those overdue at $6.
macro_rules! statements {
    ($stages:literal) => {
        Statements {
            page: concat!("SELECT * ", matching!($stages), " ORDER BY received_at DESC, id DESC LIMIT $6"),
            count: concat!(
                "SELECT stage, COUNT(*) AS count, COUNT(CASE WHEN act_by <= $6 THEN 1 END) AS overdue ",
                matching!($stages),
                " GROUP BY stage"
            ),
        }
    };
}

/// The statements for one kind of filter. Each kind has an index of its own (migration 0019).
struct Statements {
    page: &'static str,
    count: &'static str,
}

/// Any stage.
const ANY: Statements = statements!("");
/// One stage.
const ONE: Statements = statements!(" AND stage = $7");
/// Several stages, none of them final.
const OPEN: Statements = statements!(" AND decided_at IS NULL AND stage IN ($7, $8, $9, $10, $11, $12, $13)");
/// Several stages.
const SEVERAL: Statements = statements!(" AND stage IN ($7, $8, $9, $10, $11, $12, $13)");

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
    ) -> Result<Vec<ListedEnrolment>, StoreError> {
        let Some(statements) = statements(filter) else { return Ok(Vec::new()) };
        let asked = condition(statements.page, span, (filter, now), before).bind(i64::from(limit));
        let rows = with_stages(asked, filter).fetch_all(&mut self.conn()).await?;
        rows.iter().map(listed).collect()
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
        let asked = condition(statements.count, span, (filter, now), None).bind(now.micros());
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

fn condition(
    sql: &'static str,
    span: &OfficeSpan,
    (filter, now): (&Filter, Timestamp),
    before: Option<PageEnd>,
) -> Query {
    let ((first, after), (from, until)) = (span.instants(), filter.received());
    // No request has this name, so that below it is all that was received before that instant.
    let end = (after.min(until), Uuid::nil());
    let below = before.map_or(end, |page| end.min((page.at, page.id.uuid())));
    query(sql)
        .bind(span.code.as_str())
        .bind(first.max(from).micros())
        .bind(below.0.micros())
        .bind(below.1)
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

fn listed(row: &Row) -> Result<ListedEnrolment, StoreError> {
    let at = Timestamp::from_micros(row.get("received_at")?);
    let place = PageEnd { at, id: EnrolmentId::new(row.get("id")?) };
    Ok(ListedEnrolment { place, stored: readable(row) })
}

pub(super) fn stage_count(row: &Row) -> Result<StageCount, StoreError> {
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
