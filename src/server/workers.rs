//! What runs beside the calls: delivery, erasing, and the watches over health and the trust store.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::app::{App, Error};
use crate::domain::audit::Actor;
use crate::observe::{Part, Worker};

/// How long the outbox rests when nothing rings: retries and lapsed leases come due by themselves.
const REST: Duration = Duration::from_secs(1);
/// How long after a failure to ask again.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long the eraser rests when nothing is to be deleted.
const ERASER_REST: Duration = Duration::from_secs(5);
/// How often the archive is swept of what belongs to nothing; first when the service starts.
const SWEEP: Duration = Duration::from_hours(1);
/// How often to look for requests without keys by which duplicates are found; first when the service starts. A release
/// before this one, running beside it, makes none.
const INDEXING: Duration = Duration::from_hours(1);
/// How often it is looked whether deadlines were counted on another calendar than the one in force; first at start. An
/// import counts them itself: this is for one that was cut off, and for requests that came in while it ran.
const RECOUNT: Duration = Duration::from_mins(1);
/// How often it is looked whether a list of revoked certificates is due; first when the service starts.
const LISTS: Duration = Duration::from_mins(1);
/// How often it is looked whether holders are to be reminded.
const REMINDING: Duration = Duration::from_mins(1);
/// How often it is looked what came by itself to accounts: the days of documents end.
const LIVING: Duration = Duration::from_secs(5);
/// How often it is looked whether contact changes are due.
const CONTACTS: Duration = Duration::from_secs(5);
/// How often it is written who called, and looked who did not for too long.
const DIRECTORY: Duration = Duration::from_mins(1);
/// How often health is asked after.
const HEALTH: Duration = Duration::from_secs(2);
/// How often the parts are asked after without which most calls are answered still.
const PARTS: Duration = Duration::from_secs(10);
/// How often it is counted what waits.
const BACKLOG: Duration = Duration::from_secs(15);

/// Sends what is due until `stop`, codes by a sender of their own. What was claimed is sent and settled before it ends.
pub(super) async fn deliver(app: App, stop: CancellationToken) {
    let codes = send_until(&app, Worker::Codes, &stop, || app.deliver_codes_due());
    let messages = send_until(&app, Worker::Messages, &stop, || app.deliver_due());
    tokio::join!(codes, messages);
}

async fn send_until<S>(app: &App, worker: Worker, stop: &CancellationToken, send: impl Fn() -> S)
where
    S: Future<Output = Result<usize, Error>>,
{
    while !stop.is_cancelled() {
        let rest = match told(app, worker, send().await) {
            Ok(0) => REST,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "delivery failed");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.outbox_rung(), if rest == REST => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Keeps the lines to carriers open and what they report, until `stop`.
pub(super) async fn keep_lines(app: App, stop: CancellationToken) {
    let reports = async {
        loop {
            let report = app.next_report().await;
            if let Err(error) = app.keep_report(report).await {
                tracing::error!(error = &error as &dyn std::error::Error, "a report of a carrier was not kept");
            }
        }
    };
    tokio::select! {
        () = app.keep_lines(&stop) => stop.cancelled().await,
        () = reports => {}
    }
}

/// Hears from other processes, and tells them, until `stop`.
pub(super) async fn keep_bells(app: App, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.keep_bells() => {}
    }
}

/// Looks at how far the streams of events have come until `stop`, for those who watch; then ends their calls, which would
/// keep the server from stopping.
pub(super) async fn follow_streams(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let rest = match told(&app, Worker::Streams, app.look_at_streams().await) {
            Ok(()) => Duration::ZERO,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the streams of events cannot be read");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                tokio::time::sleep(rest).await;
                app.streams_stir().await;
            } => {}
        }
    }
    app.end_watching();
}

/// Looks at the trust store until `stop`: what another process put in force is trusted here too, and a new day begins here
/// too. Until it can be read, what was trusted is trusted still.
pub(super) async fn watch_trust(app: App, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        if let Err(error) = told(&app, Worker::Trust, app.refresh_trust().await) {
            tracing::error!(error = &error as &dyn std::error::Error, "the trust store could not be read");
        }
    }
}

