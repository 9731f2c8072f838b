//! Streams of answers that end in time, whether or not anybody reads them.
//!
//! Owns the task that works beside the call: the transport asks a stream for answers only while its client takes them, so
//! what runs inside the stream would stand still with its client, and none of its bounds would be looked at. Refuses to keep
//! more than a few answers for whoever does not read.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

use super::status;

/// Answers that wait until the transport asks for them. It holds some of its own beside these.
const UNREAD_MAX: usize = 1;

/// What bounds the stream, and where its answers go.
pub(super) struct Answering<T> {
    answers: mpsc::Sender<T>,
    idle: Duration,
    ends_at: Instant,
    stop: CancellationToken,
}

/// The answers that `work` gives, and how it ended. It ends with the stream at the latest.
pub(super) fn answers<T, F>(
    (idle, lifetime): (Duration, Duration),
    stop: CancellationToken,
    work: impl FnOnce(Answering<T>) -> F,
) -> BoxStream<'static, Result<T, Status>>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (answers, given) = mpsc::channel(UNREAD_MAX);
    let working = tokio::spawn(work(Answering { answers, idle, ends_at: Instant::now() + lifetime, stop }));
    stream::unfold(Some((given, AbortOnDropHandle::new(working))), |under_way| async move {
        let (mut given, working) = under_way?;
        if let Some(answer) = given.recv().await {
            return Some((Ok(answer), Some((given, working))));
        }
        let ended = working.await.unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Err(status::broken())
        });
        ended.err().map(|status| (Err(status), None))
    })
    .boxed()
}

