//! What may serve one owner only: phones, passports, residence cards, as blind indexes.

use super::Reader;
use super::engine::{Conn, query};
use super::error::{StoreError, Table};
use crate::domain::ids::EnrolmentId;
use crate::domain::sealed::BlindIndex;

/// What may serve one owner only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BindingKind {
    /// A phone.
    Phone,
    /// A passport.
    Passport,
    /// A residence card.
    Card,
}

impl BindingKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Passport => "passport",
            Self::Card => "card",
        }
    }
}

/// Whom a value may serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// One request and the account issued on it.
    Request(EnrolmentId),
    /// One person, by the index of their document: for themselves and for those whom they represent.
    Person(BlindIndex),
}

impl Owner {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Request(id) => id.bytes(),
            Self::Person(document) => document.as_bytes(),
        }
    }
}

/// A value and its owner.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Of which kind.
    pub kind: BindingKind,
    /// The value's blind index.
    pub value: BlindIndex,
    /// Whom it serves.
    pub owner: Owner,
}

/// Binds a value to its owner, once more if it is theirs already.
pub(super) async fn bind(binding: &Binding, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let touched = query(
        "INSERT INTO binding (kind, value, owner, holders) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (kind, value) DO UPDATE SET holders = binding.holders + 1 WHERE binding.owner = excluded.owner",
    )
    .bind(binding.kind.name())
    .bind(binding.value.as_bytes())
    .bind(binding.owner.bytes())
    .execute(conn)
    .await?;
    (touched == 1).then_some(()).ok_or(StoreError::Taken(Table::Binding))
}

/// Takes one use of a value back; the last one gives it free.
pub(super) async fn release(binding: &Binding, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE binding SET holders = holders - 1 WHERE kind = $1 AND value = $2 AND owner = $3")
        .bind(binding.kind.name())
        .bind(binding.value.as_bytes())
        .bind(binding.owner.bytes())
        .execute_one(conn)
        .await?;
    query("DELETE FROM binding WHERE kind = $1 AND value = $2 AND holders < 1")
        .bind(binding.kind.name())
        .bind(binding.value.as_bytes())
        .execute(conn)
        .await
        .map(drop)
}

impl Reader {
    /// The request that a passport or card serves.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn bound_request(
        &mut self,
        kind: BindingKind,
        value: &BlindIndex,
    ) -> Result<Option<EnrolmentId>, StoreError> {
        let row = query("SELECT owner FROM binding WHERE kind = $1 AND value = $2")
            .bind(kind.name())
            .bind(value.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        let owner = row.map(|row| row.get::<Vec<u8>>("owner")).transpose()?;
        Ok(owner.and_then(|owner| uuid::Uuid::from_slice(&owner).ok()).map(EnrolmentId::new))
    }

    /// Whether a value serves anybody.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn is_bound(&mut self, kind: BindingKind, value: &BlindIndex) -> Result<bool, StoreError> {
        let row = query("SELECT holders FROM binding WHERE kind = $1 AND value = $2")
            .bind(kind.name())
            .bind(value.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        Ok(row.is_some())
    }

    /// Whether a value serves someone else than its owner in `binding`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn serves_another(&mut self, binding: &Binding) -> Result<bool, StoreError> {
        let row = query("SELECT owner FROM binding WHERE kind = $1 AND value = $2")
            .bind(binding.kind.name())
            .bind(binding.value.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        let owner = row.map(|row| row.get::<Vec<u8>>("owner")).transpose()?;
        Ok(owner.is_some_and(|owner| owner != binding.owner.bytes()))
    }
}
