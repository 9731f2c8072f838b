//! Files that change while an edge reads them.

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::pki::{Authority, Issued, Leaf, Usage};

const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Files of an edge for one authority or more, with the lists of each.
struct Site {
    home: TempDir,
    config: Config,
}

fn authority(name: &str) -> Authority {
    Authority::new(name, NOW.minus(WEEK)).unwrap()
}

fn issued(by: &Authority, usage: Usage) -> Issued {
    let valid = NOW.minus(WEEK)..NOW.plus(WEEK);
    by.issue(&Leaf { common_name: "someone", uri: None, usage, valid }).unwrap()
}

/// So many hours after the beginning of the test.
fn at(hours: u64) -> Timestamp {
    NOW.plus(Duration::from_hours(hours))
}

impl Site {
    fn new(authorities: &[&Authority]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config::development(home.path()).unwrap();
        config.server.certificate = home.path().join("server.pem");
        config.server.key = home.path().join("server.key");
        config.server.client_ca = home.path().join("client-ca.pem");
        config.server.client_crls = Some(home.path().join("lists"));
        std::fs::create_dir(home.path().join("lists")).unwrap();
        let site = Self { home, config };
        site.renew_server();
        site.trust(authorities);
        site
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.home.path().join(name), text).unwrap();
    }

    fn renew_server(&self) {
        let server = issued(&authority("servers"), Usage::Server);
        self.put("server.pem", server.certificate_pem());
        self.put("server.key", server.key_pem());
    }

    fn trust(&self, authorities: &[&Authority]) {
        self.put("client-ca.pem", &authorities.iter().map(|one| one.certificate_pem()).collect::<String>());
    }

    /// Puts a list there that was made so many hours after the beginning.
    fn list(&self, name: &str, of: &Authority, revoked: &[&Issued], hours: u64) {
        self.put(&format!("lists/{name}"), &of.revoke(revoked, at(hours)..at(hours).plus(WEEK)).unwrap());
    }

    fn start(&self) -> anyhow::Result<EdgeFiles> {
        EdgeFiles::new(&self.config, &Meters::default(), NOW)
    }
}

fn revoked(files: &EdgeFiles) -> usize {
    files.clients.crls.as_ref().unwrap().revoked()
}

#[test]
fn without_a_list_of_each_authority_nothing_starts() {
    let (one, other) = (authority("one"), authority("other"));
    let site = Site::new(&[&one, &other]);
    for lacking in ["authority 1", "authority 2"] {
        let fault = format!("{:#}", site.start().err().unwrap());
        assert!(fault.contains(lacking) && fault.contains("server.client_crls"), "{fault}");
        site.list("one.crl", &one, &[], 0);
    }
    site.list("other.crl", &other, &[], 0);
    site.start().unwrap();
}

#[test]
fn an_authority_without_a_list_does_not_come_in_and_holds_up_no_other_file() {
    let (one, other) = (authority("one"), authority("other"));
    let site = Site::new(&[&one]);
    site.list("one.crl", &one, &[], 0);
    let mut files = site.start().unwrap();
    let before = files.settings.load_full();
    site.trust(&[&one, &other]);
    assert!(!files.refresh(at(1)));
    assert!(Arc::ptr_eq(&before, &files.settings.load_full()), "what was there stays");
    site.renew_server();
    assert!(files.refresh(at(1)), "the server's own certificate counts");
    site.list("one.crl", &one, &[&issued(&one, Usage::Client)], 1);
    assert!(files.refresh(at(1)), "and what is revoked");
    assert_eq!(revoked(&files), 1);
    site.list("other.crl", &other, &[&issued(&other, Usage::Client)], 1);
    assert!(files.refresh(at(2)));
    assert_eq!(revoked(&files), 2);
    assert!(!files.refresh(at(3)), "once");
}

#[test]
fn lists_that_are_taken_away_stay_in_force() {
    let one = authority("one");
    let site = Site::new(&[&one]);
    site.list("one.crl", &one, &[&issued(&one, Usage::Client)], 0);
    let mut files = site.start().unwrap();
    std::fs::remove_file(site.home.path().join("lists/one.crl")).unwrap();
    assert!(!files.refresh(at(1)));
    std::fs::remove_dir(site.home.path().join("lists")).unwrap();
    assert!(!files.refresh(at(1)));
    assert_eq!(revoked(&files), 1);
}

#[test]
fn an_authority_goes_with_its_list_while_the_server_runs_whether_or_not_the_file_is_there_still() {
    let (one, other) = (authority("one"), authority("other"));
    let site = Site::new(&[&one, &other]);
    site.list("one.crl", &one, &[], 0);
    site.list("other.crl", &other, &[&issued(&other, Usage::Client)], 0);
    let mut files = site.start().unwrap();
    site.trust(&[&one]);
    assert!(files.refresh(at(1)));
    assert_eq!(revoked(&files), 0);
    std::fs::remove_file(site.home.path().join("lists/other.crl")).unwrap();
    files.refresh(at(1));
    site.list("one.crl", &one, &[&issued(&one, Usage::Client)], 1);
    assert!(files.refresh(at(2)));
    assert_eq!(revoked(&files), 1, "nobody waits for the list of one that is gone");
}

#[test]
fn a_bad_file_holds_up_no_other() {
    let (one, other) = (authority("one"), authority("other"));
    let site = Site::new(&[&one, &other]);
    site.list("one.crl", &one, &[], 0);
    site.list("other.crl", &other, &[], 0);
    let mut files = site.start().unwrap();
    // A list that is cut short: neither the other list nor the server's certificate waits for it.
    site.put("lists/other.crl", "-----BEGIN X509 CRL-----\n");
    site.list("one.crl", &one, &[&issued(&one, Usage::Client)], 1);
    site.renew_server();
    let before = files.own.chain.clone();
    assert!(files.refresh(at(2)));
    assert_eq!(revoked(&files), 1);
    assert_ne!(files.own.chain, before);
    // A key of another certificate: revocations do not wait for it.
    site.put("server.key", issued(&one, Usage::Server).key_pem());
    let revoked_now = [issued(&one, Usage::Client), issued(&one, Usage::Client)];
    site.list("one.crl", &one, &revoked_now.each_ref(), 2);
    assert!(files.refresh(at(3)));
    assert_eq!(revoked(&files), 2);
    // No authorities at all: everything stays.
    site.put("client-ca.pem", "");
    assert!(!files.refresh(at(4)));
}
