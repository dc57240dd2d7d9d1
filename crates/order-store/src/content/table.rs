//! The tables that a projection writes, and what of them is content.

use std::fmt;

/// A table that a projection writes. Searchable words are not among them: they are made of the
/// customer's names and e-mail, which are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentTable {
    /// Purchases.
    Orders,
    /// What was bought, line by line.
    OrderItems,
    /// The time of each market.
    Markets,
    /// What is traded.
    Instruments,
    /// How assets are counted.
    Assets,
    /// Who trades.
    Accounts,
    /// What each account has.
    Balances,
    /// Orders of markets.
    MarketOrders,
    /// What was traded.
    Trades,
}

/// A column that is content: it follows from the log alone, so that two stores that were filled from
/// the same log up to the same place have the same values, whatever their databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The column's name, the same in every database.
    pub name: &'static str,
    pub(super) kind: Kind,
}

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number of 64 bits, with its sign; may be null.
    Number,
    /// Text; may be null.
    Text,
    /// Text that is JSON: written differently it is the same.
    Json,
    /// A UUID.
    Id,
}

impl ContentTable {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Orders,
        Self::OrderItems,
        Self::Markets,
        Self::Instruments,
        Self::Assets,
        Self::Accounts,
        Self::Balances,
        Self::MarketOrders,
        Self::Trades,
    ];

    /// The table's name, the same in every database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrderItems => "order_items",
            Self::Markets => "markets",
            Self::Instruments => "instruments",
            Self::Assets => "assets",
            Self::Accounts => "accounts",
            Self::Balances => "balances",
            Self::MarketOrders => "market_orders",
            Self::Trades => "trades",
        }
    }

    /// The columns that say which row it is: the first of [`columns`](Self::columns).
    pub fn key(self) -> &'static [Column] {
        let columns = match self {
            Self::Orders | Self::Markets => 1,
            Self::OrderItems
            | Self::Instruments
            | Self::Assets
            | Self::Accounts
            | Self::MarketOrders => 2,
            Self::Balances | Self::Trades => 3,
        };
        &self.columns()[..columns]
    }

    /// All columns that are content.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Orders => &ORDERS,
            Self::OrderItems => &ORDER_ITEMS,
            Self::Markets => &MARKETS,
            Self::Instruments => &INSTRUMENTS,
            Self::Assets => &ASSETS,
            Self::Accounts => &ACCOUNTS,
            Self::Balances => &BALANCES,
            Self::MarketOrders => &MARKET_ORDERS,
            Self::Trades => &TRADES,
        }
    }
}

impl fmt::Display for ContentTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn json(name: &'static str) -> Column {
    Column { name, kind: Kind::Json }
}

const fn id(name: &'static str) -> Column {
    Column { name, kind: Kind::Id }
}

const ORDERS: [Column; 18] = [
    id("order_id"),
    number("source_partition"),
    number("source_offset"),
    number("version"),
    text("status"),
    text("rejection_reason"),
    text("rejection_detail"),
    number("placed_at_ms"),
    number("updated_at_ms"),
    number("customer_id"),
    text("customer_name"),
    text("customer_last_name"),
    text("customer_email"),
    text("shipping_address"),
    text("billing_address"),
    text("currency"),
    number("total_minor"),
    text("payment_method"),
];

const ORDER_ITEMS: [Column; 10] = [
    id("order_id"),
    number("line"),
    text("item_code"),
    text("brand"),
    text("kind"),
    text("size"),
    text("colour"),
    number("quantity"),
    text("currency"),
    number("price_minor"),
];

const MARKETS: [Column; 2] = [text("venue"), number("newest_at_ms")];

const INSTRUMENTS: [Column; 9] = [
    text("venue"),
    text("symbol"),
    json("terms"),
    text("state"),
    number("tick_scale"),
    number("base_scale"),
    number("quote_scale"),
    number("source_partition"),
    number("source_offset"),
];

const ASSETS: [Column; 3] = [text("venue"), text("asset"), number("scale")];

const ACCOUNTS: [Column; 3] = [text("venue"), text("account"), number("opened_at_ms")];

const BALANCES: [Column; 7] = [
    text("venue"),
    text("account"),
    text("asset"),
    number("available"),
    number("held"),
    number("source_partition"),
    number("source_offset"),
];

const MARKET_ORDERS: [Column; 19] = [
    text("venue"),
    id("order_id"),
    number("source_partition"),
    number("source_offset"),
    number("version"),
    text("status"),
    text("account"),
    text("symbol"),
    text("side"),
    json("terms"),
    number("price"),
    number("executed"),
    number("remaining"),
    number("executed_value"),
    text("cancelled_by"),
    text("refusal_reason"),
    text("refusal_detail"),
    number("placed_at_ms"),
    number("updated_at_ms"),
];

const TRADES: [Column; 14] = [
    text("venue"),
    text("symbol"),
    number("number"),
    number("price"),
    number("quantity"),
    number("value"),
    text("taker_side"),
    id("maker_order_id"),
    text("maker_account"),
    number("maker_fee"),
    id("taker_order_id"),
    text("taker_account"),
    number("taker_fee"),
    number("at_ms"),
];
