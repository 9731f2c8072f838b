//! Accounts.

use super::account_events::Happened;
use super::engine::{Conn, Query, Row, change, query, read};
use super::error::StoreError;
use super::{Reader, life};
use crate::domain::account::{Account, AccountState, Notice, Progress, Reopened};
use crate::domain::account_event::AccountVerb;
use crate::domain::application::Language;
use crate::domain::ids::{AccountId, EnrolmentId, Version};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::time::Timestamp;

/// Accounts that a search shows at most.
const FOUND_MAX: i64 = 20;
/// Where accounts are, for statements that are about one.
pub(super) const TABLE: &str = "account";

/// An account as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// What may be known without opening anything.
    pub account: Account,
    /// The sealed identification number.
    pub number: Sealed,
    /// Its blind index, unique among living and dead.
    pub number_index: BlindIndex,
    /// The sealed phone.
    pub phone: Sealed,
    /// Its blind index.
    pub phone_index: BlindIndex,
    /// Blind index of number and phone together.
    pub login_index: BlindIndex,
    /// The sealed e-mail address and its blind index.
    pub email: Option<(Sealed, BlindIndex)>,
    /// Blind index of the passport that it was issued on. Those that came later are among its documents.
    pub passport: BlindIndex,
    /// Blind index of the representative's document.
    pub representative: Option<BlindIndex>,
    /// Whether its documents were entered; those of accounts from before are read from their requests.
    pub papers_known: bool,
    /// How often it was changed.
    pub version: Version,
}

/// By what an account is found.
#[derive(Clone, Debug)]
pub enum AccountKey {
    /// Its own name.
    Id(AccountId),
    /// The request it was issued on.
    Enrolment(EnrolmentId),
    /// Identification number.
    Number(BlindIndex),
    /// Phone: may be several, a representative's and those of the persons represented.
    Phone(BlindIndex),
    /// E-mail address: may be several.
    Email(BlindIndex),
    /// Passport, of now or of before.
    Passport(BlindIndex),
}

pub(super) async fn insert(
    stored: &StoredAccount,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let account = &stored.account;
    happened.note(account.id, AccountVerb::Issued);
    change(
        "INSERT INTO account (id, enrolment_id, represented, representative_index, language, number, number_index, \
         phone, phone_index, login_index, email, email_index, passport_index, issued_at, failures_day, \
         failures_today, failures_in_row, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, 1)",
        TABLE,
        account.id.bytes(),
    )
    .bind(account.id.uuid())
    .bind(account.enrolment.uuid())
    .bind(account.represented)
    .bind(stored.representative.as_ref().map(|index| index.as_bytes().to_vec()))
    .bind(account.language.name())
    .bind(stored.number.as_bytes())
    .bind(stored.number_index.as_bytes())
    .bind(stored.phone.as_bytes())
    .bind(stored.phone_index.as_bytes())
    .bind(stored.login_index.as_bytes())
    .bind(stored.email.as_ref().map(|(sealed, _)| sealed.as_bytes().to_vec()))
    .bind(stored.email.as_ref().map(|(_, index)| index.as_bytes().to_vec()))
    .bind(stored.passport.as_bytes())
    .bind(account.issued_at.micros())
    .execute_one(conn)
    .await
}

/// The assignments by which an account comes to its place in the lists of those who help: from columns that stand in its row
/// already. A release before this one, running beside it, leaves them out.
macro_rules! place {
    () => {
        "office = COALESCE(office, (SELECT enrolment.office FROM enrolment WHERE enrolment.id = account.enrolment_id)), \
         received_at = COALESCE(received_at, \
         (SELECT enrolment.received_at FROM enrolment WHERE enrolment.id = account.enrolment_id)), \
         window_from = CASE WHEN COALESCE(reopened_at, 0) > COALESCE(notice_delivered_at, notice_sent_at, 0) \
         THEN reopened_at ELSE COALESCE(notice_delivered_at, notice_sent_at, 0) END"
    };
}
pub(super) use place;

/// Follows up on what happened to an account: it comes to its place in the lists, it is looked whether its holder is to be
/// reminded, and it says whether it has a device, if that is told. What it is like then.
pub(super) async fn follow(
    id: AccountId,
    has_device: Option<bool>,
    conn: &mut Conn<'_>,
) -> Result<Account, StoreError> {
    let row = query(concat!(
        "UPDATE account SET look_at = CASE WHEN activated_at IS NULL THEN 0 END, has_device = COALESCE($1, has_device), ",
        place!(),
        " WHERE id = $2 RETURNING *"
    ))
    .bind(has_device)
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    account(&row.ok_or(StoreError::Changed)?)
}