/// Makes keys by which duplicates are found for requests that have none, until `stop`: what is left then, the next process
/// goes on with.
pub(super) async fn index_duplicates(app: App, stop: CancellationToken) {
    let mut rest = tokio::time::interval(INDEXING);
    rest.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let indexing = async {
        loop {
            rest.tick().await;
            match told(&app, Worker::Duplicates, app.index_earlier_requests().await) {
                Ok(0) => {}
                Ok(requests) => tracing::info!(requests, "requests of an earlier release can be found as duplicates"),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "requests could not be indexed");
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = indexing => {}
    }
}

/// Deletes what belongs to nothing, and tells the operator of captures that should be gone and are not, until `stop`: a
/// sweep under way is cut off then, and goes on with the next process.
pub(super) async fn sweep(app: App, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let sweeping = async {
        loop {
            sweep.tick().await;
            match told(&app, Worker::Sweeper, app.sweep_archive().await) {
                Ok(0) => {}
                Ok(swept) => tracing::warn!(swept, "objects that belonged to nothing were deleted"),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the sweep failed"),
            }
            match app.overdue_captures().await {
                Ok(overdue) => {
                    app.count_overdue_captures(&overdue);
                    for one in &overdue {
                        tracing::warn!(enrolment = %one.enrolment, lacks = one.lacks.name(), "captures are kept too long");
                    }
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "overdue captures cannot be listed");
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = sweeping => {}
    }
}

/// Counts deadlines again that were counted on another calendar than the one in force, or never, until `stop`. What is
/// counted stays so if it is cut off.
pub(super) async fn keep_deadlines(app: App, stop: CancellationToken) {
    let mut recount = tokio::time::interval(RECOUNT);
    recount.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let go_on = |_: &_| if stop.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = recount.tick() => {}
        }
        match told(&app, Worker::Deadlines, app.recompute_deadlines(Actor::Service("deadlines"), go_on).await) {
            Ok(done) if done.saved == 0 && done.orders == 0 => {}
            Ok(done) => tracing::info!(
                edition = %done.edition,
                saved = done.saved,
                moved = done.moved,
                orders = done.orders,
                "deadlines were counted on the calendar in force"
            ),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "deadlines cannot be counted again");
            }
        }
    }
}

/// Makes the lists of revoked certificates that are due, until `stop`.
pub(super) async fn publish_lists(app: App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LISTS);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let publishing = async {
        loop {
            look.tick().await;
            if let Err(error) = told(&app, Worker::DeviceLists, app.device_lists().await) {
                tracing::error!(error = &error as &dyn std::error::Error, "lists of revoked devices cannot be made");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = publishing => {}
    }
}

/// Reminds the holders who are to be reminded, until `stop`.
pub(super) async fn remind(app: App, stop: CancellationToken) {
    rounds((&app, Worker::Reminders), &stop, REMINDING, "holders cannot be reminded", || app.remind_due()).await;
}

/// Looks after the life of accounts, until `stop`: what came by itself is told to watchers and holders, documents that end
/// are warned of, and those of accounts from a release before are entered.
pub(super) async fn look_after(app: App, stop: CancellationToken) {
    rounds((&app, Worker::Accounts), &stop, LIVING, "accounts cannot be looked after", || app.look_after_accounts())
        .await;
}

/// Moves contact changes on that are due, until `stop`.
pub(super) async fn settle_contacts(app: App, stop: CancellationToken) {
    rounds((&app, Worker::Contacts), &stop, CONTACTS, "contact changes cannot be moved on", || {
        app.settle_contact_changes()
    })
    .await;
}

/// Does what is due over and over until `stop`, at once again while there was something, otherwise after a rest.
async fn rounds<N, D>(
    (app, worker): (&App, Worker),
    stop: &CancellationToken,
    rest: Duration,
    cannot: &'static str,
    due: impl Fn() -> D,
) where
    N: Default + PartialEq,
    D: Future<Output = Result<N, Error>>,
{
    while !stop.is_cancelled() {
        match told(app, worker, due().await) {
            Ok(done) if done != N::default() => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "{cannot}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Writes who called, and notes who did not for too long, until `stop`; what was noted by then is written before it ends.
pub(super) async fn keep_directory(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(DIRECTORY) => {}
        }
        if let Err(error) = told(&app, Worker::Directory, app.write_calls().await) {
            tracing::error!(error = &error as &dyn std::error::Error, "it cannot be noted who called");
        }
        if stop.is_cancelled() {
            return;
        }
        match app.disable_idle().await {
            Ok(0) => {}
            Ok(idle) => tracing::info!(idle, "entries of the staff directory rest after too many days without a call"),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "idle entries cannot be disabled");
            }
        }
    }
}

