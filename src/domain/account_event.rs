//! What happened to accounts on their way, for whoever keeps in step with where they stand; and how far a watcher has been
//! told.
//!
//! Owns the kinds of events, the streams they are kept in, and the resume token. Holds nothing that tells of a person. That
//! a window lapses is no event: it is a matter of time, and each event says when.

use super::account::{Account, AccountState, Standing};
use super::ids::AccountId;
use super::life::Hold;
use super::lock::LockClass;
use super::time::Timestamp;
use super::token::{EventPrint, Reader, Writer, hash};

/// Streams that events are spread over, so that accounts of a whole country do not wait for one counter.
pub const SHARDS: u8 = 16;
/// First byte of tokens. Those of offices' watchers and of pages begin with another one.
const VERSION: u8 = 2;

/// Which of the [`SHARDS`] streams tells of an account: always the same one, so that what happens to it stays in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Shard(u8);

impl Shard {
    /// The stream of an account. The first bytes of its name tell the time; the last one is chance.
    pub fn of(account: AccountId) -> Self {
        Self(account.bytes().last().copied().unwrap_or_default() % SHARDS)
    }

    /// Every stream.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// The stream of that number, if there is one.
    pub fn numbered(number: i64) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| *number < SHARDS).map(Self)
    }

    /// Its number.
    pub fn number(self) -> i64 {
        i64::from(self.0)
    }
}

/// What happened to an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AccountVerb {
    /// It was issued.
    Issued,
    /// A carrier took the notice.
    NoticeSent,
    /// The notice reached the holder.
    NoticeDelivered,
    /// The hotline opened the way to activation again.
    Reopened,
    /// It was activated.
    Activated,
    /// Its phone or its e-mail address is another one.
    ContactChanged,
    /// Its device is in use no longer.
    DeviceEnded,
    /// It has a device.
    DeviceBound,
    /// It is locked, or for another reason than before.
    Locked,
    /// Its last lock ground has gone.
    Unlocked,
    /// It was closed for good.
    Closed,
}

impl AccountVerb {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Issued,
        Self::NoticeSent,
        Self::NoticeDelivered,
        Self::Reopened,
        Self::Activated,
        Self::ContactChanged,
        Self::DeviceEnded,
        Self::DeviceBound,
        Self::Locked,
        Self::Unlocked,
        Self::Closed,
    ];

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::NoticeSent => "notice_sent",
            Self::NoticeDelivered => "notice_delivered",
            Self::Reopened => "reopened",
            Self::Activated => "activated",
            Self::ContactChanged => "contact_changed",
            Self::DeviceEnded => "device_ended",
            Self::DeviceBound => "device_bound",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Closed => "closed",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

/// Something that happened to an account, with what is true of it from then on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountEvent {
    /// The account.
    pub account: AccountId,
    /// What happened.
    pub verb: AccountVerb,
    /// When.
    pub at: Timestamp,
    /// Its state afterwards.
    pub state: AccountState,
    /// When self-activation ends; absent until the notice has gone out.
    pub window_closes_at: Option<Timestamp>,
    /// What held it back afterwards.
    pub hold: Hold,
}

impl AccountEvent {
    /// That this happened to an account, which is by now as it is here.
    pub fn new(verb: AccountVerb, account: &Account, at: Timestamp) -> Self {
        let (state, window_closes_at) = (account.state, account.window_closes_at());
        Self { account: account.id, verb, at, state, window_closes_at, hold: account.life.hold(at) }
    }

    /// Where the account stood when this had happened.
    pub fn standing(&self) -> Standing {
        Standing::at(self.at, self.state, self.window_closes_at, self.hold)
    }

    /// Its fingerprint.
    pub fn print(&self) -> EventPrint {
        EventPrint(hash(&[
            self.account.bytes(),
            &self.at.micros().to_be_bytes(),
            self.verb.name().as_bytes(),
            &self.window_closes_at.map_or(0, Timestamp::micros).to_be_bytes(),
            self.hold.class().map_or("", LockClass::name).as_bytes(),
        ]))
    }
}

/// How far one stream has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountCursor {
    /// The stream.
    pub shard: Shard,
    /// The position of the last event that was told; 0 if none was.
    pub position: u64,
    /// The fingerprint of the event there; absent at 0.
    pub print: Option<EventPrint>,
}

/// Where a watcher of accounts stands: a cursor for each stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPlace(Vec<AccountCursor>);

impl AccountPlace {
    /// The place where each stream is told up to what `at` says of it.
    pub fn new(at: impl Fn(Shard) -> (u64, Option<EventPrint>)) -> Self {
        let cursor = |shard| {
            let (position, print) = at(shard);
            AccountCursor { shard, position, print: print.filter(|_| position > 0) }
        };
        Self(Shard::all().map(cursor).collect())
    }

