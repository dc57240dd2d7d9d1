-- Numbers of a market are whole units: prices in steps of 10^-tick_scale, quantities of the base
-- asset in 10^-base_scale, values and fees in 10^-quote_scale, balances at their asset's scale.
-- Whatever names a symbol is counted by the scales of that instrument.

-- The time, by the log, of each market's newest decision.
create table if not exists markets (
    venue varchar(64) not null primary key,
    newest_at_ms bigint not null
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- terms is JSON. The source is that of the state.
create table if not exists instruments (
    venue varchar(64) not null,
    symbol varchar(32) not null,
    terms text not null,
    state varchar(32) not null,
    tick_scale bigint not null,
    base_scale bigint not null,
    quote_scale bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    primary key (venue, symbol)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

create table if not exists assets (
    venue varchar(64) not null,
    asset varchar(16) not null,
    scale bigint not null,
    primary key (venue, asset)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

create table if not exists accounts (
    venue varchar(64) not null,
    account varchar(64) not null,
    opened_at_ms bigint not null,
    primary key (venue, account)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

create table if not exists balances (
    venue varchar(64) not null,
    account varchar(64) not null,
    asset varchar(16) not null,
    available bigint not null,
    held bigint not null,
    source_partition bigint not null,
    source_offset bigint not null,
    primary key (venue, account, asset)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- terms is JSON, as the member wrote them. A rejected order has no numbers: its symbol may be
-- unknown. An order is open while something of it remains; there are no indexes over some rows only,
-- hence the column.
create table if not exists market_orders (
    venue varchar(64) not null,
    order_id binary(16) not null,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status varchar(32) not null,
    account varchar(64) not null,
    symbol varchar(32) not null,
    side varchar(8) not null,
    terms text not null,
    price bigint,
    executed bigint,
    remaining bigint,
    executed_value bigint,
    cancelled_by varchar(32),
    refusal_reason varchar(64),
    refusal_detail text,
    placed_at_ms bigint not null,
    updated_at_ms bigint not null,
    is_open boolean generated always as (remaining > 0) stored,
    primary key (venue, order_id),
    key market_orders_by_time (venue, placed_at_ms, order_id),
    key market_orders_by_account (venue, account, placed_at_ms, order_id),
    key market_orders_by_symbol (venue, symbol, placed_at_ms, order_id),
    key market_orders_by_status (venue, status, placed_at_ms, order_id),
    key market_orders_open_by_account (venue, account, is_open, placed_at_ms, order_id),
    key market_orders_book (venue, symbol, is_open, side, price, remaining)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- value is price times quantity. trades_by_time has all that candles are made of.
create table if not exists trades (
    venue varchar(64) not null,
    symbol varchar(32) not null,
    number bigint not null,
    price bigint not null,
    quantity bigint not null,
    value bigint not null,
    taker_side varchar(8) not null,
    maker_order_id binary(16) not null,
    maker_account varchar(64) not null,
    maker_fee bigint not null,
    taker_order_id binary(16) not null,
    taker_account varchar(64) not null,
    taker_fee bigint not null,
    at_ms bigint not null,
    primary key (venue, symbol, number),
    key trades_by_time (venue, symbol, at_ms, number, price, quantity, value),
    key trades_by_maker (venue, maker_account, at_ms desc, symbol, number desc),
    key trades_by_taker (venue, taker_account, at_ms desc, symbol, number desc)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;
