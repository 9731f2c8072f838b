//! Who may look for people by what, and how much of a person they are shown: one table.
//!
//! Each role finds by what it has before it: an officer by the documents that lie on the counter, the hotline by what a
//! caller can say. Nobody lists people without a value to look for.

use super::contact::{Email, Phone};
use super::staff::Role;

/// By what a person is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchKind {
    /// Identification number.
    Number,
    /// Passport or travel document.
    Document,
    /// Residence card.
    Card,
    /// Phone.
    Phone,
    /// E-mail address.
    Email,
    /// Name, day of birth and nationality together.
    Name,
    /// The request that the account was issued on.
    Enrolment,
}

/// How much of a contact is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Enough to recognise: last digits, or first letter and domain.
    Ends,
    /// That there is one.
    Presence,
}

/// What a role may look for, and what it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Disclosure {
    /// By what it may look.
    pub searches: &'static [SearchKind],
    /// Of the phone.
    pub phone: Extent,
    /// Of the e-mail address.
    pub email: Extent,
}

impl SearchKind {
    /// Every kind, in a fixed order.
    pub const ALL: [Self; 7] =
        [Self::Number, Self::Document, Self::Card, Self::Phone, Self::Email, Self::Name, Self::Enrolment];

    /// The name in the audit log and in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Document => "document",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Name => "name",
            Self::Enrolment => "enrolment",
        }
    }
}

impl Extent {
    /// The name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ends => "ends",
            Self::Presence => "presence",
        }
    }

    /// A phone, as far as it is shown.
    pub fn of_phone(self, phone: &Phone) -> String {
        match self {
            Self::Ends => phone.masked(),
            Self::Presence => HIDDEN.to_owned(),
        }
    }

    /// An address, as far as it is shown.
    pub fn of_email(self, email: &Email) -> String {
        match self {
            Self::Ends => email.masked(),
            Self::Presence => HIDDEN.to_owned(),
        }
    }
}

const HIDDEN: &str = "•••";

/// What a role may look for, and what it is shown; `None` if it looks for nobody.
pub const fn disclosure(role: Role) -> Option<Disclosure> {
    use SearchKind::{Card, Document, Email, Enrolment, Name, Number, Phone};
    let (searches, phone, email): (&'static [SearchKind], _, _) = match role {
        Role::Officer | Role::Supervisor => (&[Number, Document, Card, Enrolment], Extent::Ends, Extent::Presence),
        Role::Administrator => (&SearchKind::ALL, Extent::Ends, Extent::Ends),
        Role::Hotline => (&[Number, Document, Phone, Email, Name], Extent::Ends, Extent::Ends),
        Role::Auditor => (&[Number, Document, Card, Enrolment], Extent::Presence, Extent::Presence),
        Role::Authority | Role::AppBackend | Role::Operator | Role::RegistryReader | Role::RegistryWriter => {
            return None;
        }
    };
    Some(Disclosure { searches, phone, email })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_presence_says_nothing_of_the_value() {
        let (phone, email) = (Phone::parse("0912345678").unwrap(), Email::parse("anna@example.com").unwrap());
        assert_eq!(Extent::Presence.of_phone(&phone), Extent::Presence.of_email(&email));
        assert!(Extent::Ends.of_phone(&phone).ends_with("678") && Extent::Ends.of_email(&email).starts_with("a•••@"));
    }

    #[test]
    fn systems_look_for_nobody_and_an_office_not_by_what_is_not_on_its_counter() {
        for role in [Role::Authority, Role::AppBackend, Role::Operator, Role::RegistryReader, Role::RegistryWriter] {
            assert!(disclosure(role).is_none(), "{role}");
        }
        let office = disclosure(Role::Officer).unwrap();
        for kind in [SearchKind::Phone, SearchKind::Email, SearchKind::Name] {
            assert!(!office.searches.contains(&kind), "{}", kind.name());
        }
    }
}
