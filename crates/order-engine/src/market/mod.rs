//! A market: instruments, accounts, and the orders of members, decided in one sequence.
//!
//! It decides without changing: the book only tells what an order *would* do, and the balances that
//! follow are reckoned beside the market's own. It evolves by what the events say, and never matches
//! again: history stays what it was, even under a newer engine.
//!
//! Money is conserved: what all accounts have of an asset, available and held, and the fees that trades
//! paid, are together what was deposited less what was withdrawn, after every command.

mod account;
mod amending;
mod book_terms;
pub(crate) mod bounds;
mod cancelling;
mod closed;
mod evolution;
mod execution;
mod facts;
mod funding;
mod ledger;
mod listed;
mod listing;
mod measures;
mod orders;
pub(crate) mod outcomes;
mod placing;
mod refusal;
mod registry;
pub(crate) mod snapshot;
pub(crate) mod view;

use order_domain::trading::event::{
    CommandConflicted, CommandRefused, CommandRepeated, CommandTaken,
};
use order_domain::trading::{AccountId, CommandId, RefusalReason, Request, Symbol};
use order_domain::{Event, Fingerprint, Offset, OrderId, TradingCommand, TradingEvent, VenueId};

use self::account::Account;
use self::bounds::MarketBounds;
use self::closed::ClosedOrder;
use self::facts::Facts;
use self::listed::{ListedAsset, ListedInstrument};
use self::orders::OpenOrders;
use self::refusal::Refusal;
use self::registry::{AccountKey, InstrumentKey, Registry};
use crate::decided::Decided;
use crate::recent_window::RecentWindow;

/// The state of one market.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    bounds: MarketBounds,
    assets: Registry<ListedAsset>,
    instruments: Registry<ListedInstrument>,
    accounts: Registry<Account>,
    orders: OpenOrders,
    /// The orders that ended last.
    closed: RecentWindow<ClosedOrder>,
    /// The commands that came last, and why each was refused, if it was.
    commands: RecentWindow<Decided<Option<RefusalReason>>>,
}

/// What every decision on a command says of it.
#[derive(Clone)]
struct Heading {
    venue: VenueId,
    command_id: CommandId,
    fingerprint: Fingerprint,
}

impl Heading {
    fn taken(self) -> TradingEvent {
        let Self { venue, command_id, fingerprint } = self;
        TradingEvent::CommandTaken(CommandTaken { venue, command_id, fingerprint })
    }

    fn refused(self, order_id: Option<OrderId>, refusal: Refusal) -> TradingEvent {
        let Self { venue, command_id, fingerprint } = self;
        let Refusal { reason, detail } = refusal;
        TradingEvent::CommandRefused(CommandRefused {
            venue,
            command_id,
            fingerprint,
            order_id,
            reason,
            detail,
        })
    }
}

impl Market {
    pub(crate) const fn new(bounds: MarketBounds) -> Self {
        Self {
            bounds,
            assets: Registry::new(),
            instruments: Registry::new(),
            accounts: Registry::new(),
            orders: OpenOrders::new(),
            closed: RecentWindow::new(bounds.closed_orders_remembered),
            commands: RecentWindow::new(bounds.commands_remembered),
        }
    }

    /// Where the command stands that placed this order, of those that are remembered: open, ended
    /// lately, or refused lately.
    pub(crate) fn placed_at(&self, order_id: OrderId) -> Option<Offset> {
        let open = self.orders.find(order_id).map(|key| self.orders[key].origin.source);
        let ended = || self.closed.get(order_id.0).map(|closed| closed.origin.source);
        let refused = || self.commands.get(order_id.0).map(|decided| decided.first);
        open.or_else(ended).or_else(refused)
    }

    /// What becomes of a command.
    pub(crate) fn decide(&self, command: TradingCommand) -> Vec<Event> {
        let fingerprint = command.fingerprint();
        let order_id = command.order_id();
        let TradingCommand { command_id, venue, request, .. } = command;
        let heading = Heading { venue, command_id, fingerprint };
        if let Some(first) = self.known(command_id) {
            return Facts::begin(again(heading, &first)).into_events();
        }
        if let Request::PlaceOrder(place) = request {
            return self.place(heading, place.terms);
        }
        let mut facts = Facts::begin(heading.clone().taken());
        match self.decide_request(&request, &mut facts) {
            Ok(()) => facts.into_events(),
            Err(refusal) => Facts::begin(heading.refused(order_id, refusal)).into_events(),
        }
    }

    /// Tells what a request changes. Where it is refused, nothing that was told counts.
    fn decide_request(&self, request: &Request, facts: &mut Facts) -> Result<(), Refusal> {
        match request {
            Request::ListInstrument(list) => self.list(&list.instrument, facts),
            Request::HaltInstrument(halt) => self.halt(&halt.symbol, facts),
            Request::ResumeInstrument(resume) => self.resume(&resume.symbol, facts),
            Request::OpenAccount(open) => self.open_account(&open.account, facts),
            Request::Deposit(deposit) => self.deposit(deposit, facts),
            Request::Withdraw(withdraw) => self.withdraw(withdraw, facts),
            Request::AmendOrder(amend) => self.amend(amend, facts),
            Request::CancelOrder(cancel) => self.cancel(cancel, facts),
            Request::CancelAll(all) => self.cancel_all(all, facts),
            Request::PlaceOrder(_) => unreachable!("an order has a decision of its own"),
        }
    }

    /// The command of this id, if it came before. An order is known as long as it is open or
    /// remembered, even if the command that placed it is forgotten.
    fn known(&self, id: CommandId) -> Option<Decided<Option<RefusalReason>>> {
        if let Some(decided) = self.commands.get(id.0) {
            return Some(*decided);
        }
        let origin = match self.orders.find(OrderId(id.0)) {
            Some(key) => self.orders[key].origin,
            None => self.closed.get(id.0)?.origin,
        };
        Some(Decided { fingerprint: origin.fingerprint, first: origin.source, outcome: None })
    }

    fn instrument(&self, symbol: &Symbol) -> Result<InstrumentKey, Refusal> {
        self.instruments.find(symbol.as_str()).ok_or_else(|| {
            Refusal::new(RefusalReason::UnknownSymbol, format!("no {symbol} is listed"))
        })
    }

    fn account(&self, account: &AccountId) -> Result<AccountKey, Refusal> {
        self.accounts.find(account.as_str()).ok_or_else(|| {
            Refusal::new(RefusalReason::UnknownAccount, format!("no account {account} is open"))
        })
    }
}

/// The answer to a command whose id is known.
fn again(heading: Heading, first: &Decided<Option<RefusalReason>>) -> TradingEvent {
    let Heading { venue, command_id, fingerprint } = heading;
    let Decided { first, outcome: refused, fingerprint: known } = *first;
    if fingerprint == known {
        TradingEvent::CommandRepeated(CommandRepeated { venue, command_id, first, refused })
    } else {
        TradingEvent::CommandConflicted(CommandConflicted { venue, command_id, first })
    }
}

fn limit_reached(what: &str, limit: std::num::NonZeroU32) -> Refusal {
    let detail = format!("the market has {limit} {what}, as many as it may have");
    Refusal::new(RefusalReason::LimitReached, detail)
}
