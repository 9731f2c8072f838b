//! The life of accounts: grounds, documents, facts of cards in any order, the end, and looks at what comes by itself.

use eid::domain::account_event::{AccountVerb, Shard};
use eid::domain::contact::{AccountPrint, ContactKind, FailureReason};
use eid::domain::ids::{AccountId, DocumentId, LockId, OrderId, UpdateId, Version};
use eid::domain::life::{CardFact, ClosingReason, DocumentKind, Hold, Warned};
use eid::domain::lock::{Ground, Lock, LockClass};
use eid::domain::order::{Order, OrderKind, OrderState, Step, StepDue};
use eid::domain::record::ResidenceStatus;
use eid::domain::sealed::BlindIndex;
use eid::domain::time::Timestamp;
use eid::store::{
    AccountKey, Change, LifeLook, NotedCard, StoredAccount, StoredDocument, StoredLock, StoredName, StoredOrder,
    StoredUpdate, Table,
};
use time::Date;

use super::scene::{Outcome, Scene, race};
use crate::support::records::{NOW, edition, later};

/// So many days after [`NOW`].
fn day(days: i64) -> Date {
    NOW.local_date().saturating_add(time::Duration::days(days))
}

impl Scene {
    async fn lived(&self, id: AccountId) -> StoredAccount {
        self.reader().await.account(id).await.unwrap().unwrap()
    }

    async fn told(&self, id: AccountId) -> Vec<AccountVerb> {
        let stream = self.reader().await.account_events_after(Shard::of(id), 0, 1_000).await.unwrap();
        let events = stream.into_iter().map(|stored| stored.event).filter(|event| event.account == id);
        events.map(|event| event.verb).filter(|verb| *verb != AccountVerb::Issued).collect()
    }

    fn ground(&self, account: AccountId, ground: Ground, order: Option<OrderId>) -> StoredLock {
        let id = LockId::new(self.make.id());
        let lock = Lock { id, account, ground, order, is_silent: false, since: NOW, ended_at: None };
        StoredLock { lock, evidence: self.make.sealed(), set_by: self.officer.id, ended: None }
    }

    pub(super) fn paper(&self, account: AccountId, kind: DocumentKind, (from, until): (i64, i64)) -> StoredDocument {
        StoredDocument {
            id: DocumentId::new(self.make.id()),
            account,
            kind,
            index: self.make.index(),
            content: self.make.sealed(),
            issued_on: day(from),
            valid_until: day(until),
            added_by: self.officer.id.uuid(),
            added_at: NOW,
        }
    }

    /// Documents join an account as it is now.
    pub(super) async fn add(&self, id: AccountId, documents: Vec<StoredDocument>) -> Change {
        Change::AddDocuments(id, documents, self.lived(id).await.version)
    }

    async fn hold_at(&self, id: AccountId, at: Timestamp) -> Hold {
        self.lived(id).await.account.life.hold(at)
    }
}

fn set(lock: &StoredLock) -> Change {
    Change::SetLock(Box::new(lock.clone()))
}

fn fact(card: &BlindIndex, status: ResidenceStatus, until: i64, recorded: u64) -> NotedCard {
    NotedCard { card: card.clone(), fact: CardFact { status, valid_until: day(until), recorded_at: later(recorded) } }
}

#[tokio::test]
async fn an_account_is_open_only_when_its_last_ground_was_lifted() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let (own, breach) = (scene.ground(id, Ground::HolderRequest, None), scene.ground(id, Ground::BreachOfTerms, None));
    scene.done([set(&own)]).await;
    scene.done([set(&breach)]).await;
    assert_eq!(scene.hold_at(id, NOW).await, Hold::Locked(LockClass::Office));
    let end = |lock: &StoredLock| Change::EndLock(lock.lock.id, scene.officer.id, scene.make.sealed());
    scene.done([end(&breach)]).await;
    assert_eq!(scene.hold_at(id, NOW).await, Hold::Locked(LockClass::HolderRequest), "the other one stands");
    assert_eq!(scene.commit([end(&breach)]).await, Outcome::Changed);
    scene.done([end(&own)]).await;
    assert_eq!(scene.hold_at(id, NOW).await, Hold::Open);
    assert_eq!(
        scene.told(id).await,
        [AccountVerb::Locked, AccountVerb::Locked, AccountVerb::Locked, AccountVerb::Unlocked]
    );
    let kept = scene.reader().await.locks(id).await.unwrap();
    assert!(kept.iter().all(|lock| lock.lock.ended_at == Some(NOW) && lock.ended.is_some()), "nothing is deleted");
    let one = scene.reader().await.lock(own.lock.id).await.unwrap().unwrap();
    assert_eq!((one.lock.ground, &one.evidence, one.set_by), (Ground::HolderRequest, &own.evidence, scene.officer.id));
}

