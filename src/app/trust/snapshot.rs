//! What is trusted by now: made from what is in force, held in memory, exchanged whole.
//!
//! A signature is verified when a file is proposed and when it is approved. What is read here is what was kept then, byte
//! for byte: its hash is compared, and only then is it read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use time::Date;
use tokio::sync::Mutex;

use super::appraise::{self, Read};
use crate::app::{App, Error};
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::chip::deviation::ListedDeviation;
use crate::chip::trust::{Anchor, Trust};
use crate::domain::ids::Version;
use crate::domain::trust::{IN_FORCE_MAX, Kind, Material, Sha256};
use crate::store::StoredMaterial;

/// What configuration may allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrustSettings {
    /// Whether a master list stays good when its signer's certificate, valid when it signed, has expired.
    pub expired_signers: bool,
    /// Whether a DigestInfo may lack its NULL (RFC 8017 section 9.2, note 2).
    pub digest_info_without_null: bool,
    /// Whether the practice country may be trusted: in development mode only.
    pub practice: bool,
}

/// The trust store as this process knows it.
#[derive(Debug)]
pub(in crate::app) struct TrustStore {
    present: ArcSwap<Snapshot>,
    /// Held while it is read anew, so that it is read once and never put back to an older state.
    reading: Mutex<Practice>,
}

/// What the practice country says, for development mode.
#[derive(Clone, Debug, Default)]
pub(super) struct Practice {
    pub(super) authorities: Vec<Certificate>,
    pub(super) crls: Vec<Crl>,
}

/// What is trusted at one revision of the trust store.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// `None`: the trust store was not read yet.
    read: Option<(Version, Date)>,
    trust: Arc<Trust>,
    sources: Vec<Source>,
    /// Every CSCA, by its fingerprint, with the number of files that hold it.
    authorities: HashMap<[u8; 32], (Certificate, u32)>,
    practice: bool,
}

/// A file in force, and what it holds.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) material: Material,
    pub(super) version: Version,
    pub(super) certificates: Vec<Certificate>,
    pub(super) crl: Option<Crl>,
    deviations: Vec<ListedDeviation>,
}

/// A file that was kept is not what was kept.
#[derive(Debug, thiserror::Error)]
#[error("trust material {0} is not the file that was approved")]
pub(super) struct Damaged(crate::domain::ids::MaterialId);

impl TrustStore {
    pub(in crate::app) fn new() -> Self {
        Self { present: ArcSwap::from_pointee(Snapshot::default()), reading: Mutex::default() }
    }
}

impl App {
    /// What chips are judged by at present. Empty until the trust store was read.
    pub fn trust(&self) -> Arc<Trust> {
        self.trust.present.load().trust.clone()
    }

    /// What is trusted at present, and whence it comes.
    pub fn trust_snapshot(&self) -> Arc<Snapshot> {
        self.trust.present.load_full()
    }

    /// Reads the trust store anew if it was changed since it was read, here or by another process, or if the day has
    /// changed: deviations have a last one.
    ///
    /// # Errors
    /// If the store cannot be asked, or what is kept there is damaged; what was trusted before is trusted still.
    pub async fn refresh_trust(&self) -> Result<Arc<Snapshot>, Error> {
        let today = self.clock().now().local_date();
        let revision = self.store().reader().await?.trust_revision().await?;
        let present = self.trust_snapshot();
        if present.read == Some((revision, today)) {
            return Ok(present);
        }
        let practice = self.trust.reading.lock().await;
        let present = self.trust_snapshot();
        if present.read >= Some((revision, today)) {
            return Ok(present);
        }
        // The revision is read before the files: a change between the two is noticed at the next look.
        let mut reader = self.store().reader().await?;
        let revision = reader.trust_revision().await?;
        let stored = reader.trust_in_force(IN_FORCE_MAX).await?;
        drop(reader);
        let (extra, allowed) = (practice.clone(), self.settings().trust.practice);
        let made = tokio::task::spawn_blocking(move || Snapshot::make((revision, today), stored, &extra, allowed));
        let made = made.await.map_err(|error| Error::Broken(Box::new(error)))?;
        let made = Arc::new(made.map_err(|error| Error::Broken(Box::new(error)))?);
        self.trust.present.store(made.clone());
        made.tell();
        Ok(made)
    }

    /// Trusts CSCAs of the practice country and their revocation lists besides, in this process, from the next time the
    /// trust store is read. False, and nothing done, outside development mode.
    pub async fn trust_practice(&self, authorities: Vec<Certificate>, crls: Vec<Crl>) -> bool {
        if !self.settings().trust.practice {
            return false;
        }
        let mut practice = self.trust.reading.lock().await;
        *practice = Practice { authorities, crls };
        // So that the next look finds that it must read.
        self.trust.present.store(Arc::default());
        true
    }
}

