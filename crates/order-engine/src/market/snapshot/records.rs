//! The things of a market as they are written.

use std::borrow::Cow;

use order_book::RestingOrder;
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, ClientOrderId, Instrument, OrderStatus, SelfTrade,
    Side, Symbol, TimeInForce,
};
use order_domain::{Decimal, Fingerprint, Offset, OrderId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::market::Market;
use crate::market::account::{Account, Balance};
use crate::market::closed::ClosedOrder;
use crate::market::listed::{ListedAsset, ListedInstrument};
use crate::market::measures::Measures;
use crate::market::orders::{OpenOrder, OrderKey, Origin, Progress};
use crate::market::registry::{AccountKey, AssetKey, InstrumentKey};
use crate::snapshot::SnapshotError;

#[derive(Serialize, Deserialize)]
pub(super) struct AssetRecord {
    code: AssetCode,
    scale: u32,
    fees: u64,
    supply: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct InstrumentRecord {
    symbol: Symbol,
    base: AssetKey,
    quote: AssetKey,
    tick_size: DecimalRecord,
    lot_size: DecimalRecord,
    minimum_notional: DecimalRecord,
    price_band: Option<BasisPoints>,
    maker_fee: BasisPoints,
    taker_fee: BasisPoints,
    halted: bool,
    trades: u64,
    last_price: Option<i64>,
}

/// Unscaled, and the scale.
type DecimalRecord = (i64, u32);

#[derive(Serialize, Deserialize)]
pub(super) struct OrderRecord<'a> {
    id: OrderId,
    source: Offset,
    fingerprint: [u8; 16],
    account: AccountKey,
    side: u8,
    limit: i64,
    time_in_force: u8,
    self_trade: u8,
    #[serde(borrow)]
    client_order_id: Option<Cow<'a, ClientOrderId>>,
    version: u64,
    executed: u64,
    open: u64,
    value: u64,
    cut: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AccountRecord<'a> {
    pub(super) id: Cow<'a, AccountId>,
    pub(super) balances: Cow<'a, [(AssetKey, Balance)]>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClosedRecord {
    pub(super) id: Uuid,
    source: Offset,
    fingerprint: [u8; 16],
    account: AccountKey,
    instrument: InstrumentKey,
    status: u8,
    executed: u64,
    value: u64,
}

/// The numbers that stand for them in a snapshot: their places here, which never change.
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];
const TIMES_IN_FORCE: [TimeInForce; 5] = [
    TimeInForce::GoodTillCancelled,
    TimeInForce::ImmediateOrCancel,
    TimeInForce::FillOrKill,
    TimeInForce::PostOnly,
    TimeInForce::PostOnlySlide,
];
const SELF_TRADES: [SelfTrade; 5] = [
    SelfTrade::Allow,
    SelfTrade::CancelNewest,
    SelfTrade::CancelOldest,
    SelfTrade::CancelBoth,
    SelfTrade::Decrement,
];
const ENDS: [OrderStatus; 3] = [OrderStatus::Executed, OrderStatus::Cancelled, OrderStatus::Closed];

fn number<T: PartialEq>(of: &[T], value: &T) -> u8 {
    let place = of.iter().position(|other| other == value).expect("all are listed");
    u8::try_from(place).expect("there are a few")
}

fn value<T: Copy>(of: &[T], number: u8) -> Result<T, SnapshotError> {
    of.get(usize::from(number)).copied().ok_or(SnapshotError::Foreign)
}

impl AssetRecord {
    pub(super) fn new(listed: &ListedAsset) -> Self {
        let ListedAsset { asset: Asset { code, scale }, fees, supply } = listed.clone();
        Self { code, scale, fees, supply }
    }

    pub(super) fn restore(self) -> ListedAsset {
        let Self { code, scale, fees, supply } = self;
        ListedAsset { asset: Asset { code, scale }, fees, supply }
    }
}