#[tokio::test]
async fn a_ground_stands_once_and_orders_stand_beside_one_another() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let own = scene.ground(id, Ground::HolderRequest, None);
    scene.done([set(&own)]).await;
    let again = scene.ground(id, Ground::HolderRequest, None);
    assert_eq!(scene.commit([set(&again)]).await, Outcome::Taken(Table::LockGround));
    for _ in 0..2 {
        let order = OrderId::new(scene.make.id());
        scene.done([set(&scene.ground(id, Ground::Order, Some(order)))]).await;
    }
    let orders = scene.reader().await.locks(id).await.unwrap();
    assert_eq!(orders.iter().filter(|lock| lock.lock.order.is_some()).count(), 2);
    scene.done([Change::EndLock(own.lock.id, scene.officer.id, scene.make.sealed()), set(&again)]).await;
}

#[tokio::test]
async fn what_was_decided_on_an_account_as_it_was_before_its_lock_is_not_saved() {
    let scene = Scene::new().await;
    let before = scene.account().await;
    scene.done([set(&scene.ground(before.account.id, Ground::SuspectedCompromise, None))]).await;
    assert_eq!(scene.commit([Change::SaveAccount(Box::new(before))]).await, Outcome::Changed);
}

#[tokio::test]
async fn documents_are_found_and_the_account_keeps_the_days_that_decide() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    assert!(!scene.lived(id).await.papers_known);
    let passport = scene.paper(id, DocumentKind::Passport, (-9, 100));
    let card = scene.paper(id, DocumentKind::TemporaryCard, (-9, 50));
    scene.done([scene.add(id, vec![passport.clone(), card.clone()]).await]).await;
    let account = scene.lived(id).await;
    let papers = account.account.life.papers;
    assert!(account.papers_known);
    assert_eq!((papers.passport_until, papers.residence_until), (Some(day(100)), Some(day(50))));
    assert_eq!(scene.hold_at(id, Timestamp::start_of(day(51))).await, Hold::Locked(LockClass::ResidenceExpired));
    let kept = scene.reader().await.documents(id).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(scene.reader().await.holders_of(&passport.index).await.unwrap(), [id]);
    let nobodys = scene.make.index();
    let each = scene.reader().await.holders_of_each(&[&nobodys, &passport.index]).await.unwrap();
    let told: Vec<_> = each.iter().map(|(index, of)| (index.as_slice(), of.len(), of[0].account)).collect();
    assert_eq!(told, [(passport.index.as_bytes(), 1, id)]);
    let found = scene.reader().await.accounts(&AccountKey::Passport(passport.index.clone())).await.unwrap();
    assert_eq!(found.iter().map(|one| one.account.id).collect::<Vec<_>>(), [id]);
    let renewed = StoredDocument { id: DocumentId::new(scene.make.id()), valid_until: day(80), ..card.clone() };
    scene.done([scene.add(id, vec![renewed]).await]).await;
    assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(80)), "as it was shown last");
    assert_eq!(scene.reader().await.documents(id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn facts_of_a_card_end_in_one_state_whatever_their_order_and_however_often_they_come() {
    use ResidenceStatus::{Cancelled, Extended, Issued, Left};
    let scene = Scene::new().await;
    let card = scene.make.index();
    let facts = [
        fact(&card, Issued, 10, 1),
        fact(&card, Extended, 40, 2),
        fact(&card, Cancelled, 40, 3),
        fact(&card, Left, 40, 3),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        for at in order {
            scene.done([Change::NoteCards(vec![facts[at].clone()])]).await;
        }
        assert_eq!(scene.reader().await.card_fact(&card).await.unwrap(), Some(facts[3].fact));
    }
    let other = scene.make.index();
    assert_eq!(scene.reader().await.card_fact(&other).await.unwrap(), None);
    let shorter = fact(&other, Issued, 5, 1);
    scene
        .done([Change::NoteCards(vec![fact(&other, Issued, 9, 1), shorter.clone(), fact(&other, Issued, 7, 1)])])
        .await;
    assert_eq!(scene.reader().await.card_fact(&other).await.unwrap(), Some(shorter.fact), "of several the strictest");
}

#[tokio::test]
async fn a_fact_settles_the_accounts_that_have_the_card_and_waits_for_those_that_will() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let (old, new) =
        (scene.paper(id, DocumentKind::TemporaryCard, (-9, 5)), scene.paper(id, DocumentKind::TemporaryCard, (-5, 90)));
    scene.done([Change::NoteCards(vec![fact(&old.index, ResidenceStatus::Extended, 30, 1)])]).await;
    scene.done([scene.add(id, vec![old.clone()]).await]).await;
    assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(30)), "it was known before");
    scene.done([scene.add(id, vec![new.clone()]).await]).await;
    assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(90)), "of two cards the later");
    scene.done([Change::NoteCards(vec![fact(&new.index, ResidenceStatus::Cancelled, 90, 2)])]).await;
    assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(30)), "the old one stands");
    scene.done([Change::NoteCards(vec![fact(&old.index, ResidenceStatus::Left, 30, 3)])]).await;
    assert_eq!(scene.hold_at(id, later(3)).await, Hold::Locked(LockClass::ResidenceExpired));
    assert_eq!(scene.told(id).await, [AccountVerb::Locked]);
    scene.done([Change::NoteCards(vec![fact(&new.index, ResidenceStatus::Issued, 95, 4)])]).await;
    assert_eq!(scene.hold_at(id, later(4)).await, Hold::Open);
    assert_eq!(scene.told(id).await, [AccountVerb::Locked, AccountVerb::Unlocked]);
}

