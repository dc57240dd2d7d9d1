//! What can be asked of a market.

use serde::{Deserialize, Serialize};

use super::{AccountId, AssetCode, CommandId, Instrument, OrderTerms, Symbol};
use crate::{Decimal, Fingerprint, IdempotencyKey, OrderId, TraceParent, VenueId};

/// A request to a market, with what every command carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradingCommand {
    /// Identifies the command: one that comes again with this id is the same one.
    pub command_id: CommandId,
    /// The market; also the record's key.
    pub venue: VenueId,
    /// The client's key, if it sent one; the command's id was made from it.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The trace this command belongs to, if the client sent one.
    pub trace_parent: Option<TraceParent>,
    /// What is asked.
    pub request: Request,
}

/// What is asked of a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Make an instrument known. Listing it again with equal terms changes nothing.
    ListInstrument(ListInstrument),
    /// Take no orders and amendments for an instrument. Cancelling goes on.
    HaltInstrument(HaltInstrument),
    /// Take orders again.
    ResumeInstrument(ResumeInstrument),
    /// Make an account known. Opening it again changes nothing.
    OpenAccount(OpenAccount),
    /// Add to what an account has available.
    Deposit(Deposit),
    /// Take from what an account has available.
    Withdraw(Withdraw),
    /// Place an order.
    PlaceOrder(PlaceOrder),
    /// Change an open order.
    AmendOrder(AmendOrder),
    /// Cancel what is open of an order.
    CancelOrder(CancelOrder),
    /// Cancel all open orders of an account.
    CancelAll(CancelAll),
}

/// Make an instrument known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListInstrument {
    /// Its terms.
    pub instrument: Instrument,
}

/// Take no orders for an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HaltInstrument {
    /// Which one.
    pub symbol: Symbol,
}

/// Take orders for an instrument again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeInstrument {
    /// Which one.
    pub symbol: Symbol,
}

/// Make an account known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenAccount {
    /// Its name.
    pub account: AccountId,
}

/// Add to what an account has available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetCode,
    /// How much; above 0.
    pub amount: Decimal,
    /// Only where the account never had any of this asset; else nothing changes. What is paid in so may
    /// be asked for again at any time, however many commands the market has seen and forgotten since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_first: bool,
}

/// Take from what an account has available.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdraw {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetCode,
    /// How much; above 0.
    pub amount: Decimal,
}

/// Place an order. Its id is the command's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// What is asked for.
    pub terms: OrderTerms,
}

/// Change an open order. The same price and no more quantity keep its place in the queue; anything
/// else puts it at the back, and it may trade like a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendOrder {
    /// Which one.
    pub order_id: OrderId,
    /// Refuse unless it is this account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The new limit; `None` leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// The new *open* quantity; `None` leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// Refuse unless the order is at this version still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Cancel what is open of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelOrder {
    /// Which one.
    pub order_id: OrderId,
    /// Refuse unless it is this account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Refuse unless the order is at this version still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
}

/// Cancel all open orders of an account: at most
/// [`CANCELLED_AT_ONCE_MAX`](super::event::CANCELLED_AT_ONCE_MAX), the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAll {
    /// Whose.
    pub account: AccountId,
    /// Only of this instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Symbol>,
}

impl Request {
    /// The account whose doing this is, where the request names one.
    pub const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::OpenAccount(open) => Some(&open.account),
            Self::Deposit(deposit) => Some(&deposit.account),
            Self::Withdraw(withdraw) => Some(&withdraw.account),
            Self::PlaceOrder(place) => Some(&place.terms.account),
            Self::AmendOrder(amend) => amend.account.as_ref(),
            Self::CancelOrder(cancel) => cancel.account.as_ref(),
            Self::CancelAll(all) => Some(&all.account),
            Self::ListInstrument(_) | Self::HaltInstrument(_) | Self::ResumeInstrument(_) => None,
        }
    }
}

impl TradingCommand {
    /// Identifies what is asked: equal for equal requests, whatever their ids, keys and traces.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_request(&self.request)
    }

    /// The order that this command is about, if it is about one.
    pub const fn order_id(&self) -> Option<OrderId> {
        match &self.request {
            Request::PlaceOrder(_) => Some(OrderId(self.command_id.0)),
            Request::AmendOrder(amend) => Some(amend.order_id),
            Request::CancelOrder(cancel) => Some(cancel.order_id),
            _ => None,
        }
    }
}
