//! Deadlines of requests and orders counted again when another calendar came in force, and for requests that have none yet.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::{Calendar, Edition};
use crate::domain::enrolment::Passage;
use crate::domain::ids::EntryId;
use crate::store::{Change, Reader, StoreError, StoredEnrolment, StoredOrder, Unit};

/// Requests that are counted again together: in one transaction, with one audit entry.
const BATCH: u32 = 200;

/// How far counting again has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recomputed {
    /// The edition on which it was counted.
    pub edition: Edition,
    /// Requests that had to be counted again when it began.
    pub total: u64,
    /// Of them, those that were.
    pub saved: u64,
    /// Of those, the ones that are due on another day than before.
    pub moved: u64,
    /// Requests that cannot be counted, because the calendar lacks a year.
    pub lacking: u64,
    /// Orders to lock or unlock of which a step is due, and that were counted again.
    pub orders: u64,
    /// Of those, the ones that are due on another day than before.
    pub orders_moved: u64,
    /// Orders that cannot be counted, because the calendar lacks a year. They keep the day that they had.
    pub orders_lacking: u64,
}

/// What came of one batch.
struct Batch {
    saved: u64,
    moved: u64,
    lacking: u64,
}

impl App {
    /// Sets the clock of a request that moves to where it goes, on the calendar in force. To be called with every passage;
    /// what has ended needs no calendar.
    ///
    /// # Errors
    /// [`Error::CalendarLacks`], or if the store cannot be asked.
    pub(super) async fn keep_time(&self, reader: &mut Reader, passage: &mut Passage) -> Result<(), Error> {
        if passage.enrolment().stage.name().is_final() {
            return Ok(());
        }
        let calendar = self.calendar(reader).await?;
        self.keep_time_on(&calendar, passage)
    }

    /// The same on a calendar that was read.
    pub(super) fn keep_time_on(&self, calendar: &Calendar, passage: &mut Passage) -> Result<(), Error> {
        let enrolment = passage.enrolment_mut();
        if enrolment.stage.name().is_final() {
            return Ok(());
        }
        Ok(enrolment.keep_time(calendar, &self.settings().stages)?)
    }

    /// Counts the deadlines of all open requests, and then of all open orders, that were counted on another edition than the one in force, or never.
    /// `progress` is told after each batch and may end it there. What was counted stays so, also if this is cut off; it goes
    /// on when it is called again.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn recompute_deadlines(
        &self,
        by: Actor,
        mut progress: impl FnMut(&Recomputed) -> ControlFlow<()>,
    ) -> Result<Recomputed, Error> {
        let mut reader = self.store().reader().await?;
        let calendar = self.calendar(&mut reader).await?;
        let total = reader.count_timed_elsewhere(calendar.edition()).await?;
        drop(reader);
        let mut done = Recomputed {
            edition: calendar.edition().clone(),
            total,
            saved: 0,
            moved: 0,
            lacking: 0,
            orders: 0,
            orders_moved: 0,
            orders_lacking: 0,
        };
        let mut after = None;
        loop {
            // The connection is not held while the batch is written.
            let page = self.store().reader().await?.timed_elsewhere(calendar.edition(), after, BATCH).await?;
            if page.last.is_none() {
                self.recount_orders(by, &calendar, &mut done).await?;
                return Ok(done);
            }
            after = page.last;
            let Batch { saved, moved, lacking } = self.recompute_batch(by, &calendar, page.rows).await?;
            done.saved += saved;
            done.moved += moved;
            done.lacking += lacking;
            if progress(&done).is_break() {
                return Ok(done);
            }
        }
    }

    /// Counts the steps of open orders again. They are few, and each is a unit of its own; one that moves on at the same moment is
    /// counted on the calendar in force by whoever moves it.
    async fn recount_orders(&self, by: Actor, calendar: &Calendar, done: &mut Recomputed) -> Result<(), Error> {
        let mut after = None;
        loop {
            let edition = calendar.edition();
            let page = self.store().reader().await?.orders_timed_elsewhere(edition, after, BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.order.id);
            for StoredOrder { order, version, .. } in page {
                let before = order.due.at;
                let order = match order.recounted(calendar) {
                    Ok(order) => order,
                    Err(lacks) => {
                        tracing::warn!(
                            year = lacks.year,
                            "an order cannot be counted: import a calendar with this year"
                        );
                        done.orders_lacking += 1;
                        continue;
                    }
                };
                let moved = order.due.at != before;
                let entry = self
                    .entry(self.clock().now(), by, Action::DeadlinesRecomputed, order.account.uuid())
                    .with("order", order.id.to_string())
                    .with("edition", edition.as_str())
                    .with("moved", u8::from(moved).to_string());
                match self.commit(Unit::new(entry).with(Change::SaveOrder(Box::new(order), None, version))).await {
                    Ok(()) => {
                        done.orders += 1;
                        done.orders_moved += u64::from(moved);
                    }
                    Err(StoreError::Changed) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }

    async fn recompute_batch(
        &self,
        by: Actor,
        calendar: &Arc<Calendar>,
        rows: Vec<StoredEnrolment>,
    ) -> Result<Batch, Error> {
        let now = self.clock().now();
        let (mut batch, mut moved, mut lacking, mut lacks_year) = (Vec::with_capacity(rows.len()), 0, 0, None);
        for row in rows {
            let mut enrolment = row.enrolment;
            let (deadline, act_by) = (enrolment.deadline.clone(), enrolment.act_by);
            match enrolment.keep_time(calendar, &self.settings().stages) {
                Ok(()) => {
                    let before = deadline.map(|deadline| (deadline.due_at, act_by));
                    let after = enrolment.deadline.as_ref().map(|deadline| (deadline.due_at, enrolment.act_by));
                    moved += u64::from(before.is_some() && before != after);
                    batch.push((enrolment, row.version));
                }
                Err(lacks) => {
                    lacks_year = Some(lacks.year);
                    lacking += 1;
                }
            }
        }
        if let Some(year) = lacks_year {
            tracing::warn!(year, requests = lacking, "deadlines cannot be counted: import a calendar with this year");
        }
        let entry = self
            .entry(now, by, Action::DeadlinesRecomputed, EntryId::new(self.dice().id(now)).uuid())
            .with("edition", calendar.edition().as_str())
            .with("moved", moved.to_string());
        let saved = if batch.is_empty() { 0 } else { self.store().save_deadlines(batch, entry).await? };
        Ok(Batch { saved, moved, lacking })
    }
}