#[tokio::test]
async fn many_facts_at_once_are_kept_whole_and_settle_every_holder() {
    let scene = Scene::new().await;
    let (one, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let cards = [one, other].map(|id| scene.paper(id, DocumentKind::TemporaryCard, (-9, 5)));
    for card in &cards {
        scene.done([scene.add(card.account, vec![card.clone()]).await]).await;
    }
    let mut many: Vec<_> = (0..250).map(|_| fact(&scene.make.index(), ResidenceStatus::Issued, 9, 1)).collect();
    many.extend(cards.iter().map(|card| fact(&card.index, ResidenceStatus::Extended, 60, 1)));
    for _ in 0..2 {
        scene.done([Change::NoteCards(many.clone())]).await;
        for id in [one, other] {
            assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(60)));
        }
    }
    assert_eq!(scene.reader().await.card_fact(&many[249].card).await.unwrap(), Some(many[249].fact));
    scene.done([Change::NoteCards(Vec::new())]).await;
}

/// Whichever of the two comes first, the other sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_that_comes_while_its_card_joins_an_account_is_not_missed() {
    let scene = Scene::new().await;
    for _ in 0..8 {
        let id = scene.account().await.account.id;
        let card = scene.paper(id, DocumentKind::TemporaryCard, (-9, 5));
        let change = [
            scene.add(id, vec![card.clone()]).await,
            Change::NoteCards(vec![fact(&card.index, ResidenceStatus::Extended, 70, 1)]),
        ];
        let units = change.map(|change| std::sync::Mutex::new(Some(scene.unit(NOW, [change]))));
        let (store, units) = (scene.store.clone(), std::sync::Arc::new(units));
        let done = race(2, |n| {
            let (store, units) = (store.clone(), units.clone());
            async move {
                let unit = units[n].lock().unwrap().take().unwrap();
                store.commit(unit).await
            }
        })
        .await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(70)));
    }
}

