//! Orders on form TK03: filed, forwarded, decided by another person, each step with its limit.

use crate::app::repeat::Attempt;
use crate::app::{ATTEMPTS_MAX, App, Caller, Error, Missing, Repeat};
use crate::domain::audit::Action;
use crate::domain::ids::{AccountId, LockId, OrderId, Version};
use crate::domain::lock::Ground;
use crate::domain::order::{CannotStep, Order, OrderContent, OrderKind, OrderState, Step};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::store::{Change, StoreError, StoredOrder, Unit};

/// An order that is filed.
#[derive(Clone, Debug)]
pub struct Filing {
    /// The account.
    pub account: AccountId,
    /// What is ordered.
    pub kind: OrderKind,
    /// Of an order to unlock: the ground that it lets go.
    pub lifts: Option<LockId>,
    /// Whether it forbids that the holder is told.
    pub is_silent: bool,
    /// What it says.
    pub content: OrderContent,
}

/// An order as it is shown.
#[derive(Debug)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// What it says.
    pub content: OrderContent,
    /// Why it was refused, if it was.
    pub refusal: Option<ReviewReason>,
    /// Whether a step is due and was not done in time.
    pub is_overdue: bool,
}

/// What became of a step.
#[derive(Debug)]
pub enum Stepped {
    /// It was done.
    Done(OrderView),
    /// It was not, for that reason.
    Refused(CannotStep, OrderView),
}

