-- Money is in minor units (cents) of its currency, times are milliseconds since 1970 in UTC,
-- customer_id is the 64 bits of an unsigned number. Texts are compared byte by byte.
--
-- A table is made whole, with its indexes, by one statement, which does nothing where the table is
-- there: a migration that was cut off is begun again from its first statement.
--
-- Orders lie in the order of their times, so that lists, newest first, need no index of their own for
-- that. words holds the words of the order's customer, already normalised, each behind a blank.
create table if not exists orders (
    placed_at_ms bigint not null,
    order_id binary(16) not null,
    source_partition bigint not null,
    source_offset bigint not null,
    version bigint not null,
    status varchar(32) not null,
    rejection_reason varchar(64),
    rejection_detail text,
    updated_at_ms bigint not null,
    customer_id bigint not null,
    customer_name text not null,
    customer_last_name text not null,
    customer_email text not null,
    shipping_address text not null,
    billing_address text not null,
    currency varchar(8) not null,
    total_minor bigint not null,
    payment_method varchar(32) not null,
    words text not null,
    primary key (placed_at_ms, order_id),
    unique key orders_by_id (order_id),
    key orders_by_customer (customer_id, placed_at_ms, order_id),
    key orders_by_status (status, placed_at_ms, order_id)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- Every word of every order's customer.
create table if not exists order_words (
    word varchar(40) not null,
    placed_at_ms bigint not null,
    order_id binary(16) not null,
    primary key (word, placed_at_ms, order_id)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- No foreign key: the only writer writes an order and its items in one transaction, and the check
-- would cost a lookup an item.
create table if not exists order_items (
    order_id binary(16) not null,
    line bigint not null,
    item_code text not null,
    brand text not null,
    kind text not null,
    size text not null,
    colour text not null,
    quantity bigint not null,
    currency varchar(8) not null,
    price_minor bigint not null,
    primary key (order_id, line)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- last_mark is the mark of the record before next_offset: by it a projector knows that the log is still
-- the one that this store was filled from.
create table if not exists checkpoints (
    topic varchar(249) not null,
    `partition` bigint not null,
    next_offset bigint not null,
    source_next_offset bigint not null,
    last_mark bigint,
    primary key (topic, `partition`)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- How many partitions a topic has, for readers, who do not see the log.
create table if not exists topics (
    topic varchar(249) not null primary key,
    `partitions` bigint not null
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;

-- retry_tier is null where the events wait in the dead letter topic.
create table if not exists parked_subjects (
    `partition` bigint not null,
    order_id binary(16) not null,
    retry_tier bigint,
    last_source_offset bigint not null,
    since_ms bigint not null,
    cause mediumtext not null,
    primary key (`partition`, order_id)
) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin;