#[tokio::test]
async fn an_account_is_closed_once_and_keeps_its_number() {
    let scene = Scene::new().await;
    let stored = scene.account().await;
    let id = stored.account.id;
    let seen = async || scene.reader().await.account(id).await.unwrap().unwrap().version;
    let stale = Change::CloseAccount(id, ClosingReason::Duplicate, Version::new(seen().await.get() - 1));
    assert_eq!(scene.commit([stale]).await, Outcome::Changed, "it is another than was looked at");
    scene.done([Change::CloseAccount(id, ClosingReason::Duplicate, seen().await)]).await;
    let again = Change::CloseAccount(id, ClosingReason::Death, seen().await);
    assert_eq!(scene.commit([again]).await, Outcome::Changed);
    assert_eq!(scene.hold_at(id, later(1)).await, Hold::Closed(NOW));
    assert_eq!(scene.told(id).await, [AccountVerb::Closed]);
    let found = scene.reader().await.accounts(&AccountKey::Number(stored.number_index.clone())).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_lock_or_the_end_of_an_account_voids_its_contact_changes_for_good() {
    let scene = Scene::new().await;
    for closes in [false, true] {
        let account = scene.account().await.account.id;
        let change = scene.make.change(account, ContactKind::Email);
        scene.done([Change::NewChange(Box::new(change.clone()))]).await;
        let voids = if closes {
            let seen = scene.reader().await.account(account).await.unwrap().unwrap().version;
            Change::CloseAccount(account, ClosingReason::Duplicate, seen)
        } else {
            Change::SetLock(Box::new(scene.ground(account, Ground::SuspectedCompromise, None)))
        };
        scene.done([voids]).await;
        let found = scene.reader().await.contact_change(change.change.id).await.unwrap().unwrap();
        assert_eq!(found.change.state.failure(), Some(FailureReason::AccountUnusable));
    }
}

#[tokio::test]
async fn a_lock_that_came_by_itself_is_told_once_however_many_look() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    scene.done([scene.add(id, vec![scene.paper(id, DocumentKind::Passport, (-9, 5))]).await]).await;
    let midnight = Timestamp::start_of(day(6));
    let (due, unread) = scene.reader().await.accounts_to_live(NOW, 10).await.unwrap();
    assert!(unread.is_empty());
    let seen = due.iter().find(|one| one.stored.account.id == id).unwrap();
    assert_eq!((seen.told, seen.noticed, seen.warned), (None, None, [None, None]));
    let warned = Some(Warned { until: day(5), days: 7 });
    let look = LifeLook {
        account: id,
        seen: seen.stored.version,
        noticed: (None, Some(LockClass::PassportExpired)),
        warned: ([None, None], [warned, None]),
        then: Some(midnight),
    };
    let commit = async |look: &LifeLook| {
        let change = Change::LookAtLife(Box::new(look.clone()));
        super::scene::outcome(scene.store.commit(scene.unit(midnight, [change])).await)
    };
    assert_eq!(commit(&look).await, Outcome::Done);
    assert_eq!(commit(&look).await, Outcome::Changed, "another one was faster");
    assert_eq!(scene.told(id).await, [AccountVerb::Locked]);
    let (due, _) = scene.reader().await.accounts_to_live(midnight, 10).await.unwrap();
    let found = due.iter().find(|one| one.stored.account.id == id).unwrap();
    assert_eq!((found.noticed, found.warned), (Some(LockClass::PassportExpired), [warned, None]));
    assert!(
        scene.reader().await.accounts_to_live(NOW, 10).await.unwrap().0.iter().all(|one| one.stored.account.id != id)
    );
    let version = scene.lived(id).await.version;
    scene.done([Change::LookAtLifeLater(vec![(id, None, version)])]).await;
    assert!(
        scene
            .reader()
            .await
            .accounts_to_live(midnight, 10)
            .await
            .unwrap()
            .0
            .iter()
            .all(|one| one.stored.account.id != id)
    );
}

#[tokio::test]
async fn an_order_comes_back_as_it_was_kept_at_each_of_its_steps() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let step = |at| Step { by: scene.officer.id, at: later(at) };
    let due = |at| StepDue { at: later(at), edition: edition("first"), is_provisional: true };
    let lock = LockId::new(scene.make.id());
    let order = Order {
        id: OrderId::new(scene.make.id()),
        account,
        kind: OrderKind::Unlock,
        lifts: Some(lock),
        is_silent: true,
        filed_by: scene.officer.id,
        filed_at: NOW,
        state: OrderState::Filed,
        due: due(10),
    };
    let stored =
        StoredOrder { order: order.clone(), content: scene.make.sealed(), reason: None, version: Version::NONE };
    scene.done([Change::NewOrder(Box::new(stored.clone()))]).await;
    let read = async || scene.reader().await.lock_order(order.id).await.unwrap().unwrap();
    assert_eq!((read().await.order, read().await.content), (order.clone(), stored.content));
    let forwarded = Order { state: OrderState::Forwarded(step(1)), due: due(20), ..order.clone() };
    let save =
        |order: &Order, seen| Change::SaveOrder(Box::new(order.clone()), Some(scene.make.sealed()), Version::new(seen));
    assert_eq!(scene.commit([save(&forwarded, 7)]).await, Outcome::Changed);
    scene.done([save(&forwarded, 1)]).await;
    assert_eq!(read().await.order, forwarded);
    let elsewhere = async |edition, after| {
        let mut reader = scene.reader().await;
        reader.orders_timed_elsewhere(edition, after, 9).await.unwrap().len()
    };
    let newer = eid::domain::calendar::Edition::parse("newer").unwrap();
    assert_eq!((elsewhere(&order.due.edition, None).await, elsewhere(&newer, None).await), (0, 1));
    assert_eq!(elsewhere(&newer, Some(order.id)).await, 0);
    let open = async |after| scene.reader().await.open_orders(after, 10).await.unwrap().len();
    assert_eq!((open(None).await, open(Some((later(20), order.id))).await), (1, 0));
    assert!(!scene.reader().await.has_unlock_order(account, lock).await.unwrap());
    scene.done([save(&Order { state: OrderState::Approved(step(1), step(2)), ..forwarded }, 2)]).await;
    assert_eq!(open(None).await, 0);
    assert!(scene.reader().await.has_unlock_order(account, lock).await.unwrap());
    let of = async |after| scene.reader().await.orders_of(account, after, 9).await.unwrap();
    assert_eq!((of(None).await.len(), of(Some(order.id)).await.len()), (1, 0));
    assert!(of(None).await[0].reason.is_some(), "decided ones too, with what was said");
    let other = LockId::new(scene.make.id());
    assert!(!scene.reader().await.has_unlock_order(account, other).await.unwrap(), "it names no other ground");
}