/// A page of orders of which a step is due.
#[derive(Debug)]
pub struct OrderPage {
    /// The most urgent first.
    pub orders: Vec<OrderView>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

impl App {
    /// Files an order.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::CalendarLacks`], [`Error::RequestIdReused`].
    pub async fn file_order(&self, by: &Caller, repeat: &Repeat, filing: &Filing) -> Result<OrderView, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.file_once(by, repeat, filing, now)).await
    }

    async fn file_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        filing: &Filing,
        now: Timestamp,
    ) -> Result<Attempt<OrderView>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(id) = self.first_answer::<OrderId>(&mut reader, by, repeat).await? {
            let stored = reader.lock_order(id).await?.ok_or(Error::NotFound(Missing::Order))?;
            return Ok(Attempt::Answered(self.order_view(stored, now)?));
        }
        reader.account(filing.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if let Some(lifts) = filing.lifts {
            let lock = reader.lock(lifts).await?.map(|stored| stored.lock);
            let theirs = lock.filter(|lock| lock.account == filing.account && lock.ground == Ground::Order);
            theirs.ok_or(Error::NotFound(Missing::Lock))?;
        }
        let calendar = self.calendar(&mut reader).await?;
        drop(reader);
        let id = OrderId::new(self.dice().id(now));
        let order = Order {
            id,
            account: filing.account,
            kind: filing.kind,
            lifts: filing.lifts,
            is_silent: filing.is_silent,
            filed_by: by.id(),
            filed_at: now,
            state: OrderState::Filed,
            due: Order::forward_due(&calendar, now)?,
        };
        let content = self.seal_order(id, &filing.content)?;
        let stored = StoredOrder { order, content, reason: None, version: Version::NONE };
        let entry = self
            .entry(now, by.actor(), Action::OrderFiled, filing.account.uuid())
            .with("order", id.to_string())
            .with("kind", filing.kind.name());
        let unit = Unit::new(entry).with(repeat.remember(by, &id)?).with(Change::NewOrder(Box::new(stored.clone())));
        Ok(Attempt::Change(self.order_view(stored, now)?, unit))
    }

    /// Forwards an order that was considered.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CalendarLacks`].
    pub async fn forward_order(&self, by: &Caller, id: OrderId) -> Result<Stepped, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock().now();
            let mut reader = self.store().reader().await?;
            let stored = reader.lock_order(id).await?.ok_or(Error::NotFound(Missing::Order))?;
            let due = Order::decide_due(&*self.calendar(&mut reader).await?, now)?;
            drop(reader);
            let step = Step { by: by.id(), at: now };
            let order = match stored.order.clone().forward(step, due) {
                Ok(order) => order,
                Err(why) => return Ok(Stepped::Refused(why, self.order_view(stored, now)?)),
            };
            let entry =
                self.entry(now, by.actor(), Action::OrderForwarded, order.account.uuid()).with("order", id.to_string());
            let unit = Unit::new(entry).with(Change::SaveOrder(Box::new(order.clone()), None, stored.version));
            match self.commit(unit).await {
                Ok(()) => return Ok(Stepped::Done(self.order_view(StoredOrder { order, ..stored }, now)?)),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// Decides an order that was forwarded: an approved lock stands at once; a refusal is in writing. An approved order to
    /// unlock lets two administrators lift what it names.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RequestIdReused`].
    pub async fn decide_order(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (id, refusal): (OrderId, Option<&ReviewReason>),
    ) -> Result<Stepped, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.decide_order_once(by, repeat, (id, refusal), now)).await
    }

    async fn decide_order_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (id, refusal): (OrderId, Option<&ReviewReason>),
        now: Timestamp,
    ) -> Result<Attempt<Stepped>, Error> {
        let mut reader = self.store().reader().await?;
        let before = self.first_answer::<OrderId>(&mut reader, by, repeat).await?;
        let stored = reader.lock_order(before.unwrap_or(id)).await?.ok_or(Error::NotFound(Missing::Order))?;
        drop(reader);
        if before.is_some() {
            return Ok(Attempt::Answered(Stepped::Done(self.order_view(stored, now)?)));
        }
        let order = match stored.order.clone().decide(Step { by: by.id(), at: now }, refusal.is_none()) {
            Ok(order) => order,
            Err(why) => return Ok(Attempt::Unchanged(Stepped::Refused(why, self.order_view(stored, now)?))),
        };
        let entry = self
            .entry(now, by.actor(), Action::OrderDecided, order.account.uuid())
            .with("order", id.to_string())
            .with("decision", order.state.name());
        let reason = refusal.map(|reason| self.seal_order_reason(id, reason)).transpose()?;
        let content = self.open_order(&stored)?;
        let lock = match (order.kind, order.state) {
            (OrderKind::Lock, OrderState::Approved(..)) => {
                let (what, how) = ((order.account, Ground::Order), (Some(id), order.is_silent));
                Some(Change::SetLock(Box::new(self.new_lock(what, how, by.id(), &content.evidence, now)?)))
            }
            _ => None,
        };
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &id)?)
            .with(Change::SaveOrder(Box::new(order.clone()), reason, stored.version))
            .with_all(lock);
        let view = OrderView { is_overdue: order.is_overdue(now), order, content, refusal: refusal.cloned() };
        Ok(Attempt::Change(Stepped::Done(view), unit))
    }

    /// A page of orders of which a step is due, the most urgent first. The look is recorded.
    ///
    /// # Errors
    /// [`Error::Field`] for a token of another list, or if the store cannot be asked.
    pub async fn open_orders(&self, by: &Caller, token: Option<&[u8]>, size: u32) -> Result<OrderPage, Error> {
        let (now, list) = (self.clock().now(), ListName::of_orders());
        let after = token.map(|token| list.key::<24>(token)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?.and_then(|key| {
            let (due, id) = (key.first_chunk::<8>()?, key.last_chunk::<16>()?);
            let due = Timestamp::from_micros(i64::from_be_bytes(*due));
            Some((due, OrderId::new(uuid::Uuid::from_bytes(*id))))
        });
        let mut found = self.store().reader().await?.open_orders(after, size.saturating_add(1)).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let end = found.last().filter(|_| more).map(|last| {
            let mut key = [0; 24];
            let bytes = last.order.due.at.micros().to_be_bytes().into_iter().chain(*last.order.id.uuid().as_bytes());
            key.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
            key
        });
        let entry =
            self.entry(now, by.actor(), Action::OrdersListed, by.id().uuid()).with("count", found.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let orders = found.into_iter().map(|stored| self.order_view(stored, now)).collect::<Result<_, _>>()?;
        Ok(OrderPage { orders, next: end.map(|end| list.token(end)) })
    }

    /// A page of the orders of an account, decided ones too, the latest first. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::Field`] for a token of another list.
    pub async fn orders_of_account(
        &self,
        by: &Caller,
        account: AccountId,
        token: Option<&[u8]>,
        size: u32,
    ) -> Result<OrderPage, Error> {
        let (now, list) = (self.clock().now(), ListName::of_account_orders(account));
        let after = token.map(|token| list.key::<16>(token)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let after = after.map(|key| OrderId::new(uuid::Uuid::from_bytes(key)));
        let mut reader = self.store().reader().await?;
        reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let mut found = reader.orders_of(account, after, size.saturating_add(1)).await?;
        drop(reader);
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let end = found.last().filter(|_| more).map(|last| *last.order.id.uuid().as_bytes());
        let entry =
            self.entry(now, by.actor(), Action::OrdersListed, account.uuid()).with("count", found.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let orders = found.into_iter().map(|stored| self.order_view(stored, now)).collect::<Result<_, _>>()?;
        Ok(OrderPage { orders, next: end.map(|end| list.token(end)) })
    }

    fn order_view(&self, stored: StoredOrder, now: Timestamp) -> Result<OrderView, Error> {
        let content = self.open_order(&stored)?;
        let refusal = self.open_order_reason(&stored)?;
        Ok(OrderView { is_overdue: stored.order.is_overdue(now), order: stored.order, content, refusal })
    }
}
