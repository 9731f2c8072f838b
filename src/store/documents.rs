//! Passports and residence cards of accounts: sealed, found by blind indexes, never deleted.

use super::account_events::Happened;
use super::engine::{Conn, Row, change, query};
use super::error::StoreError;
use super::{Reader, accounts, cards, life};
use crate::domain::code::day_number;
use crate::domain::contact::AccountPrint;
use crate::domain::ids::{AccountId, DocumentId, StaffId, UpdateId, Version};
use crate::domain::life::{DocumentKind, HeldCard, Papers, residence_until};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::time::Timestamp;
use time::Date;
use uuid::Uuid;

/// Documents of one account that are read at most.
const DOCUMENTS_MAX: i64 = 200;

/// A document of an account as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredDocument {
    /// Its name.
    pub id: DocumentId,
    /// The account.
    pub account: AccountId,
    /// Of which kind it is.
    pub kind: DocumentKind,
    /// Blind index of issuing state and number, or of the card's kind and number.
    pub index: BlindIndex,
    /// The sealed document.
    pub content: Sealed,
    /// Day of issue.
    pub issued_on: Date,
    /// Last day of validity, as it prints it.
    pub valid_until: Date,
    /// Who entered it: an officer, or the authority that issued the account.
    pub added_by: Uuid,
    /// When.
    pub added_at: Timestamp,
}

/// Documents that wait for a supervisor.
#[derive(Clone, Debug)]
pub struct StoredUpdate {
    /// Their name.
    pub id: UpdateId,
    /// The account.
    pub account: AccountId,
    /// What was shown, sealed.
    pub content: Sealed,
    /// The account as it was then; absent if a release before kept them.
    pub print: Option<AccountPrint>,
    /// The officer.
    pub added_by: StaffId,
    /// When.
    pub added_at: Timestamp,
}

/// Keeps documents that wait.
pub(super) async fn keep(stored: &StoredUpdate, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO document_update (id, account_id, content, added_by, added_at, account_print) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(stored.id.uuid())
    .bind(stored.account.uuid())
    .bind(stored.content.as_bytes())
    .bind(stored.added_by.uuid())
    .bind(stored.added_at.micros())
    .bind(stored.print.map(|print| print.0.to_vec()))
    .execute_one(conn)
    .await
}

/// Adds documents to an account, which has told from then on what it has; one that is there already is as it was shown last.
/// If a version was seen, the account must still be at it.
pub(super) async fn add(
    (account, seen): (AccountId, Option<Version>),
    documents: &[StoredDocument],
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let mut held: Vec<_> = documents.iter().filter(|document| document.kind != DocumentKind::Passport).collect();
    held.sort_by(|one, other| one.index.as_bytes().cmp(other.index.as_bytes()));
    for card in held {
        cards::hold(&card.index, conn).await?;
    }
    for document in documents {
        insert(account, document, conn).await?;
    }
    change(
        "UPDATE account SET papers_at = $1 WHERE id = $2 AND ($3 OR version = $4)",
        accounts::TABLE,
        account.bytes(),
    )
    .bind(at.micros())
    .bind(account.uuid())
    .bind(seen.is_none())
    .bind(seen.map_or(0, Version::get))
    .execute_one(conn)
    .await?;
    life::settle(account, at, happened, conn).await
}

/// Enters the documents of an account of which none were: what was shown since is not put back.
pub(super) async fn enter(
    account: AccountId,
    documents: &[StoredDocument],
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE account SET papers_at = $1 WHERE id = $2 AND papers_at IS NULL")
        .bind(at.micros())
        .bind(account.uuid())
        .execute_one(conn)
        .await?;
    add((account, None), documents, at, happened, conn).await
}

async fn insert(account: AccountId, document: &StoredDocument, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change(
        "INSERT INTO account_document (id, account_id, kind, document_index, content, issued_on, valid_until, added_by, \
         added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (account_id, document_index) DO UPDATE SET id = excluded.id, content = excluded.content, \
         issued_on = excluded.issued_on, valid_until = excluded.valid_until, added_by = excluded.added_by, \
         added_at = excluded.added_at",
        "account_document",
        document.index.as_bytes(),
    )
    .bind(document.id.uuid())
    .bind(account.uuid())
    .bind(document.kind.name())
    .bind(document.index.as_bytes())
    .bind(document.content.as_bytes())
    .bind(day_number(document.issued_on))
    .bind(day_number(document.valid_until))
    .bind(document.added_by)
    .bind(document.added_at.micros())
    .execute_one(conn)
    .await
}

