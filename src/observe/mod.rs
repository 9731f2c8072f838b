//! What operators see of the service: metrics, and which parts are well.
//!
//! Owns every metric and how it is written. Refuses label values that are not from a closed set: nothing that a caller, a
//! holder or an officer typed becomes one. Nothing here is global: who counts was handed its [`Meters`].

mod metrics;
mod parts;
pub mod spans;
mod workers;

pub use metrics::{Kind, METRICS, Metric};
pub use parts::{Part, Standing};
pub use workers::Worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus::{HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Registry, TextEncoder};

use crate::domain::time::Timestamp;

/// The form in which metrics are written.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Everything that is measured. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Meters(Arc<Inner>);

struct Inner {
    registry: Registry,
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    calls_in_flight: IntGaugeVec,
    watchers: IntGauge,
    connections: IntGauge,
    handshakes_refused: IntCounterVec,
    certificate_end: IntGaugeVec,
    code_tries: IntCounterVec,
    deliveries: IntCounterVec,
    delivery_age: HistogramVec,
    outbox_waiting: IntGaugeVec,
    outbox_age: IntGaugeVec,
    outbox_overdue: IntGaugeVec,
    outbox_failed: IntGauge,
    requests_open: IntGaugeVec,
    requests_overdue: IntGaugeVec,
    hand_over_age: IntGauge,
    leases: IntGauge,
    lease_lapsed_age: IntGauge,
    captures_overdue: IntGaugeVec,
    database_connections: IntGaugeVec,
    database_connections_max: IntGauge,
    writes_waiting: IntGauge,
    part_up: IntGaugeVec,
    worker_last: IntGaugeVec,
    worker_failures: IntCounterVec,
    start: IntGauge,
    build: IntGaugeVec,
    standing: Mutex<Standing>,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meters(…)")
    }
}

impl Default for Meters {
    fn default() -> Self {
        let registry = Registry::new();
        let meters = Inner {
            calls: metrics::CALLS.counters(&registry),
            call_seconds: metrics::CALL_SECONDS.histograms(&registry),
            calls_in_flight: metrics::CALLS_IN_FLIGHT.gauges(&registry),
            watchers: metrics::WATCHERS.gauge(&registry),
            connections: metrics::CONNECTIONS.gauge(&registry),
            handshakes_refused: metrics::HANDSHAKES_REFUSED.counters(&registry),
            certificate_end: metrics::CERTIFICATE_END.gauges(&registry),
            code_tries: metrics::CODE_TRIES.counters(&registry),
            deliveries: metrics::DELIVERIES.counters(&registry),
            delivery_age: metrics::DELIVERY_AGE.histograms(&registry),
            outbox_waiting: metrics::OUTBOX_WAITING.gauges(&registry),
            outbox_age: metrics::OUTBOX_AGE.gauges(&registry),
            outbox_overdue: metrics::OUTBOX_OVERDUE.gauges(&registry),
            outbox_failed: metrics::OUTBOX_FAILED.gauge(&registry),
            requests_open: metrics::REQUESTS_OPEN.gauges(&registry),
            requests_overdue: metrics::REQUESTS_OVERDUE.gauges(&registry),
            hand_over_age: metrics::HAND_OVER_AGE.gauge(&registry),
            leases: metrics::LEASES.gauge(&registry),
            lease_lapsed_age: metrics::LEASE_LAPSED_AGE.gauge(&registry),
            captures_overdue: metrics::CAPTURES_OVERDUE.gauges(&registry),
            database_connections: metrics::DATABASE_CONNECTIONS.gauges(&registry),
            database_connections_max: metrics::DATABASE_CONNECTIONS_MAX.gauge(&registry),
            writes_waiting: metrics::WRITES_WAITING.gauge(&registry),
            part_up: metrics::PART_UP.gauges(&registry),
            worker_last: metrics::WORKER_LAST.gauges(&registry),
            worker_failures: metrics::WORKER_FAILURES.counters(&registry),
            start: metrics::START.gauge(&registry),
            build: metrics::BUILD.gauges(&registry),
            standing: Mutex::default(),
            registry,
        };
        meters.build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Self(Arc::new(meters))
    }
}

/// How much the outbox holds of one of its queues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    /// `codes` or `messages`.
    pub name: &'static str,
    /// How many wait.
    pub waiting: u64,
    /// Age of the oldest.
    pub oldest: Duration,
    /// How long ago the first of them should have left.
    pub overdue: Duration,
}

/// How the store's connections are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolUse {
    /// Connections that work.
    pub busy: u32,
    /// Connections that rest.
    pub idle: u32,
    /// How many there may be.
    pub max: u32,
    /// Units of work that wait for the writer, where there is one.
    pub writes_waiting: usize,
}

impl Meters {
    /// A call of `method` begins; its name stands in the policy table.
    pub fn call(&self, method: &'static str) -> Call {
        let in_flight = self.0.calls_in_flight.with_label_values(&[method]);
        in_flight.inc();
        Call { meters: self.clone(), method, in_flight, begun: Instant::now(), code: "CANCELLED" }
    }

    /// Somebody watches, until the guard is dropped.
    pub fn watcher(&self) -> Counted {
        Counted::of(&self.0.watchers)
    }

