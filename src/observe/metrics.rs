//! Every metric there is: its name, kind, labels and meaning. The documents, the alerts and the dashboard are held against
//! this list.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, core::Collector,
};

/// What a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How many were how large.
    Histogram,
}

impl Kind {
    /// The word for it, as Prometheus writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric: what it is called and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name; the unit is its end.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// By what it is told apart. Each has a closed set of values, none of which is about a person.
    pub labels: &'static [&'static str],
    /// What it means, in a line.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($(#[$bound:meta])? $constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) const $constant: Metric =
            Metric { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help };)*

        /// All of them, in the order of the documents.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    CALLS: Counter "eid_calls_total" ["method", "code"]
        "Calls that were answered, by method and gRPC code; CANCELLED are those whose caller went away.";
    CALL_SECONDS: Histogram "eid_call_duration_seconds" ["method"]
        "Time from the arrival of a call to its answer; of a stream, to its beginning.";
    CALLS_IN_FLIGHT: Gauge "eid_calls_in_flight" ["method"]
        "Calls under way; streams that have begun are not among them.";
    WATCHERS: Gauge "eid_watchers" []
        "Streams on which somebody watches.";
    CONNECTIONS: Gauge "eid_connections" []
        "Connections that are open.";
    HANDSHAKES_REFUSED: Counter "eid_handshakes_refused_total" ["reason"]
        "Connections that were turned away before their first call.";
    CERTIFICATE_END: Gauge "eid_certificate_expiry_timestamp_seconds" ["certificate"]
        "When a certificate of the mTLS edge ends, in seconds since 1970; of several in one file, the first.";
    CODE_TRIES: Counter "eid_code_tries_total" ["purpose", "outcome"]
        "One-time codes that were typed.";
    DELIVERIES: Counter "eid_deliveries_total" ["channel", "carrier", "outcome"]
        "Attempts to hand a message to a carrier.";
    DELIVERY_AGE: Histogram "eid_delivery_age_seconds" ["channel"]
        "Age of a message when a carrier took it.";
    OUTBOX_WAITING: Gauge "eid_outbox_waiting" ["queue"]
        "Messages that wait to be sent; 10000 stands for that many or more.";
    OUTBOX_AGE: Gauge "eid_outbox_oldest_age_seconds" ["queue"]
        "Age of the oldest message that waits to be sent; 0 if none does.";
    OUTBOX_OVERDUE: Gauge "eid_outbox_overdue_seconds" ["queue"]
        "How long ago the first message that waits should have left; 0 if none should have.";
    OUTBOX_FAILED: Gauge "eid_outbox_failed" []
        "Messages that were given up and wait for a person; 10000 stands for that many or more.";
    REQUESTS_OPEN: Gauge "eid_requests_open" ["stage"]
        "Requests that have not ended; 100000 in all stands for that many or more.";
    REQUESTS_OVERDUE: Gauge "eid_requests_overdue" ["stage"]
        "Of those, the ones whose holder should have acted by now.";
    HAND_OVER_AGE: Gauge "eid_hand_over_oldest_age_seconds" []
        "How long the request that waits longest for the authority has waited; 0 if none does.";
    LEASES: Gauge "eid_leases" []
        "Requests that the authority holds under a lease.";
    LEASE_LAPSED_AGE: Gauge "eid_lease_lapsed_oldest_age_seconds" []
        "How long ago the oldest lease lapsed under which a request is still undecided; 0 if none has.";
    CAPTURES_OVERDUE: Gauge "eid_captures_overdue" ["lacks"]
        "Requests whose captures are kept longer than they may be; 100 in all stands for that many or more.";
    DATABASE_CONNECTIONS: Gauge "eid_database_connections" ["state"]
        "Pooled connections to the database; with SQLite, those that read.";
    DATABASE_CONNECTIONS_MAX: Gauge "eid_database_connections_max" []
        "How many pooled connections there may be.";
    WRITES_WAITING: Gauge "eid_writes_waiting" []
        "Units of work that wait for the one writer of SQLite; always 0 with PostgreSQL.";
    PART_UP: Gauge "eid_part_up" ["part"]
        "Whether a part is well: 1 if it is, 0 if not. Parts that are not set up are left out.";
    WORKER_LAST: Gauge "eid_worker_last_run_timestamp_seconds" ["worker"]
        "When a worker last came to the end of a round without an error, in seconds since 1970.";
    WORKER_FAILURES: Counter "eid_worker_failures_total" ["worker"]
        "Rounds of a worker that ended with an error.";
    START: Gauge "eid_start_timestamp_seconds" []
        "When the process began to serve, in seconds since 1970.";
    BUILD: Gauge "eid_build_info" ["version"]
        "Always 1; the label tells the release.";
}

/// Seconds of a call: the goals of the service lie between the first and the deadline of the longest.
const CALL_BUCKETS: [f64; 14] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
/// Seconds of a message: codes are worth minutes, notices are tried for days.
const AGE_BUCKETS: [f64; 12] = [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];

impl Metric {
    fn opts(&self) -> Opts {
        Opts::new(self.name, self.help)
    }

    pub(super) fn counters(&self, registry: &Registry) -> IntCounterVec {
        certain(IntCounterVec::new(self.opts(), self.labels).and_then(|made| entered(registry, made)))
    }

    pub(super) fn gauges(&self, registry: &Registry) -> IntGaugeVec {
        certain(IntGaugeVec::new(self.opts(), self.labels).and_then(|made| entered(registry, made)))
    }

    pub(super) fn gauge(&self, registry: &Registry) -> IntGauge {
        certain(IntGauge::with_opts(self.opts()).and_then(|made| entered(registry, made)))
    }

    pub(super) fn histograms(&self, registry: &Registry) -> HistogramVec {
        let buckets = if self.name == CALL_SECONDS.name { CALL_BUCKETS.to_vec() } else { AGE_BUCKETS.to_vec() };
        let opts = HistogramOpts { common_opts: self.opts(), buckets };
        certain(HistogramVec::new(opts, self.labels).and_then(|made| entered(registry, made)))
    }
}

fn entered<C: Collector + Clone + 'static>(registry: &Registry, made: C) -> prometheus::Result<C> {
    registry.register(Box::new(made.clone())).map(|()| made)
}

#[expect(clippy::expect_used, reason = "names are the constants above, each once; a test makes all of them")]
fn certain<T>(made: prometheus::Result<T>) -> T {
    made.expect("a metric of the list can be made")
}

/// A histogram whose label values are known.
pub(super) fn of(histograms: &HistogramVec, label: &'static str) -> Histogram {
    histograms.with_label_values(&[label])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_says_its_kind_and_its_unit_and_stands_once() {
        let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
        for Metric { name, kind, labels, help } in METRICS {
            assert!(name.starts_with("eid_") && help.ends_with('.'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert_eq!(*kind == Kind::Histogram, name.ends_with("_seconds") && CALL_OR_AGE.contains(name), "{name}");
            assert!(labels.len() <= 3, "{name}");
        }
    }

    const CALL_OR_AGE: [&str; 2] = [CALL_SECONDS.name, DELIVERY_AGE.name];
}
