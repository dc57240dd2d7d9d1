-- Numbers of a market are whole units: prices in steps of 10^-tick_scale, quantities of the base
-- asset in 10^-base_scale, values and fees in 10^-quote_scale, balances at their asset's scale.
-- Whatever names a symbol is counted by the scales of that instrument.

-- The time, by the log, of each market's newest decision.
create table markets (
    venue text not null primary key,
    newest_at_ms integer not null
) strict, without rowid;

-- terms is JSON. The source is that of the state.
create table instruments (
    venue text not null,
    symbol text not null,
    terms text not null,
    state text not null,
    tick_scale integer not null,
    base_scale integer not null,
    quote_scale integer not null,
    source_partition integer not null,
    source_offset integer not null,
    primary key (venue, symbol)
) strict, without rowid;

create table assets (
    venue text not null,
    asset text not null,
    scale integer not null,
    primary key (venue, asset)
) strict, without rowid;

create table accounts (
    venue text not null,
    account text not null,
    opened_at_ms integer not null,
    primary key (venue, account)
) strict, without rowid;

create table balances (
    venue text not null,
    account text not null,
    asset text not null,
    available integer not null,
    held integer not null,
    source_partition integer not null,
    source_offset integer not null,
    primary key (venue, account, asset)
) strict, without rowid;

-- terms is JSON, as the member wrote them. A rejected order has no numbers: its symbol may be
-- unknown. An order is open while something of it remains.
create table market_orders (
    venue text not null,
    order_id blob not null,
    source_partition integer not null,
    source_offset integer not null,
    version integer not null,
    status text not null,
    account text not null,
    symbol text not null,
    side text not null,
    terms text not null,
    price integer,
    executed integer,
    remaining integer,
    executed_value integer,
    cancelled_by text,
    refusal_reason text,
    refusal_detail text,
    placed_at_ms integer not null,
    updated_at_ms integer not null,
    primary key (venue, order_id)
) strict, without rowid;

create index market_orders_by_time on market_orders (venue, placed_at_ms, order_id);
create index market_orders_by_account on market_orders (venue, account, placed_at_ms, order_id);
create index market_orders_by_symbol on market_orders (venue, symbol, placed_at_ms, order_id);
create index market_orders_by_status on market_orders (venue, status, placed_at_ms, order_id);
create index market_orders_open_by_account
    on market_orders (venue, account, placed_at_ms, order_id) where remaining > 0;
create index market_orders_book
    on market_orders (venue, symbol, side, price, remaining) where remaining > 0;

-- value is price times quantity.
create table trades (
    venue text not null,
    symbol text not null,
    number integer not null,
    price integer not null,
    quantity integer not null,
    value integer not null,
    taker_side text not null,
    maker_order_id blob not null,
    maker_account text not null,
    maker_fee integer not null,
    taker_order_id blob not null,
    taker_account text not null,
    taker_fee integer not null,
    at_ms integer not null,
    primary key (venue, symbol, number)
) strict, without rowid;

-- All that candles are made of.
create index trades_by_time on trades (venue, symbol, at_ms, price, quantity, value);
create index trades_by_maker on trades (venue, maker_account, at_ms desc, symbol, number desc);
create index trades_by_taker on trades (venue, taker_account, at_ms desc, symbol, number desc);
