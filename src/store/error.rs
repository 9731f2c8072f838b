//! What can go wrong in the store: four things.

use std::fmt;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or did not say that it committed. If the line broke during the commit, the change
    /// may have happened all the same: a repeat with the same request id finds out.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The record is no longer as the caller saw it, or is gone. Nothing was changed; read again.
    #[error("the record was changed by someone else")]
    Changed,
    /// A value that must be unique is taken. Nothing was changed.
    #[error("a value of table {0} is taken")]
    Taken(Table),
    /// A row holds what this program would never have written.
    #[error("column {column} holds what cannot be read")]
    Corrupt {
        /// The column.
        column: &'static str,
    },
}

/// Tables in which a value can be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// The caller has used this request id before.
    Request,
    /// A phone, passport or card serves someone else.
    Binding,
    /// The identification number belongs to another account, or the request has an account.
    Account,
    /// A change of this kind is pending.
    ContactChange,
    /// A claim to this number of this account is open.
    ContactDispute,
    /// A wish to open this account's way to activation again is pending.
    Proposal,
    /// The person or the certificate is in the directory.
    Staff,
    /// The same file waits, or another of its publisher came in force.
    TrustMaterial,
    /// An edition of the calendar has come in force meanwhile, or has that name already.
    Calendar,
    /// The workstation is another office's, or its number stands for another capture.
    Workstation,
    /// The account has a device, the key was used before, or the authority has a certificate.
    Device,
    /// The ground stands already.
    LockGround,
    /// Any other: an identifier drawn twice.
    Other,
}

impl StoreError {
    /// Whoever was to say whether it was committed never will.
    pub(crate) const fn unheard() -> Self {
        Self::Unavailable(sqlx::Error::WorkerCrashed)
    }
}

impl Table {
    fn named(name: &str) -> Self {
        match name {
            "request" => Self::Request,
            "binding" => Self::Binding,
            "account" => Self::Account,
            "contact_change" => Self::ContactChange,
            "proposal" => Self::Proposal,
            "contact_dispute" => Self::ContactDispute,
            "staff" | "staff_certificate" => Self::Staff,
            "trust_material" => Self::TrustMaterial,
            "calendar" => Self::Calendar,
            "workstation" | "workstation_capture" => Self::Workstation,
            "lock_ground" => Self::LockGround,
            "device" | "device_authority" => Self::Device,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Binding => "binding",
            Self::Account => "account",
            Self::ContactChange => "contact_change",
            Self::Proposal => "proposal",
            Self::ContactDispute => "contact_dispute",
            Self::Staff => "staff",
            Self::TrustMaterial => "trust_material",
            Self::Calendar => "calendar",
            Self::Workstation => "workstation",
            Self::Device => "device",
            Self::LockGround => "lock_ground",
            Self::Other => "another",
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(db) = &error else { return Self::Unavailable(error) };
        // PostgreSQL: serialization failure, deadlock. Both undo the transaction and ask for another try.
        if matches!(db.code().as_deref(), Some("40001" | "40P01")) {
            return Self::Changed;
        }
        if db.is_unique_violation() {
            // PostgreSQL names the table; SQLite says "UNIQUE constraint failed: table.column, …".
            let named = db.table().map(str::to_owned);
            let told = || db.message().split_once("failed: ").and_then(|(_, rest)| rest.split_once('.'));
            let table = named.or_else(|| told().map(|(table, _)| table.to_owned())).unwrap_or_default();
            return Self::Taken(Table::named(&table));
        }
        Self::Unavailable(error)
    }
}
