//! What a member asks for.

use serde::{Deserialize, Serialize};

use super::{AccountId, ClientOrderId, Symbol};
use crate::Decimal;

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Takes the base asset, pays with the quote asset.
    Buy,
    /// Gives the base asset, gets the quote asset.
    Sell,
}

impl Side {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// The side with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Buy, Self::Sell].into_iter().find(|side| side.name() == name)
    }
}

/// How long a limit order stands, and whether it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeInForce {
    /// What is not filled at once rests until it is filled or cancelled.
    GoodTillCancelled,
    /// What is not filled at once is cancelled.
    ImmediateOrCancel,
    /// Filled whole at once, or not at all.
    FillOrKill,
    /// Rests; refused where it would take.
    PostOnly,
    /// Rests; where it would take it rests one tick away from the best opposite price instead.
    PostOnlySlide,
}

/// A limit or a market order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum OrderKind {
    /// At this price or a better one.
    Limit {
        /// The worst price, in the quote asset for one of the base asset.
        price: Decimal,
        /// How long it stands.
        time_in_force: TimeInForce,
    },
    /// At whatever price there is; what can't be filled at once is cancelled.
    Market {
        /// Where it stops, if it shall.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worst_price: Option<Decimal>,
    },
}

/// What happens where an order would trade with one of the same account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelfTrade {
    /// They trade.
    Allow,
    /// What is left of the newer order is cancelled.
    #[default]
    CancelNewest,
    /// The older order is cancelled, the newer one goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// Both lose the smaller one's quantity without a trade.
    Decrement,
}

/// The terms of an order, as the member wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderTerms {
    /// Whose order.
    pub account: AccountId,
    /// Of which instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Limit or market.
    pub kind: OrderKind,
    /// How much of the base asset.
    pub quantity: Decimal,
    /// What happens where it meets an order of the same account.
    #[serde(default)]
    pub self_trade: SelfTrade,
    /// The member's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<ClientOrderId>,
}
