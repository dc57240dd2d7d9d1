-- Numbers of a market are whole units: prices in steps of 10^-tick_scale, quantities of the base
-- asset in 10^-base_scale, values and fees in 10^-quote_scale, balances at their asset's scale.
-- Whatever names a symbol is counted by the scales of that instrument.
--
-- Names that lists are sorted by are compared byte by byte, whatever the database's language.

-- The time, by the log, of each market's newest decision.
create table markets (
    venue text not null primary key,
    newest_at_ms bigint not null
);

-- terms is JSON. The source is that of the state.
create table instruments (
    venue text not null,
    symbol text collate "C" not null,
    terms text not null,
    state text not null,
    tick_scale bigint not null,
    base_scale bigint not null,
    quote_scale bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    primary key (venue, symbol)
);

create table assets (
    venue text not null,
    asset text collate "C" not null,
    scale bigint not null,
    primary key (venue, asset)
);

create table accounts (
    venue text not null,
    account text not null,
    opened_at_ms bigint not null,
    primary key (venue, account)
);

create table balances (
    venue text not null,
    account text not null,
    asset text collate "C" not null,
    available bigint not null,
    held bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    primary key (venue, account, asset)
);

-- terms is JSON, as the member wrote them. A rejected order has no numbers: its symbol may be
-- unknown. An order is open while something of it remains.
create table market_orders (
    venue text not null,
    order_id uuid not null,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status text not null,
    account text not null,
    symbol text collate "C" not null,
    side text not null,
    terms text not null,
    price bigint,
    executed bigint,
    remaining bigint,
    executed_value bigint,
    cancelled_by text,
    refusal_reason text,
    refusal_detail text,
    placed_at_ms bigint not null,
    updated_at_ms bigint not null,
    primary key (venue, order_id)
);

create index market_orders_by_time on market_orders (venue, placed_at_ms, order_id);
create index market_orders_by_account on market_orders (venue, account, placed_at_ms, order_id);
create index market_orders_by_symbol on market_orders (venue, symbol, placed_at_ms, order_id);
create index market_orders_by_status on market_orders (venue, status, placed_at_ms, order_id);
create index market_orders_open_by_account
    on market_orders (venue, account, placed_at_ms, order_id) where remaining > 0;
create index market_orders_book
    on market_orders (venue, symbol, side, price) include (remaining) where remaining > 0;

-- value is price times quantity.
create table trades (
    venue text not null,
    symbol text collate "C" not null,
    number bigint not null,
    price bigint not null,
    quantity bigint not null,
    value bigint not null,
    taker_side text not null,
    maker_order_id uuid not null,
    maker_account text not null,
    maker_fee bigint not null,
    taker_order_id uuid not null,
    taker_account text not null,
    taker_fee bigint not null,
    at_ms bigint not null,
    primary key (venue, symbol, number)
);

-- All that candles are made of.
create index trades_by_time on trades (venue, symbol, at_ms)
    include (number, price, quantity, value);
create index trades_by_maker on trades (venue, maker_account, at_ms desc, symbol, number desc);
create index trades_by_taker on trades (venue, taker_account, at_ms desc, symbol, number desc);
