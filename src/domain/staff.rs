//! Who may act: roles, and the person or system behind a certificate.

use std::fmt;

/// What a caller is here to do. Each method names the roles that may call it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Captures requests at an immigration office.
    Officer,
    /// Oversees the officers of an office.
    Supervisor,
    /// The identity authority's system, which decides.
    Authority,
    /// The backend of the mobile app.
    AppBackend,
    /// Changes phones and e-mail addresses.
    Administrator,
    /// Reads, never changes.
    Auditor,
    /// Keeps the service running.
    Operator,
}

impl Role {
    /// Every role, in a fixed order.
    pub const ALL: [Self; 7] = [
        Self::Officer,
        Self::Supervisor,
        Self::Authority,
        Self::AppBackend,
        Self::Administrator,
        Self::Auditor,
        Self::Operator,
    ];

    /// The name used in the directory, in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Supervisor => "supervisor",
            Self::Authority => "authority",
            Self::AppBackend => "app_backend",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Reads a name written by [`Role::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether holders of this role belong to an office.
    pub const fn has_office(self) -> bool {
        matches!(self, Self::Officer | Self::Supervisor)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the TLS layer proved about a caller: the certificate's issuer and its one SAN URI.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CertificateName {
    /// Distinguished name of the issuer, RFC 4514 text.
    pub issuer: String,
    /// The certificate's SAN URI.
    pub uri: String,
}
