//! The patience of a good client: a call that a busy service turned away is made again, when the service says.

use std::time::Duration;

use tonic::{Code, Status};

use super::refusal::{self, Severed};

/// How often one request is sent again.
pub(super) const REPEATS_MAX: u32 = 5;

/// The first wait, where the service names none; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// A service that asks for a longer wait than this is not waited for.
pub(super) const WAIT_MAX: Duration = Duration::from_mins(1);

/// Calls again while the service is busy or away, as late as it asks for.
pub(super) async fn persist<A>(call: impl AsyncFn() -> Result<A, Status>) -> Result<A, Status> {
    let mut repeats = 0;
    loop {
        let status = match call().await {
            Ok(answer) => return Ok(answer),
            Err(status) => status,
        };
        match wait_before_repeat(&status, repeats) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(status),
        }
        repeats += 1;
    }
}

fn wait_before_repeat(status: &Status, repeats: u32) -> Option<Duration> {
    let told = refusal::retry_after(status);
    let passing = match refusal::severed(status) {
        Some(Severed::Refused) => false,
        Some(Severed::Silently) => true,
        None => told.is_some() || matches!(status.code(), Code::Unavailable | Code::ResourceExhausted),
    };
    let wait = told.unwrap_or(FIRST_WAIT * 2_u32.pow(repeats.min(REPEATS_MAX)));
    (passing && repeats < REPEATS_MAX && wait <= WAIT_MAX).then_some(wait)
}