    /// A cursor for each stream, in their order.
    pub fn cursors(&self) -> &[AccountCursor] {
        &self.0
    }

    /// Moves one cursor on.
    pub fn advance(&mut self, cursor: usize, position: u64, print: EventPrint) {
        if let Some(cursor) = self.0.get_mut(cursor) {
            (cursor.position, cursor.print) = (position, Some(print));
        }
    }

    /// What a client sends to go on from here.
    pub fn token(&self) -> Vec<u8> {
        let write = |writer: Writer, cursor: &AccountCursor| {
            let print = cursor.print.map_or([0; 8], |print| print.0);
            writer.put(&cursor.position.to_be_bytes()).put(&print)
        };
        self.0.iter().fold(Writer::new(VERSION), write).finish()
    }

    /// Reads a token; `None` if it is none.
    pub fn read(token: &[u8]) -> Option<Self> {
        let mut reader = Reader::open(token, VERSION)?;
        let mut cursor = |shard| {
            let (position, print) = (u64::from_be_bytes(reader.take()?), EventPrint(reader.take()?));
            Some(AccountCursor { shard, position, print: (position > 0).then_some(print) })
        };
        let cursors = Shard::all().map(&mut cursor).collect::<Option<_>>()?;
        reader.is_at_end().then_some(Self(cursors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::Language;
    use crate::domain::ids::EnrolmentId;
    use uuid::Uuid;

    fn account(id: u128) -> Account {
        let (id, enrolment) = (AccountId::new(Uuid::from_u128(id)), EnrolmentId::new(Uuid::nil()));
        Account::issue(id, enrolment, false, Language::En, Timestamp::from_micros(0))
    }

    fn place() -> AccountPlace {
        AccountPlace::new(|shard| {
            let number = shard.number().unsigned_abs();
            (number * 1_000, Some(EventPrint(number.to_be_bytes())))
        })
    }

    #[test]
    fn each_account_has_one_stream_and_all_streams_are_used() {
        let used: std::collections::BTreeSet<_> = (0..200).map(|id| Shard::of(account(id).id)).collect();
        assert!(used.into_iter().eq(Shard::all()));
        assert!(Shard::all().all(|shard| Shard::numbered(shard.number()) == Some(shard)));
        assert_eq!((Shard::numbered(-1), Shard::numbered(i64::from(SHARDS))), (None, None));
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for verb in AccountVerb::ALL {
            assert_eq!(AccountVerb::from_name(verb.name()), Some(verb));
        }
        assert_eq!(AccountVerb::from_name("lapsed"), None);
    }

    #[test]
    fn an_event_tells_where_the_account_stood_when_it_happened() {
        let at = Timestamp::from_micros;
        let mut account = account(7);
        let issued = AccountEvent::new(AccountVerb::Issued, &account, at(0));
        assert_eq!(issued.standing(), Standing::Awaiting { closes_at: None });
        account.notice.sent_at = Some(at(1));
        let closes = account.window_closes_at().unwrap();
        let sent = AccountEvent::new(AccountVerb::NoticeSent, &account, at(1));
        assert_eq!(sent.standing(), Standing::Awaiting { closes_at: Some(closes) });
        let late = AccountEvent { at: closes, ..sent };
        assert_eq!(late.standing(), Standing::Lapsed { closed_at: closes });
        let active = AccountEvent::new(AccountVerb::Activated, &account.activate(at(2)).unwrap(), at(2));
        assert_eq!(active.standing(), Standing::Active { since: at(2) });
        assert!(issued.print() != sent.print() && sent.print() != late.print());
    }

    #[test]
    fn a_token_leads_back_to_its_place() {
        assert_eq!(AccountPlace::read(&place().token()), Some(place()));
        let mut moved = place();
        moved.advance(3, u64::MAX, EventPrint([9; 8]));
        assert_eq!(AccountPlace::read(&moved.token()), Some(moved));
    }

    #[test]
    fn what_is_damaged_or_cut_or_of_another_kind_is_no_token() {
        let token = place().token();
        for at in 0..token.len() {
            let mut damaged = token.clone();
            damaged[at] ^= 0x10;
            assert_eq!(AccountPlace::read(&damaged), None, "{at}");
            assert_eq!(AccountPlace::read(&token[..at]), None, "{at}");
        }
        assert_eq!(AccountPlace::read(&[token, vec![0]].concat()), None);
        let body = place().0.iter().fold(Writer::new(1), |writer, _| writer.put(&[0; 16]));
        assert_eq!(AccountPlace::read(&body.finish()), None, "an office's");
        let short = Writer::new(VERSION).put(&[0; 16]).finish();
        assert_eq!(AccountPlace::read(&short), None, "of fewer streams");
    }
}