impl<T> Answering<T> {
    /// What `waited` comes to, unless the stream has lived as long as it may or the server stops before.
    ///
    /// # Errors
    /// Why the stream is over.
    pub(super) async fn within<W: Future>(&self, waited: W) -> Result<W::Output, Status> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(status::stopping()),
            () = sleep_until(self.ends_at) => Err(status::stream_over()),
            came = waited => Ok(came),
        }
    }

    /// The same for what the client does, which may not be idle for too long.
    ///
    /// # Errors
    /// Why the stream is over.
    pub(super) async fn of_client<W: Future>(&self, waited: W) -> Result<W::Output, Status> {
        self.within(timeout(self.idle, waited)).await?.map_err(|_| status::stream_idle())
    }

    /// Gives an answer, as soon as the client has taken those before it. Where there is room it is given even at the end:
    /// what it tells of has been done.
    ///
    /// # Errors
    /// Why the stream is over.
    pub(super) async fn tell(&self, answer: T) -> Result<(), Status> {
        let room = match self.answers.try_reserve() {
            Ok(room) => room,
            // Nobody is there to be told when the call is gone, and the task is about to be.
            Err(_) => self.of_client(self.answers.reserve()).await?.map_err(|_| status::stopping())?,
        };
        room.send(answer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;
    use tonic_types::StatusExt as _;

    use super::*;

    const IDLE: Duration = Duration::from_mins(1);
    const LIFETIME: Duration = Duration::from_mins(15);

    type Answers = BoxStream<'static, Result<usize, Status>>;

    /// A client that sends whatever is asked of it, answered by `work`; how that ends, however it does.
    fn opened<F>(
        bounds: (Duration, Duration),
        stop: &CancellationToken,
        work: impl FnOnce(Arc<Answering<usize>>) -> F,
    ) -> (Answers, oneshot::Receiver<String>)
    where
        F: Future<Output = Status> + Send + 'static,
    {
        let (tell, ended) = oneshot::channel();
        let answers = answers(bounds, stop.clone(), |answering| {
            let working = work(Arc::new(answering));
            async move {
                let status = working.await;
                let _ = tell.send(reason_of(&status));
                Err(status)
            }
        });
        (answers, ended)
    }

    /// Answers one item after another.
    async fn all(answering: Arc<Answering<usize>>) -> Status {
        for number in 0.. {
            if let Err(status) = answering.tell(number).await {
                return status;
            }
        }
        unreachable!()
    }

    /// Answers only one item an hour, and waits in between as for a turn.
    async fn slowly(answering: Arc<Answering<usize>>) -> Status {
        answering.within(tokio::time::sleep(Duration::from_hours(1))).await.unwrap_err()
    }

    fn reason_of(status: &Status) -> String {
        status.get_details_error_info().unwrap().reason
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_ends_when_its_client_was_idle_for_too_long() {
        let begun = Instant::now();
        let (unread, ended) = opened((IDLE, LIFETIME), &CancellationToken::new(), all);
        assert_eq!(ended.await.unwrap(), "STREAM_IDLE");
        assert_eq!(begun.elapsed().as_secs(), IDLE.as_secs());
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_ends_when_its_life_is_over() {
        let begun = Instant::now();
        let (unread, ended) = opened((LIFETIME * 2, LIFETIME), &CancellationToken::new(), all);
        assert_eq!(ended.await.unwrap(), "STREAM_OVER");
        assert_eq!(begun.elapsed().as_secs(), LIFETIME.as_secs());
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_ends_when_the_server_stops() {
        let (stop, begun) = (CancellationToken::new(), Instant::now());
        let (unread, ended) = opened((IDLE, LIFETIME), &stop, all);
        stop.cancel();
        assert_eq!(ended.await.unwrap(), "STOPPING");
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_turn_does_not_outlive_the_stream() {
        let begun = Instant::now();
        let (unread, ended) = opened((IDLE, LIFETIME), &CancellationToken::new(), slowly);
        assert_eq!(ended.await.unwrap(), "STREAM_OVER");
        assert_eq!(begun.elapsed().as_secs(), LIFETIME.as_secs());
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_reads_late_is_given_the_answers_that_wait_and_then_why_it_ended() {
        let (mut late, ended) = opened((IDLE, LIFETIME), &CancellationToken::new(), all);
        ended.await.unwrap();
        for number in 0..UNREAD_MAX {
            assert_eq!(late.next().await.unwrap().unwrap(), number);
        }
        assert_eq!(reason_of(&late.next().await.unwrap().unwrap_err()), "STREAM_IDLE");
        assert!(late.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_done_than_is_read_but_for_what_may_wait() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = done.clone();
        let (mut read, ended) = opened((IDLE, LIFETIME), &CancellationToken::new(), |answering| async move {
            loop {
                if let Err(status) = answering.tell(counted.fetch_add(1, Ordering::SeqCst)).await {
                    return status;
                }
            }
        });
        for number in 0..5 {
            assert_eq!(read.next().await.unwrap().unwrap(), number);
        }
        ended.await.unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 5 + UNREAD_MAX + 1, "the last one found no room");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_done_is_told_also_when_the_server_stops_meanwhile() {
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let (mut read, _) = opened((IDLE, LIFETIME), &stop, |answering| async move {
            stopping.cancel();
            answering.tell(7).await.unwrap();
            answering.within(std::future::pending::<()>()).await.unwrap_err()
        });
        assert_eq!(read.next().await.unwrap().unwrap(), 7);
        assert_eq!(reason_of(&read.next().await.unwrap().unwrap_err()), "STOPPING");
    }

    #[tokio::test(start_paused = true)]
    async fn the_work_goes_when_its_call_does() {
        let (unread, ended) = opened((IDLE, LIFETIME), &CancellationToken::new(), all);
        drop(unread);
        assert!(ended.await.is_err(), "it did not come to an end of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_panics_ends_the_stream_with_a_reason() {
        let mut read = answers::<usize, _>((IDLE, LIFETIME), CancellationToken::new(), |_| async { panic!("broken") });
        assert_eq!(reason_of(&read.next().await.unwrap().unwrap_err()), "BROKEN");
        assert!(read.next().await.is_none());
    }
}