impl Snapshot {
    pub(super) fn make(
        (revision, today): (Version, Date),
        stored: Vec<StoredMaterial>,
        practice: &Practice,
        allowed: bool,
    ) -> Result<Self, Damaged> {
        let (mut sources, mut authorities) = (Vec::with_capacity(stored.len()), HashMap::new());
        for file in stored {
            let mut source = Source::read(file, allowed)?;
            for certificate in &mut source.certificates {
                let known = authorities.entry(certificate.fingerprint()).or_insert_with(|| (certificate.clone(), 0));
                known.1 += 1;
                // A certificate that several lists hold is held in memory once.
                *certificate = known.0.clone();
            }
            sources.push(source);
        }
        let anchor = |practice| move |certificate: &Certificate| Anchor { certificate: certificate.clone(), practice };
        // In the order of the files, so that every process comes to the same snapshot.
        let mut seen = HashSet::new();
        let real = sources.iter().flat_map(|source: &Source| &source.certificates);
        let real = real.filter(|certificate| seen.insert(certificate.fingerprint())).map(anchor(false));
        let crls = sources.iter().filter_map(|source| source.crl.clone()).chain(practice.crls.iter().cloned());
        let deviations = sources.iter().flat_map(|source| &source.deviations).filter_map(|listed| listed.on(today));
        let trust = Trust::new(real.chain(practice.authorities.iter().map(anchor(true))), crls, deviations);
        let (read, trust) = (Some((revision, today)), Arc::new(trust));
        Ok(Self { read, trust, sources, authorities, practice: !practice.authorities.is_empty() })
    }

    /// What chips are judged by.
    pub(super) fn trust(&self) -> Arc<Trust> {
        self.trust.clone()
    }

    /// Says what is trusted: once for each change.
    fn tell(&self) {
        let (files, authorities, revision) = (self.sources.len(), self.authorities.len(), self.revision().get());
        if self.practice {
            tracing::warn!("the practice country is trusted: development mode, for no real document");
        }
        if authorities == 0 && !self.practice {
            tracing::warn!("there is no trust material: no chip can be found genuine (eid trust import)");
        } else {
            tracing::info!(files, authorities, revision, "trust material read");
        }
    }

    /// How often the trust store was changed when this was read.
    pub fn revision(&self) -> Version {
        self.read.map_or(Version::NONE, |(revision, _)| revision)
    }

    /// Different CSCA certificates, those of practice not counted.
    pub fn authorities(&self) -> usize {
        self.authorities.len()
    }

    /// Whether the practice country is trusted.
    pub const fn practice(&self) -> bool {
        self.practice
    }

    /// Files in force.
    pub(super) const fn files(&self) -> usize {
        self.sources.len()
    }

    /// The file in force with that content.
    pub(super) fn material(&self, sha256: Sha256) -> Option<&Material> {
        self.sources.iter().map(|source| &source.material).find(|material| material.sha256 == sha256)
    }

    /// The file in force of that kind and publisher.
    pub(super) fn source(&self, kind: Kind, publisher: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.material.kind == kind && source.material.publisher == publisher)
    }

    /// CSCAs that operators imported singly: they vouch for master lists.
    pub(super) fn pinned(&self) -> impl Iterator<Item = &Certificate> {
        let single = self.sources.iter().filter(|source| source.material.kind == Kind::Csca);
        single.flat_map(|source| &source.certificates)
    }

    /// Every CSCA in force.
    pub(super) fn all(&self) -> impl Iterator<Item = &Certificate> {
        self.authorities.values().map(|(certificate, _)| certificate)
    }

    /// Revocation lists in force.
    pub(super) fn crls(&self) -> impl Iterator<Item = &Crl> {
        self.sources.iter().filter_map(|source| source.crl.as_ref())
    }

    /// Whether a CSCA with that fingerprint is in force.
    pub(super) fn knows(&self, fingerprint: &[u8; 32]) -> bool {
        self.authorities.contains_key(fingerprint)
    }

    /// How many CSCAs nobody but `replaced` vouches for and `by` does not hold.
    pub(super) fn removed(&self, replaced: Option<&Source>, by: &HashSet<[u8; 32]>) -> usize {
        let alone = |fingerprint: &[u8; 32]| self.authorities.get(fingerprint).is_some_and(|(_, files)| *files == 1);
        let held = replaced.into_iter().flat_map(|source| &source.certificates).map(Certificate::fingerprint);
        held.filter(|fingerprint| alone(fingerprint) && !by.contains(fingerprint)).count()
    }
}

impl Source {
    /// Reads a file. Certificates of the practice country are left out unless they may be trusted.
    fn read(file: StoredMaterial, practice: bool) -> Result<Self, Damaged> {
        let StoredMaterial { material, content, version } = file;
        if appraise::sha256(&content) != material.sha256 {
            return Err(Damaged(material.id));
        }
        let read = Read::believed(material.kind, &content).map_err(|_| Damaged(material.id))?;
        let (mut certificates, mut crl, mut deviations) = (Vec::new(), None, Vec::new());
        match read {
            Read::List(entries) => certificates = entries.certificates,
            Read::Csca(certificate) => certificates = vec![certificate],
            Read::Crl(list) => crl = Some(list),
            Read::Deviations(list) => deviations = list.deviations,
        }
        certificates.retain(|certificate| practice || !appraise::is_practice(certificate));
        Ok(Self { material, version, certificates, crl, deviations })
    }
}
