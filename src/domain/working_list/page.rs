//! Pages: newest first, each beginning below the last request of the one before. What arrives meanwhile is above, and what
//! changes its state keeps its place; so no page shows a request again, and none leaves out what matched all the while.

use super::filter::Filter;
use crate::domain::enrolment::StageName;
use crate::domain::follow_up::Obstacle;
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::proposal::ProposalKind;
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::domain::token::{Reader, Writer, hash};

const VERSION: u8 = 1;

/// What is no page token at all.
pub const NOT_A_PAGE_TOKEN: Malformed = Malformed::new(
    "Not a page token. Send next_page_token of the page before, unchanged.",
    "Không phải mã trang. Hãy gửi nguyên next_page_token của trang trước.",
);
const OF_ANOTHER_LIST: Malformed = Malformed::new(
    "This page token is of a list with other filters or of another office. Ask with the fields of the page before, or \
     without a token for the first page.",
    "Mã trang này thuộc danh sách có bộ lọc khác hoặc của đơn vị khác. Hãy dùng đúng các trường của trang trước, hoặc bỏ \
     mã trang để xem trang đầu.",
);

/// Which list a page is of: all that was asked for, as a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListName([u8; 16]);

impl ListName {
    /// The list of an office's requests under `filter`; `offices` says by which map they are asked for.
    pub fn new(office: &OfficeCode, offices: &str, filter: &Filter) -> Self {
        let stages: Vec<_> = filter.stages().iter().copied().map(StageName::name).collect();
        let (from, until) = filter.received();
        Self(hash(&[
            office.as_str().as_bytes(),
            offices.as_bytes(),
            stages.join(",").as_bytes(),
            &from.micros().to_be_bytes(),
            &until.micros().to_be_bytes(),
            &[u8::from(filter.is_overdue())],
        ]))
    }

    /// The list of what was handed to the authority in `from..until`.
    pub fn of_hand_overs(from: Timestamp, until: Timestamp) -> Self {
        Self(hash(&[b"hand-overs", &from.micros().to_be_bytes(), &until.micros().to_be_bytes()]))
    }

    /// The list of what happened to a request.
    pub fn of_events(id: EnrolmentId) -> Self {
        Self(hash(&[b"events", id.uuid().as_bytes()]))
    }

    /// The list of proposals that wait: of one kind, or of any.
    pub fn of_proposals(kind: Option<ProposalKind>) -> Self {
        Self(hash(&[b"proposals", kind.map_or("", ProposalKind::name).as_bytes()]))
    }

    /// The list of orders of which a step is due.
    pub fn of_orders() -> Self {
        Self(hash(&[b"orders"]))
    }

    /// The list of orders of an account, decided ones too.
    pub fn of_account_orders(account: AccountId) -> Self {
        Self(hash(&[b"account-orders", account.uuid().as_bytes()]))
    }

    /// The list of entries of the staff directory of a role, of an office, or whose review is due; of any if not told.
    pub fn of_staff(role: &str, office: &str, review_due: bool) -> Self {
        Self(hash(&[b"staff", role.as_bytes(), office.as_bytes(), &[u8::from(review_due)]]))
    }

    /// The list of accounts that need a hand: of an office, or of all if it is empty; for one reason, or any.
    pub fn of_follow_up(office: &str, obstacle: Option<Obstacle>) -> Self {
        let obstacle = obstacle.map_or("", Obstacle::name);
        Self(hash(&[b"follow-up", office.as_bytes(), obstacle.as_bytes()]))
    }

    /// What a client sends to get the page of this list that begins behind `key`.
    pub fn token<const N: usize>(&self, key: [u8; N]) -> Vec<u8> {
        Writer::new(VERSION).put(&self.0).put(&key).finish()
    }

