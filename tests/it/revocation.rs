//! A client's certificate that its authority revokes while the real program runs.

use std::path::PathBuf;

use eid::domain::time::Timestamp;
use eid::pki::{Authority, Issued, Leaf, Usage};
use eid::proto as pb;
use eid::proto::activation_service_client::ActivationServiceClient;
use eid::sys::Clock;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

use crate::support::process::{Running, Site};
use crate::support::service::reason;
use crate::watch::{end, next};

/// So many days from now.
fn day(days: i64) -> Timestamp {
    Timestamp::from_micros(Clock::System.now().micros() + days * 86_400_000_000)
}

/// A system with a certificate of the test's authority.
struct System {
    issued: Issued,
    certificate: PathBuf,
    key: PathBuf,
}

impl System {
    fn new(site: &Site, authority: &Authority, name: &str) -> Self {
        let uri = format!("urn:eid:test:{name}");
        let leaf = Leaf { common_name: name, uri: Some(&uri), usage: Usage::Client, valid: day(-1)..day(1) };
        let issued = authority.issue(&leaf).unwrap();
        let [certificate, key] = ["pem", "key"].map(|kind| site.home().join(format!("{name}.{kind}")));
        std::fs::write(&certificate, issued.certificate_pem()).unwrap();
        std::fs::write(&key, issued.key_pem()).unwrap();
        Self { issued, certificate, key }
    }

    async fn enter(&self, site: &Site) {
        let certificate = self.certificate.to_str().unwrap();
        site.run(&["staff", "add", "--role", "app_backend", "--certificate", certificate]).await.unwrap();
    }

    async fn dial(&self, (site, running): (&Site, &Running)) -> anyhow::Result<Channel> {
        site.connect(running, self.certificate.clone(), self.key.clone()).await
    }
}

/// Watches accounts; the first word has come.
async fn watching(channel: Channel) -> Result<Streaming<pb::WatchStatusResponse>, Status> {
    let mut stream =
        ActivationServiceClient::new(channel).watch_status(pb::WatchStatusRequest::default()).await?.into_inner();
    next(&mut stream).await?;
    Ok(stream)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_caller_loses_the_open_stream_and_gets_no_new_line_and_another_goes_on() {
    let authority = Authority::new("the right one", day(-30)).unwrap();
    let site = Site::new().await.trusting(&authority);
    let lists = site.home().join("lists");
    std::fs::create_dir(&lists).unwrap();
    let put = |list: String| std::fs::write(lists.join("clients.crl"), list).unwrap();
    put(authority.revoke(&[], day(-2)..day(5)).unwrap());
    let site = site
        .with_setting("EID__SERVER__CLIENT_CRLS", lists.to_str().unwrap())
        .with_setting("EID__SERVER__TLS_REFRESH_SECS", "3600")
        .with_setting("EID__WATCH__HEARTBEAT_SECS", "5");
    let running = site.start().await;
    let here = (&site, &running);
    let [leaves, stays] = ["leaves", "stays"].map(|name| System::new(&site, &authority, name));
    for system in [&leaves, &stays] {
        system.enter(&site).await;
    }
    let mut ending = watching(leaves.dial(here).await.unwrap()).await.unwrap();
    let mut lasting = watching(stays.dial(here).await.unwrap()).await.unwrap();

    put(authority.revoke(&[&leaves.issued], day(-1)..day(6)).unwrap());
    running.hang_up().await;
    let why = end(&mut ending).await;
    assert_eq!((why.code(), reason(&why).as_str()), (Code::Unauthenticated, "CERTIFICATE_REVOKED"));

    // With TLS 1.3 a refusal shows when the line is made or at its first call.
    if let Ok(channel) = leaves.dial(here).await {
        let refused = watching(channel).await.unwrap_err();
        assert_eq!(reason(&refused), "", "no answer of the service: {refused:?}");
    }
    running.heard("invalid peer certificate: Revoked", 1).await;

    for _ in 0..2 {
        next(&mut lasting).await.expect("its stream goes on");
    }
    watching(stays.dial(here).await.unwrap()).await.expect("it gets a new line");
    assert!(running.stop().await.1);
}