#[tokio::test]
async fn documents_from_before_are_entered_once_and_put_nothing_back_that_was_shown_since() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let card = scene.paper(id, DocumentKind::TemporaryCard, (-9, 50));
    let enter = || Change::EnterDocuments(id, vec![card.clone()]);
    let renewed = StoredDocument { id: DocumentId::new(scene.make.id()), valid_until: day(80), ..card.clone() };
    scene.done([scene.add(id, vec![renewed]).await]).await;
    assert_eq!(scene.commit([enter()]).await, Outcome::Changed);
    assert_eq!(scene.lived(id).await.account.life.papers.residence_until, Some(day(80)));
    let other = scene.account().await.account.id;
    let card = scene.paper(other, DocumentKind::TemporaryCard, (-9, 50));
    scene.done([Change::EnterDocuments(other, vec![card])]).await;
    assert!(scene.lived(other).await.papers_known);
}

#[tokio::test]
async fn documents_that_wait_come_back_as_they_were_kept() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let (id, content) = (UpdateId::new(scene.make.id()), scene.make.sealed());
    let (print, by) = (Some(AccountPrint([7; 32])), scene.officer.id);
    let stored = StoredUpdate { id, account, content: content.clone(), print, added_by: by, added_at: NOW };
    scene.done([Change::KeepUpdate(Box::new(stored))]).await;
    let kept = scene.reader().await.document_update(id).await.unwrap().unwrap();
    assert_eq!(kept.print, print);
    assert_eq!((kept.account, kept.content, kept.added_by, kept.added_at), (account, content, scene.officer.id, NOW));
}

#[tokio::test]
async fn documents_join_an_account_that_is_as_it_was_seen_and_no_other() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let paper = || scene.paper(id, DocumentKind::Passport, (-9, 50));
    let (one, other) = (scene.add(id, vec![paper()]).await, scene.add(id, vec![paper()]).await);
    scene.done([one]).await;
    assert_eq!(scene.commit([other]).await, Outcome::Changed);
    assert_eq!(scene.reader().await.documents(id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn later_names_are_found_by_account_and_by_person_the_latest_first() {
    let scene = Scene::new().await;
    let (id, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let person = scene.make.index();
    let name = |account, since| StoredName {
        id: UpdateId::new(scene.make.id()),
        account,
        content: scene.make.sealed(),
        person: person.clone(),
        since: later(since),
    };
    let names = [name(id, 1), name(id, 2), name(other, 3)];
    scene.done(names.iter().map(|name| Change::NameHolder(Box::new(name.clone())))).await;
    let ids = |names: &[StoredName]| names.iter().map(|name| name.id).collect::<Vec<_>>();
    let of = scene.reader().await.names_of(&[id, other, id]).await.unwrap();
    assert_eq!((ids(&of[&id]), ids(&of[&other])), (vec![names[1].id, names[0].id], vec![names[2].id]));
    assert_eq!((&of[&other][0].content, of[&other][0].since), (&names[2].content, later(3)));
    let found = scene.reader().await.accounts_named(&person, 2).await.unwrap();
    assert_eq!(ids(&found), [names[2].id, names[1].id]);
    assert!(scene.reader().await.accounts_named(&scene.make.index(), 2).await.unwrap().is_empty());
    assert!(scene.reader().await.names_of(&[]).await.unwrap().is_empty());
}
