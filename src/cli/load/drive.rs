//! The pace: as many calls under way as was said, or as many a second, and how long each took.
//!
//! In the open form a call that begins late counts from when it should have begun: a service that stalls does not get fewer
//! questions for it. In the closed one, whoever is refused for the moment comes back when it was told to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::Run;
use super::calls::{Call, Calls};
use super::ground::Sent;
use super::raw::Raw;
use super::usage::{Usage, Watch};
use crate::cli::refusal;

/// Longest time that is told apart from longer ones, in microseconds.
const LONGEST: u64 = 120_000_000;

/// What came of a run.
#[derive(Debug)]
pub(super) struct Driven {
    /// How long each answer took, in microseconds.
    pub(super) took: Histogram<u64>,
    /// How long each refusal took that says when to come back, in microseconds.
    pub(super) refused: Histogram<u64>,
    /// Right answers after the warm-up.
    pub(super) answered: u64,
    /// What went wrong, at any time.
    pub(super) failures: BTreeMap<String, u64>,
    /// From the end of the warm-up to the last answer.
    pub(super) elapsed: Duration,
    pub(super) asked_bytes: u64,
    pub(super) answer_bytes: u64,
    /// What the watched processes used after the warm-up.
    pub(super) used: Vec<Usage>,
}

impl Driven {
    fn none() -> anyhow::Result<Self> {
        let times = || Histogram::new_with_bounds(1, LONGEST, 3).context("the histogram cannot be made");
        Ok(Self {
            took: times()?,
            refused: times()?,
            answered: 0,
            failures: BTreeMap::new(),
            elapsed: Duration::ZERO,
            asked_bytes: 0,
            answer_bytes: 0,
            used: Vec::new(),
        })
    }

    /// Calls that did not come to a right answer.
    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        for (all, more) in [(&mut self.took, &other.took), (&mut self.refused, &other.refused)] {
            all.add(more).context("histograms cannot be added")?;
        }
        self.answered += other.answered;
        self.asked_bytes += other.asked_bytes;
        self.answer_bytes += other.answer_bytes;
        other.failures.iter().for_each(|(why, times)| *self.failures.entry(why.clone()).or_default() += times);
        Ok(())
    }
}

/// What all who call share.
struct Course {
    calls: Calls,
    channels: Vec<Channel>,
    next: AtomicU64,
    most: u64,
    /// Time between two calls, of a run that keeps a pace.
    every: Option<Duration>,
    begun: Instant,
    counted_from: Instant,
    until: Instant,
}

impl Course {
    /// The next call, and when it should begin; `None` when it is over.
    fn next(&self) -> Option<(usize, &Call, Instant)> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        if at >= self.most {
            return None;
        }
        let due = match self.every {
            Some(every) => self.begun + every.mul_f64(seconds(at)),
            None => Instant::now(),
        };
        let place = usize::try_from(at).ok()?;
        (due < self.until).then(|| self.calls.at(place).map(|call| (place, call, due))).flatten()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no run has so many calls")]
const fn seconds(number: u64) -> f64 {
    number as f64
}

/// Calls until the time is over or nobody is left to call for.
///
/// # Errors
/// If a task fails.
pub(super) async fn drive(
    run: &Run,
    channels: Vec<Channel>,
    calls: Calls,
    watch: Watch,
) -> anyhow::Result<(Driven, Vec<Sent>)> {
    let begun = Instant::now();
    let counted_from = begun + Duration::from_secs(run.warm_up);
    let course = Arc::new(Course {
        most: run.calls.unwrap_or(u64::MAX),
        every: run.rate.map(|rate| Duration::from_secs(1) / rate.max(1)),
        next: AtomicU64::new(0),
        begun,
        counted_from,
        until: counted_from + Duration::from_secs(run.seconds),
        calls,
        channels,
    });
    let calling: Vec<_> = (0..run.in_flight).map(|_| tokio::spawn(call(course.clone(), run.unread))).collect();
    tokio::time::sleep_until(counted_from).await;
    let before = watch.look();
    let mut driven = Driven::none()?;
    for one in calling {
        driven.add(&one.await.context("a caller failed")??)?;
    }
    driven.elapsed = counted_from.elapsed();
    driven.used = watch.look();
    for (used, before) in driven.used.iter_mut().zip(before) {
        used.cpu_micros = used.cpu_micros.saturating_sub(before.cpu_micros);
    }
    let sent = Arc::into_inner(course).map(|course| course.calls.into_sent());
    Ok((driven, sent.unwrap_or_default()))
}

/// Calls, each time on the next connection: every caller has a quota.
async fn call(course: Arc<Course>, unread: bool) -> anyhow::Result<Driven> {
    let mut driven = Driven::none()?;
    while let Some((place, call, due)) = course.next() {
        let channel = course.channels.iter().cycle().nth(place % course.channels.len().max(1));
        let mut grpc = tonic::client::Grpc::new(channel.context("no connection")?.clone());
        if course.every.is_some() {
            tokio::time::sleep_until(due).await;
        }
        let began = if course.every.is_some() { due } else { Instant::now() };
        let answer = match grpc.ready().await {
            Ok(()) => grpc.unary(Request::new(call.message.clone()), call.path.clone(), Raw).await,
            Err(error) => Err(Status::unavailable(error.to_string())),
        };
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(LONGEST);
        let wrong = match &answer {
            Ok(answer) if unread => (answer.get_ref().is_empty()).then(|| "an empty answer".to_owned()),
            Ok(answer) => course.calls.wrong(place, answer.get_ref()),
            Err(status) => Some(format!("{:?}", status.code())),
        };
        if let Some(wrong) = wrong {
            *driven.failures.entry(wrong).or_default() += 1;
        } else if began >= course.counted_from {
            driven.answered += 1;
            driven.took.saturating_record(took);
            driven.asked_bytes += call.message.len() as u64;
            driven.answer_bytes += answer.as_ref().map_or(0, |answer| answer.get_ref().len() as u64);
        }
        let Some(wait) = answer.err().as_ref().and_then(refusal::retry_after) else { continue };
        if began >= course.counted_from {
            driven.refused.saturating_record(took);
        }
        if course.every.is_none() {
            tokio::time::sleep_until(course.until.min(Instant::now() + wait)).await;
        }
    }
    Ok(driven)
}
