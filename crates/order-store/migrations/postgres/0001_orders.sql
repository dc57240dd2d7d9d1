-- Money is in minor units (cents) of its currency, times are milliseconds since 1970 in UTC,
-- customer_id is the 64 bits of an unsigned number.
--
-- words holds the words of the order's customer, already normalised, for prefix search.
create table orders (
    order_id uuid primary key,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status text not null,
    rejection_reason text,
    rejection_detail text,
    placed_at_ms bigint not null,
    updated_at_ms bigint not null,
    customer_id bigint not null,
    customer_name text not null,
    customer_last_name text not null,
    customer_email text not null,
    shipping_address text not null,
    billing_address text not null,
    currency text not null,
    total_minor bigint not null,
    payment_method text not null,
    words tsvector not null
);

create index orders_by_time on orders (placed_at_ms, order_id);
create index orders_by_customer on orders (customer_id, placed_at_ms, order_id);
create index orders_by_status on orders (status, placed_at_ms, order_id);
create index orders_by_words on orders using gin (words);

-- No foreign key: the only writer writes an order and its items in one transaction, and the check
-- would cost a lookup an item.
create table order_items (
    order_id uuid not null,
    line bigint not null,
    item_code text not null,
    brand text not null,
    kind text not null,
    size text not null,
    colour text not null,
    quantity bigint not null,
    currency text not null,
    price_minor bigint not null,
    primary key (order_id, line)
);

create table checkpoints (
    topic text not null,
    partition bigint not null,
    next_offset bigint not null,
    source_next_offset bigint not null,
    primary key (topic, partition)
);

-- retry_tier is null where the events wait in the dead letter topic.
create table parked_subjects (
    partition bigint not null,
    order_id uuid not null,
    retry_tier bigint,
    last_source_offset bigint not null,
    since_ms bigint not null,
    cause text not null,
    primary key (partition, order_id)
);