    /// The key of a token of this list.
    ///
    /// # Errors
    /// If it is none, or one of another list.
    pub fn key<const N: usize>(&self, token: &[u8]) -> Result<[u8; N], Malformed> {
        let (named, key) = parse(token).ok_or(NOT_A_PAGE_TOKEN)?;
        if named == self.0 { Ok(key) } else { Err(OF_ANOTHER_LIST) }
    }
}

fn parse<const N: usize>(token: &[u8]) -> Option<([u8; 16], [u8; N])> {
    let mut reader = Reader::open(token, VERSION)?;
    let (named, key) = (reader.take()?, reader.take()?);
    reader.is_at_end().then_some((named, key))
}

/// The last request of a page. The next page begins behind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PageEnd {
    /// When it was taken in; of what was handed over, up to when the list goes.
    pub at: Timestamp,
    /// Its name, which decides between those of the same instant.
    pub id: EnrolmentId,
}

impl PageEnd {
    /// What a client sends to get the next page of that list.
    pub fn token(self, list: &ListName) -> Vec<u8> {
        let mut key = [0; 24];
        let (at, id) = key.split_at_mut(8);
        at.copy_from_slice(&self.at.micros().to_be_bytes());
        id.copy_from_slice(self.id.uuid().as_bytes());
        list.token(key)
    }

    /// Reads a token of that list.
    ///
    /// # Errors
    /// If it is none, or one of another list.
    pub fn read(token: &[u8], list: &ListName) -> Result<Self, Malformed> {
        let key: [u8; 24] = list.key(token)?;
        let (at, id) = key.split_first_chunk().ok_or(NOT_A_PAGE_TOKEN)?;
        let id = uuid::Uuid::from_slice(id).map_err(|_| NOT_A_PAGE_TOKEN)?;
        Ok(Self { at: Timestamp::from_micros(i64::from_be_bytes(*at)), id: EnrolmentId::new(id) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::enrolment::Holder;

    fn office(code: &str) -> OfficeCode {
        OfficeCode::parse(code).unwrap()
    }

    fn end() -> PageEnd {
        PageEnd { at: Timestamp::from_micros(-7), id: EnrolmentId::new(uuid::Uuid::from_u128(9)) }
    }

    #[test]
    fn a_token_leads_back_to_the_end_of_its_page() {
        let list = ListName::new(&office("79-01"), "", &Filter::all());
        assert_eq!(PageEnd::read(&end().token(&list), &list), Ok(end()));
    }

    #[test]
    fn a_token_serves_its_own_list_only() {
        let (all, here) = (Filter::all(), office("79-01"));
        let at = Timestamp::from_micros;
        let list = ListName::new(&here, "", &all);
        let token = end().token(&list);
        for other in [
            ListName::new(&office("79-02"), "", &all),
            ListName::new(&here, "79-01", &all),
            ListName::new(&here, "", &all.clone().overdue()),
            ListName::new(&here, "", &all.clone().held_by(Holder::Office)),
            ListName::new(&here, "", &all.clone().in_stages(&[StageName::Issued])),
            ListName::new(&here, "", &all.clone().received_from(at(1))),
            ListName::new(&here, "", &all.clone().received_until(at(1))),
            ListName::of_hand_overs(at(1), at(2)),
            ListName::of_events(end().id),
        ] {
            assert_eq!(PageEnd::read(&token, &other), Err(OF_ANOTHER_LIST));
        }
    }

    #[test]
    fn what_is_damaged_is_no_token() {
        let list = ListName::new(&office("79-01"), "", &Filter::all());
        let token = end().token(&list);
        for at in 0..token.len() {
            let mut damaged = token.clone();
            damaged[at] ^= 1;
            assert_eq!(PageEnd::read(&damaged, &list), Err(NOT_A_PAGE_TOKEN), "{at}");
            assert_eq!(PageEnd::read(&token[..at], &list), Err(NOT_A_PAGE_TOKEN), "{at}");
        }
        assert_eq!(PageEnd::read(&[token, vec![0]].concat(), &list), Err(NOT_A_PAGE_TOKEN));
    }
}
