//! Why an account is locked: the grounds, who may set and lift each of them, and what is told to whom (DOMAIN 1.8, R8).
//!
//! Owns one table of rules, which `docs/life.md` repeats, and the set of grounds: an account is open only if it is empty.
//! Refuses to know documents: when a passport or a right to reside ends is for [`super::life`].

mod ground;
mod set;

pub use ground::{Comes, Ground, GroundRule, LockClass, RULES};
pub use set::{GroundSet, LockGrounds};

use super::ids::{AccountId, LockId, OrderId};
use super::staff::Role;
use super::time::Timestamp;

/// A ground that was set by somebody: it stands until somebody lifts it. Those of expiry are never kept, but reckoned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lock {
    /// Its name.
    pub id: LockId,
    /// The account.
    pub account: AccountId,
    /// Why.
    pub ground: Ground,
    /// The order that it rests on, if it does.
    pub order: Option<OrderId>,
    /// Whether the holder is not to be told: an order may forbid it.
    pub is_silent: bool,
    /// Since when.
    pub since: Timestamp,
    /// When it was lifted, if it was.
    pub ended_at: Option<Timestamp>,
}

/// Why a ground is not set or not lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotLock {
    /// It comes and goes by itself: only a valid document makes it go.
    #[error("the ground comes and goes with the documents")]
    ByItself,
    /// It rests on an order, which goes its own way.
    #[error("the ground rests on an order")]
    ByOrder,
    /// This role may not.
    #[error("the ground is not for this role")]
    NotForRole,
    /// It was lifted before.
    #[error("the ground was lifted before")]
    Ended,
}

impl Ground {
    /// Whether somebody of this role may set it at their own word.
    ///
    /// # Errors
    /// If not, with the reason.
    pub fn settable_by(self, role: Role) -> Result<(), CannotLock> {
        let rule = self.rule();
        match rule.comes {
            Comes::ByItself => Err(CannotLock::ByItself),
            Comes::ByOrder => Err(CannotLock::ByOrder),
            Comes::Set => rule.setters.contains(&role).then_some(()).ok_or(CannotLock::NotForRole),
        }
    }
}

impl Lock {
    /// Whether somebody of this role may ask for it to be lifted. Another person agrees, whatever the ground (R14).
    ///
    /// # Errors
    /// If not, with the reason.
    pub fn liftable_by(&self, role: Role) -> Result<(), CannotLock> {
        let rule = self.ground.rule();
        match (self.ended_at, rule.comes) {
            (Some(_), _) => Err(CannotLock::Ended),
            (None, Comes::ByItself) => Err(CannotLock::ByItself),
            (None, _) => rule.lifters.contains(&role).then_some(()).ok_or(CannotLock::NotForRole),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn lock(ground: Ground) -> Lock {
        let account = AccountId::new(Uuid::nil());
        let since = Timestamp::from_micros(0);
        Lock { id: LockId::new(Uuid::nil()), account, ground, order: None, is_silent: false, since, ended_at: None }
    }

    #[test]
    fn every_ground_has_one_rule_in_the_order_of_the_table() {
        assert!(RULES.iter().map(|rule| rule.ground).eq(Ground::ALL));
        for ground in Ground::ALL {
            assert_eq!((Ground::from_name(ground.name()), ground.rule().ground), (Some(ground), ground));
        }
        assert_eq!(Ground::from_name("boredom"), None);
    }

    #[test]
    fn what_comes_by_itself_is_set_and_lifted_by_nobody() {
        for ground in Ground::ALL.into_iter().filter(|ground| ground.rule().comes == Comes::ByItself) {
            for role in Role::ALL {
                assert_eq!(ground.settable_by(role), Err(CannotLock::ByItself));
                assert_eq!(lock(ground).liftable_by(role), Err(CannotLock::ByItself));
            }
        }
    }

    #[test]
    fn an_order_is_followed_and_never_set_at_anybodys_own_word() {
        assert!(Role::ALL.iter().all(|role| Ground::Order.settable_by(*role) == Err(CannotLock::ByOrder)));
        assert_eq!(lock(Ground::Order).liftable_by(Role::Administrator), Ok(()));
        assert_eq!(lock(Ground::Order).liftable_by(Role::Officer), Err(CannotLock::NotForRole));
    }

    #[test]
    fn what_was_lifted_is_not_lifted_again_and_roles_keep_to_the_table() {
        let ended = Lock { ended_at: Some(Timestamp::from_micros(1)), ..lock(Ground::BreachOfTerms) };
        assert_eq!(ended.liftable_by(Role::Administrator), Err(CannotLock::Ended));
        for rule in &RULES {
            for role in Role::ALL {
                assert_eq!(rule.ground.settable_by(role).is_ok(), rule.setters.contains(&role));
                assert_eq!(lock(rule.ground).liftable_by(role).is_ok(), rule.lifters.contains(&role));
            }
        }
    }
}
