//! The list of those who need a hand: on which shelf an account lies, and where a page of the list ends.

use super::obstacle::Obstacle;
use crate::domain::ids::AccountId;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::domain::working_list::{ListName, NOT_A_PAGE_TOKEN};

/// Shelves of the list, the most urgent first. An account lies on one of them, or needs nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Shelf {
    /// The days for activation run: those that end soonest first.
    Open,
    /// They have not begun, as the notice has not gone out: the oldest first.
    Unsent,
    /// They are over: those that ended last first.
    Lapsed,
    /// Active without a device: the oldest first.
    Deviceless,
}

impl Shelf {
    /// Every one, in the order of the list.
    pub const ALL: [Self; 4] = [Self::Open, Self::Unsent, Self::Lapsed, Self::Deviceless];

    /// Those on which accounts with that obstacle lie.
    pub const fn of(obstacle: Obstacle) -> &'static [Self] {
        match obstacle {
            Obstacle::WindowLapsed => &[Self::Lapsed],
            Obstacle::NoDevice => &[Self::Deviceless],
            _ => &[Self::Open, Self::Unsent],
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Unsent => 2,
            Self::Lapsed => 3,
            Self::Deviceless => 4,
        }
    }
}

/// A place in the list, behind which the next page begins. Which windows have lapsed is fixed with the first page, so that
/// none moves from shelf to shelf between two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListPlace {
    /// When the first page was asked for.
    pub asked_at: Timestamp,
    /// The shelf.
    pub shelf: Shelf,
    /// The account behind which it goes on: its instant on that shelf and its name. `None`: at the beginning of the shelf.
    pub after: Option<(Timestamp, AccountId)>,
}

impl ListPlace {
    /// What a client sends to get the next page of that list.
    pub fn token(&self, list: &ListName) -> Vec<u8> {
        let (at, id) = self.after.map_or((0, [0; 16]), |(at, id)| (at.micros(), *id.uuid().as_bytes()));
        let mut key = [0; 34];
        let fields =
            [&self.asked_at.micros().to_be_bytes()[..], &[self.shelf.number(), u8::from(self.after.is_some())]];
        let bytes = fields.concat().into_iter().chain(at.to_be_bytes()).chain(id);
        key.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        list.token(key)
    }

    /// Reads a token of that list.
    ///
    /// # Errors
    /// If it is none, or one of another list.
    pub fn read(token: &[u8], list: &ListName) -> Result<Self, Malformed> {
        let key: [u8; 34] = list.key(token)?;
        parse(&key).ok_or(NOT_A_PAGE_TOKEN)
    }
}

fn parse(key: &[u8]) -> Option<ListPlace> {
    let (asked_at, rest) = key.split_first_chunk()?;
    let ([shelf, behind], rest) = rest.split_first_chunk()?;
    let (at, id) = rest.split_first_chunk()?;
    let shelf = Shelf::ALL.into_iter().find(|one| one.number() == *shelf)?;
    let instant = |bytes: &[u8; 8]| Timestamp::from_micros(i64::from_be_bytes(*bytes));
    let last = (instant(at), AccountId::new(uuid::Uuid::from_slice(id).ok()?));
    Some(ListPlace { asked_at: instant(asked_at), shelf, after: (*behind == 1).then_some(last) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_in_its_own_list_only() {
        let list = ListName::of_follow_up("79-01", None);
        let id = AccountId::new(uuid::Uuid::from_u128(7));
        for shelf in Shelf::ALL {
            for after in [None, Some((Timestamp::from_micros(-3), id))] {
                let place = ListPlace { asked_at: Timestamp::from_micros(9), shelf, after };
                let token = place.token(&list);
                assert_eq!(ListPlace::read(&token, &list), Ok(place));
                for other in [
                    ListName::of_follow_up("79-02", None),
                    ListName::of_follow_up("79-01", Some(Obstacle::NoDevice)),
                    ListName::of_proposals(None),
                ] {
                    assert!(ListPlace::read(&token, &other).is_err());
                }
                assert!(ListPlace::read(&token[1..], &list).is_err());
            }
        }
    }

    #[test]
    fn every_obstacle_is_looked_for_on_some_shelf() {
        assert!(Obstacle::ALL.into_iter().all(|obstacle| !Shelf::of(obstacle).is_empty()));
    }
}