/// Until when the documents of an account hold.
pub(super) async fn papers(account: AccountId, conn: &mut Conn<'_>) -> Result<Papers, StoreError> {
    let rows = query(
        "SELECT kind, issued_on, account_document.valid_until AS valid_until, added_at, status, \
         card_fact.valid_until AS fact_until, recorded_at FROM account_document \
         LEFT JOIN card_fact ON card_fact.card_index = account_document.document_index AND kind <> 'passport' \
         WHERE account_id = $1",
    )
    .bind(account.uuid())
    .fetch_all(conn)
    .await?;
    let (mut passport_until, mut held) = (None::<Date>, Vec::new());
    for row in &rows {
        let valid_until = cards::day(row.get("valid_until")?)?;
        let kind = kind(row)?;
        if kind == DocumentKind::Passport {
            passport_until = passport_until.max(Some(valid_until));
        } else {
            let issued_on = cards::day(row.get("issued_on")?)?;
            held.push(HeldCard {
                is_permanent: kind == DocumentKind::PermanentCard,
                issued_on,
                valid_until,
                shown_at: Timestamp::from_micros(row.get("added_at")?),
                fact: cards::fact(row)?,
            });
        }
    }
    Ok(Papers { passport_until, residence_until: residence_until(&held) })
}

impl Reader {
    /// Every document of an account, the latest shown first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn documents(&mut self, account: AccountId) -> Result<Vec<StoredDocument>, StoreError> {
        let rows = query(
            "SELECT id, account_id, kind, document_index, content, issued_on, valid_until, added_by, added_at \
             FROM account_document WHERE account_id = $1 ORDER BY added_at DESC, id DESC LIMIT $2",
        )
        .bind(account.uuid())
        .bind(DOCUMENTS_MAX)
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }

    /// Documents that wait, or waited, for a supervisor.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn document_update(&mut self, id: UpdateId) -> Result<Option<StoredUpdate>, StoreError> {
        let row = query("SELECT * FROM document_update WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        let stored = |row: &Row| {
            let print = row.get::<Option<Vec<u8>>>("account_print")?.map(<[u8; 32]>::try_from).transpose();
            Ok(StoredUpdate {
                print: print.map_err(|_| StoreError::Corrupt { column: "account_print" })?.map(AccountPrint),
                id: UpdateId::new(row.get("id")?),
                account: AccountId::new(row.get("account_id")?),
                content: Sealed::from_bytes(row.get("content")?),
                added_by: StaffId::new(row.get("added_by")?),
                added_at: Timestamp::from_micros(row.get("added_at")?),
            })
        };
        row.as_ref().map(stored).transpose()
    }

    /// The accounts that have a document, by its blind index: at most a few.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn holders_of(&mut self, document: &BlindIndex) -> Result<Vec<AccountId>, StoreError> {
        let rows =
            query("SELECT account_id FROM account_document WHERE document_index = $1 ORDER BY account_id LIMIT $2")
                .bind(document.as_bytes())
                .bind(DOCUMENTS_MAX)
                .fetch_all(&mut self.conn())
                .await?;
        rows.iter().map(|row| Ok(AccountId::new(row.get("account_id")?))).collect()
    }
}

fn kind(row: &Row) -> Result<DocumentKind, StoreError> {
    DocumentKind::from_name(&row.get::<String>("kind")?).ok_or(StoreError::Corrupt { column: "kind" })
}

fn stored(row: &Row) -> Result<StoredDocument, StoreError> {
    Ok(StoredDocument {
        id: DocumentId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        kind: kind(row)?,
        index: BlindIndex::from_bytes(row.get("document_index")?),
        content: Sealed::from_bytes(row.get("content")?),
        issued_on: cards::day(row.get("issued_on")?)?,
        valid_until: cards::day(row.get("valid_until")?)?,
        added_by: row.get("added_by")?,
        added_at: Timestamp::from_micros(row.get("added_at")?),
    })
}