impl InstrumentRecord {
    pub(super) fn new(listed: &ListedInstrument) -> Self {
        let terms = listed.terms.clone();
        Self {
            symbol: terms.symbol,
            base: listed.base,
            quote: listed.quote,
            tick_size: plain(terms.tick_size),
            lot_size: plain(terms.lot_size),
            minimum_notional: plain(terms.minimum_notional),
            price_band: terms.price_band,
            maker_fee: terms.maker_fee,
            taker_fee: terms.taker_fee,
            halted: listed.halted,
            trades: listed.trades,
            last_price: listed.last_price,
        }
    }

    pub(super) fn restore(
        self,
        market: &Market,
        open_orders_max: u32,
    ) -> Result<ListedInstrument, SnapshotError> {
        let terms = Instrument {
            symbol: self.symbol,
            base: market.assets[self.base].asset.clone(),
            quote: market.assets[self.quote].asset.clone(),
            tick_size: decimal(self.tick_size)?,
            lot_size: decimal(self.lot_size)?,
            minimum_notional: decimal(self.minimum_notional)?,
            price_band: self.price_band,
            maker_fee: self.maker_fee,
            taker_fee: self.taker_fee,
        };
        let measures = Measures::new(&terms).map_err(|_| SnapshotError::Damaged)?;
        let assets = [self.base, self.quote];
        let mut listed = ListedInstrument::new(terms, measures, assets, open_orders_max);
        listed.halted = self.halted;
        listed.trades = self.trades;
        listed.last_price = self.last_price;
        Ok(listed)
    }
}

fn plain(number: Decimal) -> DecimalRecord {
    let scale = number.scale();
    (number.units(scale).expect("of its own scale"), scale)
}

fn decimal((unscaled, scale): DecimalRecord) -> Result<Decimal, SnapshotError> {
    Decimal::new(unscaled, scale).map_err(|_| SnapshotError::Damaged)
}

impl<'a> OrderRecord<'a> {
    pub(super) fn new(market: &'a Market, resting: &RestingOrder) -> Self {
        let order = &market.orders[OrderKey::of_book(resting.id)];
        let Progress { version, executed, open, value, cut } = order.progress;
        Self {
            id: order.id,
            source: order.origin.source,
            fingerprint: order.origin.fingerprint.0,
            account: order.account,
            side: number(&SIDES, &order.side),
            limit: resting.price.0,
            time_in_force: number(&TIMES_IN_FORCE, &order.time_in_force),
            self_trade: number(&SELF_TRADES, &order.self_trade),
            client_order_id: order.client_order_id.as_ref().map(Cow::Borrowed),
            version,
            executed,
            open,
            value,
            cut,
        }
    }

    pub(super) fn restore(self, instrument: InstrumentKey) -> Result<OpenOrder, SnapshotError> {
        let Self { version, executed, open, value: paid, cut, .. } = self;
        let fingerprint = Fingerprint(self.fingerprint);
        Ok(OpenOrder {
            id: self.id,
            origin: Origin { source: self.source, fingerprint },
            account: self.account,
            instrument,
            side: value(&SIDES, self.side)?,
            limit: Some(self.limit),
            time_in_force: value(&TIMES_IN_FORCE, self.time_in_force)?,
            self_trade: value(&SELF_TRADES, self.self_trade)?,
            client_order_id: self.client_order_id.map(Cow::into_owned),
            progress: Progress { version, executed, open, value: paid, cut },
        })
    }
}

impl<'a> AccountRecord<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        let balances = Cow::Borrowed(&account.balances[..]);
        Self { id: Cow::Borrowed(&account.id), balances }
    }
}

impl ClosedRecord {
    pub(super) fn new((id, closed): (Uuid, &ClosedOrder)) -> Self {
        let ClosedOrder { origin, account, instrument, status, executed, value } = *closed;
        let (source, fingerprint) = (origin.source, origin.fingerprint.0);
        let status = number(&ENDS, &status);
        Self { id, source, fingerprint, account, instrument, status, executed, value }
    }

    pub(super) fn restore(&self) -> Result<ClosedOrder, SnapshotError> {
        let fingerprint = Fingerprint(self.fingerprint);
        Ok(ClosedOrder {
            origin: Origin { source: self.source, fingerprint },
            account: self.account,
            instrument: self.instrument,
            status: value(&ENDS, self.status)?,
            executed: self.executed,
            value: self.value,
        })
    }
}
