//! One type for each kind of identifier, so that an account is never taken for a request.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text::Malformed;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Names what the UUID names.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The UUID's 16 bytes.
            pub const fn bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// Reads a UUID in its usual hyphenated form.
            ///
            /// # Errors
            /// If it is anything else.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                let hyphenated = text.len() == 36;
                hyphenated.then(|| Uuid::try_parse(text).ok()).flatten().map(Self).ok_or(NOT_A_UUID)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

const NOT_A_UUID: Malformed = Malformed::new(
    "Not a UUID. Write 8-4-4-4-12 hexadecimal digits.",
    "Không phải UUID. Hãy viết theo dạng 8-4-4-4-12 chữ số thập lục phân.",
);

ids! {
    /// A request for an account.
    EnrolmentId;
    /// An account.
    AccountId;
    /// A challenge for active authentication.
    ChallengeId;
    /// A person or system of the staff directory.
    StaffId;
    /// The authority's lease on a batch of requests.
    LeaseId;
    /// One code that was sent.
    CodeId;
    /// A change of phone or e-mail address.
    ChangeId;
    /// Something that waits for a second person.
    ProposalId;
    /// One capture, and the object that it is in the archive.
    CaptureId;
    /// A message in the outbox.
    MessageId;
    /// An audit entry.
    EntryId;
    /// A file of trust material.
    MaterialId;
    /// A device that is or was bound to an account.
    DeviceId;
    /// A record that a holder stood at a counter.
    ProofId;
    /// A client's name for one call, which makes a repeat harmless.
    RequestId;
    /// One import of records of the immigration database.
    ImportId;
}

/// How often a record has been changed; a save names the version it saw.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(i64);

impl Version {
    /// The version of a record that is not there yet.
    pub const NONE: Self = Self(0);

    /// As the store keeps it.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// As the store keeps it.
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hyphenated_uuids_are_identifiers() {
        assert!(AccountId::parse("01937e3a-3f4a-7c3b-8000-000000000001").is_ok());
        for wrong in ["", "1", "01937e3a3f4a7c3b8000000000000001", "{01937e3a-3f4a-7c3b-8000-00000000001}", "zz"] {
            assert_eq!(AccountId::parse(wrong), Err(NOT_A_UUID), "{wrong}");
        }
    }
}
