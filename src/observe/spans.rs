//! Spans of traces: of a call, a unit of work, a statement, a delivery.
//!
//! Their target is one of their own, off unless a collector is set, and then nothing but a look at a flag. Refuses values:
//! a span holds names of methods, roles, actions and messages, texts of statements without what was bound, and numbers.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Level, Span, span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The target of every span of a trace. The log leaves it out.
pub const TARGET: &str = "eid::spans";

/// The metadata by which a caller says of which trace its call is a part (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";

/// A call, as a part of the caller's trace if it tells of one.
pub fn call(method: &'static str, headers: &HeaderMap) -> Span {
    let span = span!(
        target: TARGET,
        Level::TRACE,
        "call",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.method = method,
        eid.role = Empty,
        eid.code = Empty,
    );
    if !span.is_disabled() && headers.contains_key(TRACEPARENT) {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Parent(headers));
        // Without a layer that makes traces there is nothing to be a part of.
        let _ = span.set_parent(parent);
    }
    span
}

/// The caller of the call under way has this role.
pub fn called_by(role: &'static str) {
    Span::current().record("eid.role", role);
}

/// The call under way was answered with this code; `broken` if that is our fault.
pub fn answered(code: &'static str, broken: bool) {
    let span = Span::current();
    span.record("eid.code", code);
    if broken {
        span.record("otel.status_code", "ERROR");
    }
}

/// A unit of work, from its handing over to its commit, by the action of its audit entry. `messages` are those that it puts
/// into the outbox: their deliveries have the same names.
pub fn unit(action: &'static str, messages: impl FnOnce() -> String) -> Span {
    let span = span!(target: TARGET, Level::TRACE, "unit", otel.name = action, eid.messages = Empty);
    if !span.is_disabled() {
        let messages = messages();
        if !messages.is_empty() {
            span.record("eid.messages", messages);
        }
    }
    span
}

/// A statement, without what is bound.
pub fn statement(system: &'static str, sql: &str) -> Span {
    span!(
        target: TARGET,
        Level::TRACE,
        "statement",
        otel.name = sql.split(' ').next().unwrap_or(sql),
        otel.kind = "client",
        db.system.name = system,
        db.query.text = sql,
        db.response.returned_rows = Empty,
    )
}

/// A statement brought or touched so many rows.
pub fn rows(span: &Span, rows: u64) {
    span.record("db.response.returned_rows", rows);
}

/// An attempt to hand a message to a carrier. The unit of work that wrote the message names it too.
pub fn delivery(message: uuid::Uuid) -> Span {
    span!(
        target: TARGET,
        Level::TRACE,
        "delivery",
        otel.name = "delivery",
        otel.kind = "producer",
        eid.message = %message,
        eid.channel = Empty,
        eid.carrier = Empty,
        eid.outcome = Empty,
    )
}

/// What came of the delivery under way.
pub fn delivered(channel: &'static str, carrier: &'static str, outcome: &'static str) {
    let span = Span::current();
    span.record("eid.channel", channel);
    span.record("eid.carrier", carrier);
    span.record("eid.outcome", outcome);
}

/// What a caller says of its trace: `traceparent` alone. `tracestate` is free text, and is not passed on.
struct Parent<'a>(&'a HeaderMap);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then(|| self.0.get(TRACEPARENT)?.to_str().ok()).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