/// Moves an account on, if it is still as the caller saw it.
pub(super) async fn save(
    stored: &StoredAccount,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let account = &stored.account;
    // As long as the version is that one, this is what the account is changed from.
    let before = read("SELECT * FROM account WHERE id = $1 AND version = $2", TABLE, account.id.bytes())
        .bind(account.id.uuid())
        .bind(stored.version.get())
        .fetch_optional(conn)
        .await?;
    happened.follow(account.id);
    for verb in verbs(&self::stored(&before.ok_or(StoreError::Changed)?)?, stored) {
        happened.note(account.id, verb);
    }
    let activated = account.state.active_since().map(Timestamp::micros);
    change(
        "UPDATE account SET phone = $1, phone_index = $2, login_index = $3, email = $4, email_index = $5, \
         notice_sent_at = $6, notice_delivered_at = $7, activated_at = $8, reopened_at = $9, reopened_until = $10, \
         version = version + 1 WHERE id = $11 AND version = $12",
        TABLE,
        account.id.bytes(),
    )
    .bind(stored.phone.as_bytes())
    .bind(stored.phone_index.as_bytes())
    .bind(stored.login_index.as_bytes())
    .bind(stored.email.as_ref().map(|(sealed, _)| sealed.as_bytes().to_vec()))
    .bind(stored.email.as_ref().map(|(_, index)| index.as_bytes().to_vec()))
    .bind(account.notice.sent_at.map(Timestamp::micros))
    .bind(account.notice.delivered_at.map(Timestamp::micros))
    .bind(activated)
    .bind(account.reopened.map(|reopened| reopened.at.micros()))
    .bind(account.reopened.map(|reopened| reopened.closes_at.micros()))
    .bind(account.id.uuid())
    .bind(stored.version.get())
    .execute_one(conn)
    .await
}

