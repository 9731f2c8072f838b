//! The practice callers: one of each kind that uses the service. Owns their names, roles and offices.

use sha2::{Digest as _, Sha256};

use crate::domain::device::{SECRET_BYTES, TotpSecret};
use crate::domain::staff::Role;

/// Someone who calls the service in practice runs, with a client certificate of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PracticeCaller {
    /// The name of the certificate and key files, and the end of the SAN URI.
    pub stem: &'static str,
    /// What the caller is here to do.
    pub role: Role,
    /// The office, for roles that have one.
    pub office: Option<&'static str>,
}

impl PracticeCaller {
    /// Every practice caller.
    pub const ALL: [Self; 14] = [
        Self { stem: "officer-79-01", role: Role::Officer, office: Some("79-01") },
        Self { stem: "officer-01-01", role: Role::Officer, office: Some("01-01") },
        Self { stem: "supervisor-79-01", role: Role::Supervisor, office: Some("79-01") },
        Self { stem: "authority", role: Role::Authority, office: None },
        Self { stem: "app-backend", role: Role::AppBackend, office: None },
        Self { stem: "administrator", role: Role::Administrator, office: None },
        Self { stem: "auditor", role: Role::Auditor, office: None },
        Self { stem: "operator", role: Role::Operator, office: None },
        Self { stem: "registry-reader", role: Role::RegistryReader, office: None },
        Self { stem: "registry-writer", role: Role::RegistryWriter, office: None },
        Self { stem: "hotline", role: Role::Hotline, office: None },
        Self { stem: "administrator-2", role: Role::Administrator, office: None },
        // The second persons that trust material and reopenings take.
        Self { stem: "hotline-2", role: Role::Hotline, office: None },
        Self { stem: "operator-2", role: Role::Operator, office: None },
    ];

    /// The secret of the caller's authenticator. Everybody who reads this knows it: practice callers protect nothing.
    pub fn totp(stem: &str) -> TotpSecret {
        let mut secret = [0; SECRET_BYTES];
        let drawn = Sha256::digest(format!("eid practice authenticator of {stem}"));
        secret.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        TotpSecret::new(secret)
    }

    /// The SAN URI of the caller's certificate.
    pub fn uri(&self) -> String {
        format!("urn:eid:practice:{}", self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_practised_and_has_an_office_where_it_needs_one() {
        for role in Role::ALL {
            assert!(PracticeCaller::ALL.iter().any(|caller| caller.role == role), "{role}");
        }
        for caller in PracticeCaller::ALL {
            assert_eq!(caller.office.is_some(), caller.role.has_office(), "{}", caller.stem);
        }
    }
}
