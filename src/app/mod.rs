//! The use cases: one verb, one transaction, one audit entry.
//!
//! Each reads what it needs, lets the domain decide, and hands the store one unit of work. It refuses to await anything
//! foreign while a transaction is open, and to change anything without saying who did it.

mod activate;
mod administer;
mod budgets;
mod calendar;
mod caller;
mod captures;
mod codes;
mod contacts;
mod correct;
mod deadlines;
mod decide;
mod deliver;
mod devices;
mod duplicates;
mod enrol;
mod erase;
mod error;
mod feed;
mod follow_up;
mod intake;
mod life;
mod lists;
mod observed;
mod offices;
mod proposals;
mod receipts;
mod reconcile;
mod registry;
mod remind;
mod reopen;
mod repeat;
mod review;
mod sealing;
mod shipped;
mod slip;
mod staff;
mod status;
mod step_up;
mod stood;
mod trust;
mod watch;
mod workstation;

pub use activate::{Activated, CodeSent, CodeWish, Login};
pub use administer::{AccountView, LookPurpose, PersonKey, Search};
pub use budgets::BudgetSettings;
pub use calendar::Adoption;
pub use caller::{Caller, Officer};
pub use captures::Confirmation;
pub use contacts::{
    Begun, ChangeView, Confirmed, ContactApproval, ContactCounts, ContactWhose, ContactWish,
    Counter as ContactProposal, DisputeView, Disputed, GivenUp, Resent, Resolved, Standpoint, Stopped,
};
pub use correct::{History, ShownRevision};
pub use deadlines::Recomputed;
pub use decide::{ClaimedContent, ClaimedEnrolment, ClaimedEnrolments, Decided, Decision};
pub use devices::{
    BoundDevice, Countersigned, DeviceSettings, Leave, NewDevice, NotBindable, NotReplaced, Proved, Renewed, Replaced,
    Replacement, ShownDevice, ShownList, StoodAtCounter, TotpChecked, VerifiedDevice,
};
pub use duplicates::{Candidate, Compared};
pub use enrol::{Checked, ShownEnrolment, Submitted};
pub use error::{Error, Missing};
pub use feed::Imported;
pub use follow_up::{FollowUpPage, FollowUpRequest, FunnelCounts, NeedsHand, Whose};
pub use intake::{ChipRead, Intake};
pub use life::{
    Close, Closing, Filing, LifeView, Lift, LockedNow, OrderPage, OrderView, Owned, ShownLock, ShownPapers, Stepped,
    UpdateEffect, Updated,
};
pub use lists::{Counts, HolderCount, ListRequest, Page};
pub use offices::{OfficeImport, OfficeScope, OfficeView};
pub use proposals::{Effect, ProposalPage, ProposalView, Settled};
pub use receipts::{HandedReceipt, ShownSlip};
pub use reconcile::{Reconciliation, Tally, Totals};
pub use registry::Registry;
pub use reopen::{Asked, Opening};
pub use repeat::Repeat;
pub use review::{ReviewVerdict, Reviewed};
pub use slip::{Drawn, ShownPassport, SlipWish};
pub use staff::{ManagedStaff, StaffDoing, StaffPage, StaffSearch, StaffSettings, StaffView, StaffWish};
pub use status::Stand;
pub use step_up::{TotpBegun, TotpConfirmed};
pub use trust::{Approved, Gathered, Gathering, Proposal, Proposed, Snapshot, TrustList, TrustSettings};
pub use watch::{Told, ToldAccount, WatchSettings, Watching};
pub use workstation::{Released, Resumed, ShownWorkstation, WorkstationPage};

use std::sync::Arc;

use tokio::sync::Notify;
use tracing::Instrument as _;

use crate::archive::Archive;
use crate::bells::{Bell, Bells};
use crate::chip::policy::Policy;
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::code::CodePolicy;
use crate::domain::contact::ContactPolicy;
use crate::domain::deadline::StageLimits;
use crate::domain::follow_up::ReminderDays;
use crate::domain::ids::EntryId;
use crate::domain::life::WarningDays;
use crate::domain::time::Timestamp;
use crate::limits::Limits;
use crate::notify::Carriers;
use crate::observe::Meters;
use crate::store::{Store, StoreError, Unit};
use crate::sys::{Clock, Dice};
use crate::vault::Vault;
use calendar::CalendarCache;
use devices::Authorities;
use offices::OfficeCache;
use staff::Directory;
use trust::TrustStore;
use watch::{Places, Streams};

/// How often a use case reads again when others change the same records at the same time.
const ATTEMPTS_MAX: u32 = 6;