/// Deletes captures that have ended, until `stop`.
pub(super) async fn erase(app: App, stop: CancellationToken) {
    let mut rest = Duration::ZERO;
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(rest) => match told(&app, Worker::Eraser, app.erase_due().await) {
                Ok(0) => rest = ERASER_REST,
                Ok(_) => rest = Duration::ZERO,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "erasing failed");
                    rest = ERASER_REST;
                }
            },
        }
    }
}

/// Counts what waits, for the metrics, until `stop`.
pub(super) async fn count_backlog(app: App, stop: CancellationToken) {
    rounds((&app, Worker::Backlog), &stop, BACKLOG, "what waits cannot be counted", || app.count_backlog()).await;
}

/// Tells health as it is: serving while the database answers and has its schema. Each of the two has a name of its own.
pub(super) async fn watch_health(app: App, reporter: HealthReporter, stop: CancellationToken) {
    let mut health = Health::of(&app, reporter);
    while !stop.is_cancelled() {
        let parts = app.look_at_database().await;
        let serves = parts.iter().all(|(_, well)| *well);
        if health.tell("", serves).await {
            tracing::info!(serving = serves, "health");
        }
        health.tell_parts(&parts).await;
        let _ = told(&app, Worker::Health, if serves { Ok(()) } else { Err(()) });
        rest(&stop, HEALTH).await;
    }
    health.end().await;
}

/// Tells the health of the parts without which most calls are answered still, until `stop`.
pub(super) async fn watch_parts(app: App, reporter: HealthReporter, stop: CancellationToken) {
    let mut health = Health::of(&app, reporter);
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            parts = app.look_at_neighbours() => health.tell_parts(&parts).await,
        }
        rest(&stop, PARTS).await;
    }
    health.end().await;
}

/// What was told of health, so that only what changes is told again.
struct Health {
    app: App,
    reporter: HealthReporter,
    told: HashMap<&'static str, bool>,
}

impl Health {
    fn of(app: &App, reporter: HealthReporter) -> Self {
        Self { app: app.clone(), reporter, told: HashMap::new() }
    }

    /// Tells how a service is; whether that is news.
    async fn tell(&mut self, service: &'static str, well: bool) -> bool {
        if self.told.insert(service, well) == Some(well) {
            return false;
        }
        let status = if well { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status(service, status).await;
        true
    }

    async fn tell_parts(&mut self, parts: &[(Part, bool)]) {
        self.app.meters().parts(self.app.clock().now(), parts);
        for (part, well) in parts {
            if self.tell(part.name(), *well).await && !well {
                tracing::warn!(part = part.name(), "a part is unwell");
            }
        }
    }

    /// Ends the streams of those who watch: they would keep the server from stopping.
    async fn end(mut self) {
        for service in self.told.keys() {
            self.reporter.clear_service_status(service).await;
        }
    }
}

/// Notes how a round of a worker ended; what it said goes on.
fn told<T, E>(app: &App, worker: Worker, said: Result<T, E>) -> Result<T, E> {
    app.meters().round(worker, app.clock().now(), said)
}

async fn rest(stop: &CancellationToken, rest: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(rest) => {}
    }
}
