-- Money is in minor units (cents) of its currency, times are milliseconds since 1970 in UTC,
-- customer_id is the 64 bits of an unsigned number.
--
-- order_key grows with placed_at_ms, so that every index, the one over words too, lists orders
-- newest first without a column or an index of its own for that. See src/sqlite/order_key.rs.
create table orders (
    order_key integer primary key,
    order_id blob not null unique,
    source_partition integer not null,
    source_offset integer not null,
    version integer not null,
    status text not null,
    rejection_reason text,
    rejection_detail text,
    placed_at_ms integer not null,
    updated_at_ms integer not null,
    customer_id integer not null,
    customer_name text not null,
    customer_last_name text not null,
    customer_email text not null,
    shipping_address text not null,
    billing_address text not null,
    currency text not null,
    total_minor integer not null,
    payment_method text not null
) strict;

create index orders_by_customer on orders (customer_id);
create index orders_by_status on orders (status);

-- No foreign key: the only writer writes an order and its items in one transaction, and the check
-- would cost a lookup an item.
create table order_items (
    order_key integer not null,
    line integer not null,
    item_code text not null,
    brand text not null,
    kind text not null,
    size text not null,
    colour text not null,
    quantity integer not null,
    currency text not null,
    price_minor integer not null,
    primary key (order_key, line)
) strict, without rowid;

-- The words of an order's customer, already normalised, by order_key. Only the index is kept, not
-- the text. The ascii tokenizer splits at the blanks between the words and changes nothing.
create virtual table order_words using fts5 (
    words,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    prefix = '1 2 3',
    tokenize = 'ascii'
);

create table checkpoints (
    topic text not null,
    partition integer not null,
    next_offset integer not null,
    source_next_offset integer not null,
    primary key (topic, partition)
) strict, without rowid;

-- retry_tier is null where the events wait in the dead letter topic.
create table parked_subjects (
    partition integer not null,
    order_id blob not null,
    retry_tier integer,
    last_source_offset integer not null,
    since_ms integer not null,
    cause text not null,
    primary key (partition, order_id)
) strict, without rowid;