/// What configuration may tighten.
#[derive(Clone, Debug)]
pub struct Settings {
    /// One-time codes.
    pub codes: CodePolicy,
    /// How many of them may be asked for and sent.
    pub budgets: BudgetSettings,
    /// Digits of an identification number.
    pub number_digits: usize,
    /// Only real documents count: those of the practice country are refused.
    pub real_only: bool,
    /// Which weak algorithms of passports are let pass, and until when.
    pub chip: Policy,
    /// What trust material may be like.
    pub trust: TrustSettings,
    /// How watchers are served.
    pub watch: WatchSettings,
    /// The staff directory.
    pub staff: StaffSettings,
    /// How long requests may stay where the law sets no limit.
    pub stages: StageLimits,
    /// Devices of holders.
    pub devices: DeviceSettings,
    /// Changes of phone and e-mail address.
    pub contacts: ContactPolicy,
    /// On which days of the window holders are reminded to activate.
    pub reminders: ReminderDays,
    /// How many days before a document ends its holder is warned.
    pub warnings: WarningDays,
}

/// The parts that use cases work with.
#[derive(Debug)]
pub struct Parts {
    /// What is kept.
    pub store: Store,
    /// Keys.
    pub vault: Vault,
    /// Where captures lie.
    pub archive: Archive,
    /// How messages leave.
    pub carriers: Carriers,
    /// Where calls and codes are counted.
    pub limits: Limits,
    /// How other processes of the service are told to look.
    pub bells: Bells,
    /// Where immigration records are asked for.
    pub registry: Registry,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// What configuration may tighten.
    pub settings: Settings,
}

/// The use cases. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    parts: Arc<Parts>,
    /// Rung after each commit, so that messages leave at once.
    outbox: Arc<Notify>,
    /// By whose word chips are believed, as this process knows it.
    trust: Arc<TrustStore>,
    /// The calendar of working days, as this process last read it.
    calendar: Arc<CalendarCache>,
    /// Units and offices, as this process read them last.
    offices: Arc<OfficeCache>,
    /// How far the streams of events have come, as this process knows.
    streams: Arc<Streams>,
    /// Who watches through this process.
    watchers: Arc<Places>,
    /// By whom certificates are issued to devices.
    authorities: Arc<Authorities>,
    /// Who called since that was noted last, and the bell of the directory.
    directory: Arc<Directory>,
    /// What operators see of it.
    meters: Meters,
}

impl App {
    /// Use cases over these parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            outbox: Arc::new(Notify::new()),
            trust: Arc::new(TrustStore::new()),
            calendar: Arc::new(CalendarCache::default()),
            offices: Arc::new(OfficeCache::default()),
            streams: Arc::new(Streams::default()),
            watchers: Arc::new(Places::default()),
            authorities: Arc::new(Authorities::default()),
            directory: Arc::new(Directory::default()),
            meters: Meters::default(),
        }
    }

    /// What is kept.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Where calls and codes are counted.
    pub fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// What operators see of the service.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The clock that use cases read.
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    fn vault(&self) -> &Vault {
        &self.parts.vault
    }

    fn archive(&self) -> &Archive {
        &self.parts.archive
    }

    fn registry(&self) -> &Registry {
        &self.parts.registry
    }

    fn dice(&self) -> &Dice {
        &self.parts.dice
    }

    fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// An audit entry with a name of its own.
    fn entry(&self, at: Timestamp, actor: Actor, action: Action, subject: uuid::Uuid) -> Entry {
        Entry::new(EntryId::new(self.dice().id(at)), at, actor, action, subject)
    }

    /// Commits, and rings for the outbox, if a message waits from now on, and for those who watch.
    async fn commit(&self, unit: Unit) -> Result<(), StoreError> {
        let sends = unit.sends();
        self.parts.store.commit(unit).await?;
        // A sender that is woken asks the database for work: only if there is any.
        if sends {
            self.outbox.notify_one();
        }
        self.ring(Bell::Streams);
        Ok(())
    }

    /// Commits what changes somebody's rights, and rings for them. It runs to its end even if whoever asked has gone: a bell that
    /// is not rung leaves the other processes with what they read before.
    async fn commit_rights(&self, unit: Unit) -> Result<(), StoreError> {
        let app = self.clone();
        let committing = async move { app.commit(unit).await.inspect(|()| app.ring(Bell::Directory)) };
        tokio::spawn(committing.in_current_span()).await.unwrap_or_else(|_| Err(StoreError::unheard()))
    }

    /// Rings for the outbox and for those who watch.
    fn committed(&self) {
        self.outbox.notify_one();
        self.ring(Bell::Streams);
    }

    /// Rings here and in the other processes.
    fn ring(&self, bell: Bell) {
        self.ring_here(bell);
        self.parts.bells.ring(bell);
    }

    fn ring_here(&self, bell: Bell) {
        match bell {
            Bell::Streams => self.streams.ring(),
            Bell::Directory => self.directory.ring(),
        }
    }

    /// Rings here what rings in the other processes, and there what rings here, for as long as this is awaited.
    pub async fn keep_bells(&self) {
        self.parts.bells.keep(|bell| self.ring_here(bell)).await;
    }
}
