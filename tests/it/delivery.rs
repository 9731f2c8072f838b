//! Delivery: a carrier that fails for a while, and many senders at once.

use std::collections::HashSet;
use std::time::Duration;

use eid::proto as pb;
use futures::future::join_all;

use crate::support::service::{Holder, Service, Wishes, with, with_wishes};

/// How often something was done to the account.
async fn times(service: &Service, holder: &Holder, action: &str) -> usize {
    service.actions(&holder.account).await.iter().filter(|done| *done == action).count()
}

async fn due(service: &Service) -> usize {
    service.app().deliver_due().await.unwrap()
}

fn carrier_away() -> Wishes {
    Wishes { carrier_away: true, ..Wishes::default() }
}

#[tokio::test]
async fn a_message_that_no_carrier_takes_is_tried_again_after_growing_waits_and_sent_once() {
    with_wishes(carrier_away(), async |service| {
        // A holder's notice waits, and its first attempt has failed.
        let holder = service.holder().await;
        assert_eq!(times(service, &holder, "message.delayed").await, 1);
        let instant = Duration::from_micros(1);
        // The second half of each wait is chance's.
        for (attempts, half) in [1, 2, 4, 8, 16, 32, 64, 128, 150, 150].into_iter().map(Duration::from_secs).enumerate()
        {
            service.wait(half.saturating_sub(instant));
            assert_eq!(due(service).await, 0, "not before {half:?}");
            service.wait(instant + half);
            assert_eq!(due(service).await, 1, "after twice {half:?}");
            assert_eq!(times(service, &holder, "message.delayed").await, attempts + 2);
        }
        let account = service.audit(&holder.account).await;
        let delays = account.iter().filter(|entry| entry["action"] == "message.delayed");
        assert!(delays.into_iter().all(|entry| entry["facts"]["reason"] == "carrier"), "{account:?}");

        service.let_messages_leave();
        service.wait(Duration::from_mins(5));
        let sent = service.messages().await;
        assert_eq!((sent.len(), &sent[0]["kind"]), (1, &"account_notice".into()));
        service.wait(Duration::from_hours(1));
        assert_eq!(service.messages().await.len(), 1, "once");
        assert_eq!(times(service, &holder, "message.sent").await, 1);
        assert_eq!(times(service, &holder, "message.failed").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_given_up_only_after_it_has_ended() {
    with_wishes(carrier_away(), async |service| {
        let holder = service.holder().await;
        let sent = service.send_code(&holder).await;
        let ends_at = sent.code_expires_at.unwrap().seconds;
        let seconds = || service.now().micros() / 1_000_000;
        while times(service, &holder, "message.failed").await == 0 {
            due(service).await;
            service.wait(Duration::from_secs(2));
            assert!(seconds() < ends_at + 300, "given up at the first attempt that comes too late");
        }
        assert!(seconds() - 2 >= ends_at, "{} seconds early", ends_at - seconds());
        let entries = service.audit(&holder.account).await;
        let failed = entries.iter().find(|entry| entry["action"] == "message.failed").unwrap();
        assert_eq!(failed["facts"]["reason"], "too-late", "{failed}");
        service.let_messages_leave();
        service.wait(Duration::from_mins(5));
        let kinds: Vec<_> = service.messages().await.iter().map(|message| message["kind"].clone()).collect();
        assert_eq!(kinds, ["account_notice"], "the notice goes out, the code does not");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_senders_at_once_send_each_message_once() {
    with(async |service| {
        let mut holders = Vec::new();
        for _ in 0..50 {
            holders.push(service.holder().await);
        }
        for holder in &holders {
            assert_eq!(service.send_code(holder).await.outcome(), pb::SendCodeOutcome::Sent);
        }
        let senders = (0..16).map(|_| {
            let app = service.app().clone();
            tokio::spawn(async move { while app.deliver_due().await.unwrap() > 0 {} })
        });
        for sender in join_all(senders).await {
            sender.unwrap();
        }
        let messages = service.messages().await;
        let ids: HashSet<_> = messages.iter().map(|message| message["id"].as_str().unwrap()).collect();
        assert_eq!((ids.len(), messages.len()), (100, 100), "fifty notices and fifty codes");
        for holder in &holders {
            assert_eq!(times(service, holder, "message.sent").await, 2);
        }
    })
    .await;
}
