//! Who may act: roles, and the person or system behind a certificate.
//!
//! Who manages whom is in `management`, what takes a second person in `deed`, when an entry rests in `standing`, what proves that a person is there in
//! `step_up`.

mod deed;
mod management;
mod standing;
mod step_up;

pub use deed::Deed;
pub use management::{Managed, Manager, MayNot, VERBS, Verb, manage};
pub use standing::{DisabledFor, IdleDays, Standing, review_due_before};
pub use step_up::{NotStepped, RECOVERY_CODES, RecoveryCode, StaffTries, Typed};

use std::fmt;

use super::ids::{StaffId, Version};
use super::text::Malformed;
use super::time::Timestamp;

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
    /// A system that looks up immigration records.
    RegistryReader,
    /// Helps holders on the phone.
    Hotline,
    /// A system that feeds immigration records.
    RegistryWriter,
}

impl Role {
    /// Every role, in a fixed order.
    pub const ALL: [Self; 10] = [
        Self::Officer,
        Self::Supervisor,
        Self::Authority,
        Self::AppBackend,
        Self::Administrator,
        Self::Auditor,
        Self::Operator,
        Self::RegistryReader,
        Self::Hotline,
        Self::RegistryWriter,
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
            Self::RegistryReader => "registry_reader",
            Self::Hotline => "hotline",
            Self::RegistryWriter => "registry_writer",
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

    /// Whether a person has it. The others are systems: they have no working days, and nobody's telephone.
    pub const fn is_person(self) -> bool {
        !matches!(self, Self::Authority | Self::AppBackend | Self::RegistryReader | Self::RegistryWriter)
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

/// A person or system that may call: an entry of the staff directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffMember {
    /// Its name.
    pub id: StaffId,
    /// The certificate it shows.
    pub certificate: CertificateName,
    /// What it may do, and where.
    pub post: Post,
    /// When it was entered.
    pub registered_at: Timestamp,
    /// When it got its post: the day by which its office is to be read ([`super::office`]).
    pub posted_at: Timestamp,
    /// Whether somebody lets it call. It may rest all the same: [`StaffMember::standing`].
    pub enabled: bool,
    /// Why it is not enabled, if that was noted.
    pub disabled_for: Option<DisabledFor>,
    /// Its latest call, to the day.
    pub seen_at: Option<Timestamp>,
    /// From when its idle days are counted; absent for an entry of before they were, until the first count.
    pub active_at: Option<Timestamp>,
    /// When somebody last made sure that it is needed.
    pub reviewed_at: Option<Timestamp>,
    /// How often it was changed.
    pub version: Version,
}

impl StaffMember {
    /// A new entry, enabled, that was entered at `now`.
    pub const fn new(id: StaffId, certificate: CertificateName, post: Post, now: Timestamp) -> Self {
        Self {
            id,
            certificate,
            post,
            registered_at: now,
            posted_at: now,
            enabled: true,
            disabled_for: None,
            seen_at: None,
            active_at: Some(now),
            reviewed_at: None,
            version: Version::new(1),
        }
    }

    /// Whether it may call at `now`.
    pub fn standing(&self, idle: IdleDays, now: Timestamp) -> Standing {
        if !self.enabled {
            return Standing::Disabled;
        }
        let rests = self.post.role().is_person() && self.active_at.is_some_and(|at| at <= idle.before(now));
        if rests { Standing::Idle } else { Standing::Enabled }
    }
}

/// One of the certificates of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffCertificate {
    /// Its name.
    pub name: CertificateName,
    /// When it was entered.
    pub added_at: Timestamp,
    /// Whether it waits to be shown for the first time, in place of the others.
    pub announced: bool,
    /// When another took its place.
    pub ended_at: Option<Timestamp>,
}

/// A role, with the office that some roles belong to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    role: Role,
    office: Option<OfficeCode>,
}

impl Post {
    /// A post; `None` if the role needs an office and has none, or has one and needs none.
    pub fn new(role: Role, office: Option<OfficeCode>) -> Option<Self> {
        (role.has_office() == office.is_some()).then_some(Self { role, office })
    }

    /// The role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The office, for roles that belong to one.
    pub const fn office(&self) -> Option<&OfficeCode> {
        self.office.as_ref()
    }
}

/// A receiving site: two digits of the province and two of the site, `79-01`. A province may have several (DOMAIN 5.2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OfficeCode(String);

impl OfficeCode {
    /// Reads `PP-SS`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not an office. Write the two digits of the province and the two of the site, such as 79-01.",
            "Không phải mã đơn vị. Hãy ghi hai chữ số của tỉnh và hai chữ số của điểm tiếp nhận, ví dụ 79-01.",
        );
        let right = match text.as_bytes() {
            [a, b, b'-', c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_digit),
            _ => false,
        };
        right.then(|| Self(text.to_owned())).ok_or(WRONG)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OfficeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn officers_and_supervisors_have_an_office_and_nobody_else_has() {
        let office = || OfficeCode::parse("79-01").ok();
        for role in Role::ALL {
            assert_eq!(Post::new(role, office()).is_some(), role.has_office());
            assert_eq!(Post::new(role, None).is_some(), !role.has_office());
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }

    #[test]
    fn an_office_is_province_and_site() {
        for wrong in ["", "79", "7901", "79-1", "79-001", "٧٩-٠١", "ab-cd"] {
            assert!(OfficeCode::parse(wrong).is_err(), "{wrong}");
        }
    }
}
