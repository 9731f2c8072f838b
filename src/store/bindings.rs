//! What may serve one owner only: phones, passports, residence cards, as blind indexes.

use super::Reader;
use super::engine::{Conn, insert, query};
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

/// Whom a value of each kind serves.
const OWNERS: &str = "SELECT kind, owner FROM binding WHERE kind = $1 AND value = $2 \
     UNION ALL SELECT kind, owner FROM binding WHERE kind = $3 AND value = $4 \
     UNION ALL SELECT kind, owner FROM binding WHERE kind = $5 AND value = $6";

impl BindingKind {
    /// All of them, as [`OWNERS`] has places.
    const ALL: [Self; 3] = [Self::Phone, Self::Passport, Self::Card];

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
    insert(
        "INSERT INTO binding (kind, value, owner, holders) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (kind, value) DO UPDATE SET holders = binding.holders + 1 WHERE binding.owner = excluded.owner",
    )
    .bind(binding.kind.name())
    .bind(binding.value.as_bytes())
    .bind(binding.owner.bytes())
    .execute_exactly(1, StoreError::Taken(Table::Binding), conn)
    .await
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
        Ok(self.serving_others(std::slice::from_ref(binding)).await?.contains(&binding.kind))
    }

    /// The kinds of those of `bindings`, one of each kind at most, whose value serves someone else than its owner there.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn serving_others(&mut self, bindings: &[Binding]) -> Result<Vec<BindingKind>, StoreError> {
        let asked = BindingKind::ALL.iter().fold(query(OWNERS), |asked, kind| {
            let value = bindings.iter().find(|binding| binding.kind == *kind).map(|binding| binding.value.as_bytes());
            asked.bind(kind.name()).bind(value.unwrap_or_default())
        });
        let rows = asked.fetch_all(&mut self.conn()).await?;
        let owners = rows.iter().map(|row| Ok((row.get("kind")?, row.get("owner")?)));
        Ok(other_owners(bindings, &owners.collect::<Result<Vec<_>, StoreError>>()?))
    }
}

/// The kinds of `bindings` that serve others than whom they name: `owners` are the kinds and owners of their values.
pub(super) fn other_owners(bindings: &[Binding], owners: &[(String, Vec<u8>)]) -> Vec<BindingKind> {
    let of = |kind: &str| bindings.iter().find(|binding| binding.kind.name() == kind);
    let others = owners.iter().filter_map(|(kind, owner)| of(kind).filter(|binding| binding.owner.bytes() != *owner));
    others.map(|binding| binding.kind).collect()
}
