//! Sets of grounds. One that locks an account is never empty.

use super::{Comes, Ground, LockClass};

/// Grounds, each at most once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct GroundSet(u8);

impl GroundSet {
    const fn bit(ground: Ground) -> u8 {
        1 << ground as u8
    }

    /// With this one.
    #[must_use]
    pub const fn with(self, ground: Ground) -> Self {
        Self(self.0 | Self::bit(ground))
    }

    /// Whether it is among them.
    pub const fn contains(self, ground: Ground) -> bool {
        self.0 & Self::bit(ground) != 0
    }

    /// Each of them, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Ground> {
        Ground::ALL.into_iter().filter(move |ground| self.contains(*ground))
    }

    /// As the store keeps it: a number of its own for each set.
    pub const fn number(self) -> i64 {
        self.0 as i64
    }

    /// Reads what [`GroundSet::number`] wrote; `None` for what it never writes. Grounds that come by themselves are not kept.
    pub fn from_number(number: i64) -> Option<Self> {
        let set = u8::try_from(number).ok().map(Self)?;
        let known = set.iter().collect::<Self>() == set;
        let kept = set.iter().all(|ground| ground.rule().comes != Comes::ByItself);
        (known && kept).then_some(set)
    }
}

impl FromIterator<Ground> for GroundSet {
    fn from_iter<I: IntoIterator<Item = Ground>>(grounds: I) -> Self {
        grounds.into_iter().fold(Self::default(), Self::with)
    }
}

/// The grounds by which an account is locked: at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct LockGrounds(GroundSet);

impl LockGrounds {
    /// These grounds; `None` if there is none, and nothing is locked.
    pub fn new(set: GroundSet) -> Option<Self> {
        (set != GroundSet::default()).then_some(Self(set))
    }

    /// Each of them, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Ground> {
        self.0.iter()
    }

    /// What the app is told: of several, the one that takes most to be rid of.
    pub fn class(self) -> LockClass {
        self.iter().map(|ground| ground.rule().class).min().unwrap_or(LockClass::Office)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_set_locks_nothing() {
        assert_eq!(LockGrounds::new(GroundSet::default()), None);
        assert!(Ground::ALL.into_iter().all(|ground| LockGrounds::new(GroundSet::default().with(ground)).is_some()));
    }

    #[test]
    fn of_several_grounds_the_hardest_is_told() {
        let class = |grounds: &[Ground]| LockGrounds::new(grounds.iter().copied().collect()).unwrap().class();
        assert_eq!(class(&[Ground::HolderRequest]), LockClass::HolderRequest);
        assert_eq!(class(&[Ground::HolderRequest, Ground::ResidenceExpired]), LockClass::ResidenceExpired);
        assert_eq!(class(&[Ground::Order, Ground::PassportExpired, Ground::HolderRequest]), LockClass::Office);
        for class in LockClass::ALL {
            assert_eq!(LockClass::from_name(class.name()), Some(class));
        }
    }

    #[test]
    fn sets_are_read_back_and_what_is_reckoned_is_never_kept() {
        let kept: GroundSet = [Ground::Death, Ground::Order].into_iter().collect();
        assert_eq!(GroundSet::from_number(kept.number()), Some(kept));
        assert_eq!(GroundSet::from_number(kept.with(Ground::PassportExpired).number()), None);
        assert_eq!((GroundSet::from_number(-1), GroundSet::from_number(128)), (None, None));
    }
}
