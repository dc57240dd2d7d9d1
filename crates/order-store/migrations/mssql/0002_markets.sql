-- Numbers of a market are whole units: prices in steps of 10^-tick_scale, quantities of the base
-- asset in 10^-base_scale, values and fees in 10^-quote_scale, balances at their asset's scale.
-- Whatever names a symbol is counted by the scales of that instrument.
--
-- Names are compared by their code points, whatever the database's language.

-- The time, by the log, of each market's newest decision.
create table markets (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null
        constraint markets_key primary key clustered,
    newest_at_ms bigint not null
);

-- terms is JSON. The source is that of the state.
create table instruments (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    symbol nvarchar(32) collate Latin1_General_100_BIN2 not null,
    terms nvarchar(max) not null,
    state nvarchar(32) collate Latin1_General_100_BIN2 not null,
    tick_scale bigint not null,
    base_scale bigint not null,
    quote_scale bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    constraint instruments_key primary key clustered (venue, symbol)
);

create table assets (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    asset nvarchar(16) collate Latin1_General_100_BIN2 not null,
    scale bigint not null,
    constraint assets_key primary key clustered (venue, asset)
);

create table accounts (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    account nvarchar(64) collate Latin1_General_100_BIN2 not null,
    opened_at_ms bigint not null,
    constraint accounts_key primary key clustered (venue, account)
);

create table balances (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    account nvarchar(64) collate Latin1_General_100_BIN2 not null,
    asset nvarchar(16) collate Latin1_General_100_BIN2 not null,
    available bigint not null,
    held bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    constraint balances_key primary key clustered (venue, account, asset)
);

-- terms is JSON, as the member wrote them. A rejected order has no numbers: its symbol may be
-- unknown. An order is open while something of it remains. order_sort is as in orders.
create table market_orders (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    order_id uniqueidentifier not null,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status nvarchar(32) collate Latin1_General_100_BIN2 not null,
    account nvarchar(64) collate Latin1_General_100_BIN2 not null,
    symbol nvarchar(32) collate Latin1_General_100_BIN2 not null,
    side nvarchar(8) collate Latin1_General_100_BIN2 not null,
    terms nvarchar(max) not null,
    price bigint null,
    executed bigint null,
    remaining bigint null,
    executed_value bigint null,
    cancelled_by nvarchar(64) collate Latin1_General_100_BIN2 null,
    refusal_reason nvarchar(64) collate Latin1_General_100_BIN2 null,
    refusal_detail nvarchar(max) null,
    placed_at_ms bigint not null,
    updated_at_ms bigint not null,
    order_sort as cast(
        substring(cast(order_id as binary(16)), 4, 1) + substring(cast(order_id as binary(16)), 3, 1)
        + substring(cast(order_id as binary(16)), 2, 1) + substring(cast(order_id as binary(16)), 1, 1)
        + substring(cast(order_id as binary(16)), 6, 1) + substring(cast(order_id as binary(16)), 5, 1)
        + substring(cast(order_id as binary(16)), 8, 1) + substring(cast(order_id as binary(16)), 7, 1)
        + substring(cast(order_id as binary(16)), 9, 8)
        as binary(16)) persisted not null,
    constraint market_orders_key primary key nonclustered (venue, order_id)
);
create unique clustered index market_orders_by_time on market_orders (venue, placed_at_ms, order_sort);
create index market_orders_by_account on market_orders (venue, account, placed_at_ms, order_sort);
create index market_orders_by_symbol on market_orders (venue, symbol, placed_at_ms, order_sort);
create index market_orders_by_status on market_orders (venue, status, placed_at_ms, order_sort);
create index market_orders_open_by_account
    on market_orders (venue, account, placed_at_ms, order_sort) include (status, remaining)
    where remaining > 0;
create index market_orders_book on market_orders (venue, symbol, side, price) include (remaining)
    where remaining > 0;

-- value is price times quantity.
create table trades (
    venue nvarchar(64) collate Latin1_General_100_BIN2 not null,
    symbol nvarchar(32) collate Latin1_General_100_BIN2 not null,
    number bigint not null,
    price bigint not null,
    quantity bigint not null,
    value bigint not null,
    taker_side nvarchar(8) collate Latin1_General_100_BIN2 not null,
    maker_order_id uniqueidentifier not null,
    maker_account nvarchar(64) collate Latin1_General_100_BIN2 not null,
    maker_fee bigint not null,
    taker_order_id uniqueidentifier not null,
    taker_account nvarchar(64) collate Latin1_General_100_BIN2 not null,
    taker_fee bigint not null,
    at_ms bigint not null,
    constraint trades_key primary key clustered (venue, symbol, number)
);
-- All that candles are made of.
create index trades_by_time on trades (venue, symbol, at_ms) include (price, quantity, value);
create index trades_by_maker on trades (venue, maker_account, at_ms desc, symbol, number desc);
create index trades_by_taker on trades (venue, taker_account, at_ms desc, symbol, number desc);
