//! What is done with an entry of the directory if a second person agrees.

use super::{CertificateName, OfficeCode, Post, Role, Verb};

/// What is to be done with an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It may call: for the first time, or again.
    Enable,
    /// It gets another role or office.
    ChangePost(Post),
    /// It gets another certificate.
    AddCertificate(CertificateName),
    /// Its authenticator is taken away.
    ResetTotp,
    /// It may not call any more.
    Disable,
}

impl Deed {
    /// What a manager does.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Enable => Verb::Enable,
            Self::ChangePost(_) => Verb::ChangePost,
            Self::AddCertificate(_) => Verb::AddCertificate,
            Self::ResetTotp => Verb::ResetTotp,
            Self::Disable => Verb::Disable,
        }
    }

    /// Whether the person whom it is about may be the second one: only for what takes something from them.
    pub const fn may_be_agreed_to_by_its_subject(&self) -> bool {
        matches!(self, Self::Disable)
    }

    /// The text the store keeps: the verb, and a line for each thing that there is to say beside it.
    pub fn text(&self) -> String {
        let verb = self.verb().name();
        match self {
            Self::ChangePost(post) => {
                format!("{verb}\n{}\n{}", post.role(), post.office().map_or("", OfficeCode::as_str))
            }
            Self::AddCertificate(name) => format!("{verb}\n{}\n{}", name.issuer, name.uri),
            Self::Enable | Self::ResetTotp | Self::Disable => verb.to_owned(),
        }
    }

    /// Reads what [`Deed::text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        let lines: Vec<_> = text.split('\n').collect();
        match lines.as_slice() {
            ["enable"] => Some(Self::Enable),
            ["reset-totp"] => Some(Self::ResetTotp),
            ["disable"] => Some(Self::Disable),
            ["change-post", role, office] => {
                let office = (!office.is_empty()).then(|| OfficeCode::parse(office)).transpose().ok()?;
                Post::new(Role::from_name(role)?, office).map(Self::ChangePost)
            }
            ["add-certificate", issuer, uri] => {
                Some(Self::AddCertificate(CertificateName { issuer: (*issuer).to_owned(), uri: (*uri).to_owned() }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_read_as_it_was_written() {
        let office = OfficeCode::parse("79-01").ok();
        let deeds = [
            Deed::Enable,
            Deed::ResetTotp,
            Deed::Disable,
            Deed::ChangePost(Post::new(Role::Supervisor, office).unwrap()),
            Deed::ChangePost(Post::new(Role::Auditor, None).unwrap()),
            Deed::AddCertificate(CertificateName { issuer: "CN=CA,O=A".into(), uri: "urn:x:y".into() }),
        ];
        for deed in deeds {
            assert_eq!(Deed::from_text(&deed.text()), Some(deed));
        }
        for wrong in ["", "review", "change-post\nofficer\n", "change-post\nauditor\n79-01", "add-certificate"] {
            assert_eq!(Deed::from_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whoever_gains_by_a_deed_is_not_its_second_person() {
        assert!(Deed::Disable.may_be_agreed_to_by_its_subject());
        assert!(!Deed::Enable.may_be_agreed_to_by_its_subject() && !Deed::ResetTotp.may_be_agreed_to_by_its_subject());
    }
}
