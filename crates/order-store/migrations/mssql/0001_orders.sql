-- Money is in minor units (cents) of its currency, times are milliseconds since 1970 in UTC,
-- customer_id is the 64 bits of an unsigned number.
--
-- Text that is compared is compared by its code points, whatever the database's language.
--
-- SQL Server sorts a uniqueidentifier by its last bytes first; order_sort are the bytes from left to
-- right, by which orders of one moment are listed. placed_at and updated_at are for people.
--
-- words holds the words of the order's customer, already normalised, for full-text search where that is
-- chosen.
create table orders (
    order_id uniqueidentifier not null constraint orders_key primary key nonclustered,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status nvarchar(32) collate Latin1_General_100_BIN2 not null,
    rejection_reason nvarchar(64) collate Latin1_General_100_BIN2 null,
    rejection_detail nvarchar(max) null,
    placed_at_ms bigint not null,
    updated_at_ms bigint not null,
    customer_id bigint not null,
    customer_name nvarchar(512) not null,
    customer_last_name nvarchar(512) not null,
    customer_email nvarchar(512) not null,
    shipping_address nvarchar(2048) not null,
    billing_address nvarchar(2048) not null,
    currency nvarchar(8) collate Latin1_General_100_BIN2 not null,
    total_minor bigint not null,
    payment_method nvarchar(32) collate Latin1_General_100_BIN2 not null,
    words nvarchar(max) not null,
    order_sort as cast(
        substring(cast(order_id as binary(16)), 4, 1) + substring(cast(order_id as binary(16)), 3, 1)
        + substring(cast(order_id as binary(16)), 2, 1) + substring(cast(order_id as binary(16)), 1, 1)
        + substring(cast(order_id as binary(16)), 6, 1) + substring(cast(order_id as binary(16)), 5, 1)
        + substring(cast(order_id as binary(16)), 8, 1) + substring(cast(order_id as binary(16)), 7, 1)
        + substring(cast(order_id as binary(16)), 9, 8)
        as binary(16)) persisted not null,
    placed_at as case when placed_at_ms between -62135596800000 and 253402300799999 then
        dateadd(millisecond, cast(placed_at_ms % 86400000 as int),
                dateadd(day, cast(placed_at_ms / 86400000 as int), cast('1970-01-01' as datetime2(3)))) end,
    updated_at as case when updated_at_ms between -62135596800000 and 253402300799999 then
        dateadd(millisecond, cast(updated_at_ms % 86400000 as int),
                dateadd(day, cast(updated_at_ms / 86400000 as int), cast('1970-01-01' as datetime2(3)))) end
);
create unique clustered index orders_by_time on orders (placed_at_ms, order_sort);
create index orders_by_customer on orders (customer_id, placed_at_ms, order_sort);
create index orders_by_status on orders (status, placed_at_ms, order_sort);

-- No foreign keys: the only writer writes an order, its items and its words in one transaction, and the
-- check would cost a lookup a row.
create table order_items (
    order_id uniqueidentifier not null,
    line bigint not null,
    item_code nvarchar(512) not null,
    brand nvarchar(512) not null,
    kind nvarchar(512) not null,
    size nvarchar(512) not null,
    colour nvarchar(512) not null,
    quantity bigint not null,
    currency nvarchar(8) collate Latin1_General_100_BIN2 not null,
    price_minor bigint not null,
    constraint order_items_key primary key clustered (order_id, line)
);

-- Every word of an order's customer, to be found by its beginning.
create table order_words (
    order_id uniqueidentifier not null,
    word nvarchar(80) collate Latin1_General_100_BIN2 not null,
    constraint order_words_key primary key clustered (order_id, word)
);
create index order_words_by_word on order_words (word, order_id);

-- last_mark is the mark of the record before next_offset: by it a projector knows that the log is still
-- the one that this store was filled from.
create table checkpoints (
    topic nvarchar(249) collate Latin1_General_100_BIN2 not null,
    [partition] bigint not null,
    next_offset bigint not null,
    source_next_offset bigint not null,
    last_mark bigint null,
    constraint checkpoints_key primary key clustered (topic, [partition])
);

-- How many partitions a topic has, for readers, who do not see the log.
create table topics (
    topic nvarchar(249) collate Latin1_General_100_BIN2 not null
        constraint topics_key primary key clustered,
    partitions bigint not null
);

-- retry_tier is null where the events wait in the dead letter topic.
create table parked_subjects (
    [partition] bigint not null,
    order_id uniqueidentifier not null,
    retry_tier bigint null,
    last_source_offset bigint not null,
    since_ms bigint not null,
    cause nvarchar(max) not null,
    constraint parked_subjects_key primary key clustered ([partition], order_id)
);
