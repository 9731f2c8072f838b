//! Working lists of an office: pages of its requests, and the numbers above them.

use std::collections::BTreeMap;

use super::{App, Caller, Error, OfficeScope, Officer};
use crate::domain::audit::Action;
use crate::domain::enrolment::{Enrolment, Holder, StageName};
use crate::domain::ids::EnrolmentId;
use crate::domain::time::Timestamp;
use crate::domain::working_list::{Filter, ListName, PageEnd};
use crate::store::{StageCount, Unit};

/// Which requests to list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// What they must be like.
    pub filter: Filter,
    /// By which map of offices.
    pub offices: OfficeScope,
    /// The token of the page before; absent for the first page.
    pub token: Option<Vec<u8>>,
    /// At most so many.
    pub size: u32,
}

/// A page of requests.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub enrolments: Vec<Enrolment>,
    /// Those of the page that cannot be read.
    pub unreadable: Vec<EnrolmentId>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// How many requests there are, all counted in one state of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    /// By which instant they were overdue.
    pub at: Timestamp,
    /// All of them.
    pub total: u64,
    /// By stage: every one that the filter names.
    pub by_stage: Vec<(StageName, u64)>,
    /// By whoever must act next.
    pub by_holder: Vec<HolderCount>,
}

/// How many requests wait for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HolderCount {
    /// Who must act next.
    pub holder: Holder,
    /// How many.
    pub count: u64,
    /// Of them, those that should have been acted on by now.
    pub overdue: u64,
}

impl App {
    /// A page of the office's requests, without their content: those of offices whose rights it has by now included.
    ///
    /// # Errors
    /// As [`App::spans`], [`Error::Field`] for a token of another list, or if the store cannot be asked.
    pub async fn enrolments(&self, by: &Caller, officer: &Officer, request: &ListRequest) -> Result<Page, Error> {
        let (now, size) = (self.clock().now(), request.size as usize);
        let list = ListName::new(&officer.office, &request.offices.to_string(), &request.filter);
        let before = request.token.as_deref().map(|token| PageEnd::read(token, &list)).transpose();
        let before = before.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let mut reader = self.store().reader().await?;
        let spans = Self::spans(&*self.offices(&mut reader).await?, officer, &request.offices)?;
        let mut rows = Vec::new();
        // A request is in one span for good, so that it is met once whatever happens between two questions.
        for span in &spans {
            let found = reader.listed(span, (&request.filter, now), before, request.size.saturating_add(1)).await?;
            rows.extend(found);
        }
        drop(reader);
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.place));
        let more = rows.len() > size;
        rows.truncate(size);
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentsListed, by.id().uuid())
            .with("office", officer.office.as_str())
            .with("count", rows.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let end = rows.last().map(|row| row.place);
        let unreadable = rows.iter().filter(|row| row.stored.is_none()).map(|row| row.place.id).collect();
        let enrolments = rows.into_iter().filter_map(|row| row.stored).map(|stored| stored.enrolment).collect();
        Ok(Page { enrolments, unreadable, next: end.filter(|_| more).map(|end| end.token(&list)) })
    }

    /// How many requests the same filter finds, by stage and by whoever must act next. Numbers tell of nobody, so there is
    /// no record of who looked.
    ///
    /// # Errors
    /// As [`App::spans`], or if the store cannot be asked.
    pub async fn count(&self, officer: &Officer, filter: &Filter, offices: &OfficeScope) -> Result<Counts, Error> {
        let now = self.clock().now();
        let spans = Self::spans(&*self.offices(&mut self.store().reader().await?).await?, officer, offices)?;
        let mut snapshot = self.store().snapshot().await?;
        let mut counted = Vec::new();
        for span in &spans {
            counted.extend(snapshot.counted(span, (filter, now)).await?);
        }
        Ok(counts(now, filter, &counted))
    }
}

/// Adds up what the spans came to. What the filter names and nobody found is there with 0.
fn counts(at: Timestamp, filter: &Filter, counted: &[StageCount]) -> Counts {
    let mut by_stage: BTreeMap<StageName, u64> = filter.stages().iter().map(|stage| (*stage, 0)).collect();
    let mut by_holder: BTreeMap<Holder, (u64, u64)> =
        filter.stages().iter().map(|stage| (stage.holder(), (0, 0))).collect();
    for one in counted {
        *by_stage.entry(one.stage).or_default() += one.count;
        let (count, overdue) = by_holder.entry(one.stage.holder()).or_default();
        *count += one.count;
        *overdue += one.overdue;
    }
    let holder = |(holder, (count, overdue))| HolderCount { holder, count, overdue };
    Counts {
        at,
        total: by_stage.values().sum(),
        by_stage: by_stage.into_iter().collect(),
        by_holder: by_holder.into_iter().map(holder).collect(),
    }
}