    /// A connection is open, until the guard is dropped.
    pub fn connection(&self) -> Counted {
        Counted::of(&self.0.connections)
    }

    /// A connection was turned away.
    pub fn handshake_refused(&self, reason: &'static str) {
        self.0.handshakes_refused.with_label_values(&[reason]).inc();
    }

    /// When a certificate ends.
    pub fn certificate_ends(&self, certificate: &'static str, at: Timestamp) {
        self.0.certificate_end.with_label_values(&[certificate]).set(seconds(at));
    }

    /// Somebody typed a code.
    pub fn code_tried(&self, purpose: &'static str, outcome: &'static str) {
        self.0.code_tries.with_label_values(&[purpose, outcome]).inc();
    }

    /// An attempt to hand a message to a carrier came to this.
    pub fn delivery(&self, channel: &'static str, carrier: &'static str, outcome: &'static str) {
        self.0.deliveries.with_label_values(&[channel, carrier, outcome]).inc();
    }

    /// A carrier took a message of this age.
    pub fn delivered_at_age(&self, channel: &'static str, age: Duration) {
        metrics::of(&self.0.delivery_age, channel).observe(age.as_secs_f64());
    }

    /// What waits in the outbox.
    pub fn outbox(&self, queues: &[Queue], failed: i64) {
        for queue in queues {
            self.0.outbox_waiting.with_label_values(&[queue.name]).set(whole(queue.waiting));
            self.0.outbox_age.with_label_values(&[queue.name]).set(whole(queue.oldest.as_secs()));
            self.0.outbox_overdue.with_label_values(&[queue.name]).set(whole(queue.overdue.as_secs()));
        }
        self.0.outbox_failed.set(failed);
    }

    /// How many requests are open and overdue in a stage.
    pub fn requests(&self, stage: &'static str, open: u64, overdue: u64) {
        self.0.requests_open.with_label_values(&[stage]).set(whole(open));
        self.0.requests_overdue.with_label_values(&[stage]).set(whole(overdue));
    }

    /// How long the oldest request has waited for the authority, how many it holds, and how long ago the oldest lease
    /// lapsed.
    pub fn hand_over(&self, waited: Duration, leases: u64, lapsed: Duration) {
        self.0.hand_over_age.set(whole(waited.as_secs()));
        self.0.leases.set(whole(leases));
        self.0.lease_lapsed_age.set(whole(lapsed.as_secs()));
    }

    /// How many requests have captures that should be gone, by what has not happened.
    pub fn captures_overdue(&self, lacks: &'static str, requests: usize) {
        self.0.captures_overdue.with_label_values(&[lacks]).set(i64::try_from(requests).unwrap_or(i64::MAX));
    }

    /// How the store's connections are used.
    pub fn pool(&self, used: PoolUse) {
        for (state, connections) in [("busy", used.busy), ("idle", used.idle)] {
            self.0.database_connections.with_label_values(&[state]).set(i64::from(connections));
        }
        self.0.database_connections_max.set(i64::from(used.max));
        self.0.writes_waiting.set(i64::try_from(used.writes_waiting).unwrap_or(i64::MAX));
    }

    /// How some of the parts are.
    pub fn parts(&self, at: Timestamp, parts: &[(Part, bool)]) {
        for (part, well) in parts {
            self.0.part_up.with_label_values(&[part.name()]).set(i64::from(*well));
        }
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner).note(at, parts);
    }

    /// How the parts were when they were last asked.
    pub fn standing(&self) -> Standing {
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A worker came to the end of a round, or did not; what it said goes on.
    pub fn round<T, E>(&self, worker: Worker, at: Timestamp, said: Result<T, E>) -> Result<T, E> {
        match &said {
            Ok(_) => self.0.worker_last.with_label_values(&[worker.name()]).set(seconds(at)),
            Err(_) => self.0.worker_failures.with_label_values(&[worker.name()]).inc(),
        }
        said
    }

    /// The process begins to serve, and its workers with it: one that never comes round is as silent as one that stopped.
    pub fn started(&self, at: Timestamp, workers: &[Worker]) {
        self.0.start.set(seconds(at));
        for worker in workers {
            self.0.worker_last.with_label_values(&[worker.name()]).set(seconds(at));
            // So that the first failure is an increase.
            self.0.worker_failures.with_label_values(&[worker.name()]);
        }
    }

    /// All metrics as Prometheus reads them.
    ///
    /// # Errors
    /// If one cannot be written, which does not happen with those of the list.
    pub fn exposition(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.0.registry.gather())
    }
}

/// A call under way. If it is dropped before it was answered, its caller went away.
pub struct Call {
    meters: Meters,
    method: &'static str,
    in_flight: IntGauge,
    begun: Instant,
    code: &'static str,
}

impl Call {
    /// It was answered with this code.
    pub fn answered(mut self, code: &'static str) {
        self.code = code;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.in_flight.dec();
        self.meters.0.calls.with_label_values(&[self.method, self.code]).inc();
        metrics::of(&self.meters.0.call_seconds, self.method).observe(self.begun.elapsed().as_secs_f64());
    }
}

/// Something that counts for as long as it is there.
#[derive(Debug)]
pub struct Counted(IntGauge);

impl Counted {
    fn of(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.micros() / 1_000_000
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