/// Notes that the holder came to the app by the notice, if that was not known.
pub(super) async fn note_opened(id: AccountId, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change("UPDATE account SET notice_opened_at = $1 WHERE id = $2 AND notice_opened_at IS NULL", TABLE, id.bytes())
        .bind(at.micros())
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

/// Notes that a code for activation was asked for, once.
pub(super) async fn note_asked(id: AccountId, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change("UPDATE account SET code_asked_at = COALESCE(code_asked_at, $1) WHERE id = $2", TABLE, id.bytes())
        .bind(at.micros())
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

/// What is told of an account that was like `before` and is like `after` now.
fn verbs(before: &StoredAccount, after: &StoredAccount) -> impl Iterator<Item = AccountVerb> {
    let index = |stored: &StoredAccount| stored.email.as_ref().map(|(_, index)| index.clone());
    let (was, is) = (&before.account, &after.account);
    let changed = before.phone_index != after.phone_index || index(before) != index(after);
    let told = [
        (AccountVerb::NoticeSent, was.notice.sent_at != is.notice.sent_at),
        (AccountVerb::NoticeDelivered, was.notice.delivered_at != is.notice.delivered_at),
        (AccountVerb::Reopened, was.reopened != is.reopened),
        (AccountVerb::Activated, was.state != is.state),
        (AccountVerb::ContactChanged, changed),
    ];
    told.into_iter().filter_map(|(verb, happened)| happened.then_some(verb))
}

/// Records that a carrier took the notice; what is known already is kept. Needs no version: it only fills gaps. The account
/// is held by the first statement, which tells which gaps there are.
pub(super) async fn note_notice(
    id: AccountId,
    (sent, delivered): (Timestamp, Option<Timestamp>),
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let row =
        query("UPDATE account SET version = version + 1 WHERE id = $1 RETURNING notice_sent_at, notice_delivered_at")
            .bind(id.uuid())
            .fetch_optional(conn)
            .await?
            .ok_or(StoreError::Changed)?;
    happened.follow(id);
    if row.get::<Option<i64>>("notice_sent_at")?.is_none() {
        happened.note(id, AccountVerb::NoticeSent);
    }
    if delivered.is_some() && row.get::<Option<i64>>("notice_delivered_at")?.is_none() {
        happened.note(id, AccountVerb::NoticeDelivered);
    }
    change(
        "UPDATE account SET notice_sent_at = COALESCE(notice_sent_at, $1), \
         notice_delivered_at = COALESCE(notice_delivered_at, $2) WHERE id = $3",
        TABLE,
        id.bytes(),
    )
    .bind(sent.micros())
    .bind(delivered.map(Timestamp::micros))
    .bind(id.uuid())
    .execute_one(conn)
    .await
}

impl Reader {
    /// The account that has this number and this phone. An unknown number and a wrong phone are one look-up that finds
    /// nothing.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn account_by_login(&mut self, login: &BlindIndex) -> Result<Option<StoredAccount>, StoreError> {
        let row = query("SELECT * FROM account WHERE login_index = $1")
            .bind(login.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The accounts found by `key`, oldest first, at most 20.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn accounts(&mut self, key: &AccountKey) -> Result<Vec<StoredAccount>, StoreError> {
        let rows = by(key).bind(FOUND_MAX).fetch_all(&mut self.conn()).await?;
        rows.iter().map(stored).collect()
    }

    /// The account of that name.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn account(&mut self, id: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        Ok(self.accounts(&AccountKey::Id(id)).await?.pop())
    }
}

fn by(key: &AccountKey) -> Query {
    match key {
        AccountKey::Id(id) => query("SELECT * FROM account WHERE id = $1 LIMIT $2").bind(id.uuid()),
        AccountKey::Enrolment(id) => query("SELECT * FROM account WHERE enrolment_id = $1 LIMIT $2").bind(id.uuid()),
        AccountKey::Number(index) => {
            query("SELECT * FROM account WHERE number_index = $1 LIMIT $2").bind(index.as_bytes())
        }
        AccountKey::Phone(index) => {
            query("SELECT * FROM account WHERE phone_index = $1 ORDER BY id LIMIT $2").bind(index.as_bytes())
        }
        AccountKey::Email(index) => {
            query("SELECT * FROM account WHERE email_index = $1 ORDER BY id LIMIT $2").bind(index.as_bytes())
        }
        AccountKey::Passport(index) => query(
            "SELECT * FROM account WHERE passport_index = $1 \
                 OR id IN (SELECT account_id FROM account_document WHERE document_index = $1) ORDER BY id LIMIT $2",
        )
        .bind(index.as_bytes()),
    }
}

/// Accounts of rows that cannot be read, with their versions.
pub(super) type Unread = Vec<(AccountId, Version)>;

/// What can be read of rows of accounts; apart from it, the names and versions of those that cannot.
pub(super) fn readable<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<(Vec<T>, Unread), StoreError> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for row in rows {
        match read(row) {
            Ok(account) => found.push(account),
            // What is wrong with it was logged when it was read.
            Err(_) => unread.push((AccountId::new(row.get("id")?), Version::new(row.get("version")?))),
        }
    }
    Ok((found, unread))
}

/// Whether the account of a row is active, and since when.
pub(super) fn state(row: &Row) -> Result<AccountState, StoreError> {
    let activated = row.get::<Option<i64>>("activated_at")?.map(Timestamp::from_micros);
    Ok(activated.map_or(AccountState::Awaiting, |since| AccountState::Active { since }))
}

fn account(row: &Row) -> Result<Account, StoreError> {
    let instant = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros));
    let language = Language::from_name(&row.get::<String>("language")?);
    Ok(Account {
        id: AccountId::new(row.get("id")?),
        enrolment: EnrolmentId::new(row.get("enrolment_id")?),
        represented: row.get("represented")?,
        language: language.ok_or(StoreError::Corrupt { column: "language" })?,
        issued_at: Timestamp::from_micros(row.get("issued_at")?),
        notice: Notice {
            sent_at: instant("notice_sent_at")?,
            delivered_at: instant("notice_delivered_at")?,
            opened_at: instant("notice_opened_at")?,
        },
        reopened: instant("reopened_at")?
            .zip(instant("reopened_until")?)
            .map(|(at, closes_at)| Reopened { at, closes_at }),
        progress: Progress { code_asked_at: instant("code_asked_at")?, code_tried_at: instant("code_tried_at")? },
        state: state(row)?,
        life: life::life(row)?,
    })
}

pub(super) fn stored(row: &Row) -> Result<StoredAccount, StoreError> {
    let email = row.get::<Option<Vec<u8>>>("email")?.map(Sealed::from_bytes);
    let email_index = row.get::<Option<Vec<u8>>>("email_index")?.map(BlindIndex::from_bytes);
    Ok(StoredAccount {
        account: account(row)?,
        number: Sealed::from_bytes(row.get("number")?),
        number_index: BlindIndex::from_bytes(row.get("number_index")?),
        phone: Sealed::from_bytes(row.get("phone")?),
        phone_index: BlindIndex::from_bytes(row.get("phone_index")?),
        login_index: BlindIndex::from_bytes(row.get("login_index")?),
        email: email.zip(email_index),
        passport: BlindIndex::from_bytes(row.get("passport_index")?),
        representative: row.get::<Option<Vec<u8>>>("representative_index")?.map(BlindIndex::from_bytes),
        papers_known: row.get::<Option<i64>>("papers_at")?.is_some(),
        version: Version::new(row.get("version")?),
    })
}
