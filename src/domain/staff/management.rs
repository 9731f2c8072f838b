//! Who manages whom, and what takes a second person. `docs/staff.md` has the same table.
//!
//! Owns the rule alone: where somebody's office is today is told by the caller. Refuses to let anybody manage themselves.

use super::{OfficeCode, Role};
use crate::domain::ids::StaffId;

/// What a manager does with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Enters it.
    Register,
    /// Gives it another role or office.
    ChangePost,
    /// Ends what it may do.
    Disable,
    /// Lets it call again.
    Enable,
    /// Gives it another certificate.
    AddCertificate,
    /// Takes its authenticator away, so that it can enrol another.
    ResetTotp,
    /// Notes that it is needed.
    Review,
}

/// Every verb, in the order of the table.
pub const VERBS: [Verb; 7] = [
    Verb::Register,
    Verb::ChangePost,
    Verb::Disable,
    Verb::Enable,
    Verb::AddCertificate,
    Verb::ResetTotp,
    Verb::Review,
];

impl Verb {
    /// The name in documents and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ChangePost => "change-post",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::AddCertificate => "add-certificate",
            Self::ResetTotp => "reset-totp",
            Self::Review => "review",
        }
    }

    /// Whether it can give somebody more than they had.
    const fn gives(self) -> bool {
        matches!(self, Self::Register | Self::ChangePost | Self::Enable | Self::AddCertificate | Self::ResetTotp)
    }

    /// Whether it takes rights away.
    const fn takes(self) -> bool {
        matches!(self, Self::ChangePost | Self::Disable)
    }
}

/// Who manages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manager {
    /// Who.
    pub id: StaffId,
    /// In which role.
    pub role: Role,
    /// Where they are today.
    pub office: Option<OfficeCode>,
}

/// Whom: as the entry is, or as it would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Managed {
    /// Who; absent for an entry that is yet to be.
    pub id: Option<StaffId>,
    /// In which role.
    pub role: Role,
    /// Where they are today.
    pub office: Option<OfficeCode>,
}

/// Why somebody does not manage an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MayNot {
    /// It is their own.
    #[error("nobody manages themselves")]
    Oneself,
    /// It is somebody else's to manage.
    #[error("another person manages this entry")]
    NotTheirs,
}

/// Whether `by` may, and whether another person has to agree. `becomes` is what a change of post makes of the entry.
///
/// # Errors
/// If `by` does not manage the entry, before or after.
pub fn manage(by: &Manager, verb: Verb, of: &Managed, becomes: Option<&Managed>) -> Result<bool, MayNot> {
    for one in [Some(of), becomes].into_iter().flatten() {
        may(by, one)?;
    }
    let beyond_a_desk = |one: &Managed| one.role != Role::Officer;
    let gives = verb.gives() && beyond_a_desk(becomes.unwrap_or(of));
    // One administrator alone could shut out all others.
    let shuts_out = verb.takes() && of.role == Role::Administrator;
    Ok(gives || shuts_out)
}

fn may(by: &Manager, of: &Managed) -> Result<(), MayNot> {
    if of.id == Some(by.id) {
        return Err(MayNot::Oneself);
    }
    let theirs = match by.role {
        Role::Administrator => true,
        Role::Supervisor => of.role == Role::Officer && of.office.is_some() && of.office == by.office,
        _ => false,
    };
    theirs.then_some(()).ok_or(MayNot::NotTheirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> StaffId {
        StaffId::new(Uuid::from_u128(n))
    }

    fn manager(role: Role, office: Option<&str>) -> Manager {
        Manager { id: id(1), role, office: office.map(|office| OfficeCode::parse(office).unwrap()) }
    }

    fn managed(n: u128, role: Role, office: &str) -> Managed {
        let office = role.has_office().then(|| OfficeCode::parse(office).unwrap());
        Managed { id: Some(id(n)), role, office }
    }

    #[test]
    fn a_supervisor_manages_officers_of_their_own_office_and_nobody_else() {
        let by = manager(Role::Supervisor, Some("79-01"));
        for role in Role::ALL {
            for office in ["79-01", "79-02"] {
                let may = manage(&by, Verb::Disable, &managed(2, role, office), None).is_ok();
                assert_eq!(may, role == Role::Officer && office == "79-01", "{role} {office}");
            }
        }
        let nowhere = Managed { office: None, ..managed(2, Role::Officer, "79-01") };
        let seatless = manager(Role::Supervisor, None);
        assert_eq!(manage(&seatless, Verb::Disable, &nowhere, None), Err(MayNot::NotTheirs), "nowhere is no office");
    }

    #[test]
    fn a_supervisor_neither_promotes_nor_moves_an_officer_away() {
        let by = manager(Role::Supervisor, Some("79-01"));
        let officer = managed(2, Role::Officer, "79-01");
        for becomes in [managed(2, Role::Supervisor, "79-01"), managed(2, Role::Officer, "79-02")] {
            assert_eq!(manage(&by, Verb::ChangePost, &officer, Some(&becomes)), Err(MayNot::NotTheirs));
        }
    }

    #[test]
    fn an_administrator_manages_everyone_and_the_other_roles_nobody() {
        for role in Role::ALL {
            let by = manager(role, role.has_office().then_some("79-01"));
            for of in Role::ALL.map(|of| managed(2, of, "79-02")) {
                assert_eq!(manage(&by, Verb::Review, &of, None).is_ok(), role == Role::Administrator, "{role} {of:?}");
            }
        }
    }

    #[test]
    fn nobody_manages_themselves() {
        for verb in VERBS {
            let own = managed(1, Role::Administrator, "79-01");
            assert_eq!(manage(&manager(Role::Administrator, None), verb, &own, None), Err(MayNot::Oneself));
        }
    }

    #[test]
    fn what_gives_rights_beyond_a_desk_takes_a_second_person_and_ending_them_does_not() {
        let by = manager(Role::Administrator, None);
        for role in Role::ALL {
            for verb in VERBS {
                let two = manage(&by, verb, &managed(2, role, "79-01"), None).unwrap();
                let due = match role {
                    Role::Officer => false,
                    Role::Administrator => verb != Verb::Review,
                    _ => !matches!(verb, Verb::Disable | Verb::Review),
                };
                assert_eq!(two, due, "{role} {}", verb.name());
            }
        }
    }

    #[test]
    fn a_promotion_takes_two_and_so_does_an_administrators_fall() {
        let by = manager(Role::Administrator, None);
        let change = |from: Role, to: Role| {
            manage(&by, Verb::ChangePost, &managed(2, from, "79-01"), Some(&managed(2, to, "79-02"))).unwrap()
        };
        assert!(!change(Role::Officer, Role::Officer) && !change(Role::Supervisor, Role::Officer));
        assert!(change(Role::Officer, Role::Supervisor) && change(Role::Administrator, Role::Officer));
    }
}
