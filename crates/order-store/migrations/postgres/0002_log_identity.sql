-- The mark of the record before next_offset: by it a projector knows that the log is still the one
-- that this store was filled from. Null where an older build wrote the checkpoint.
alter table checkpoints add column last_mark bigint;

-- How many partitions a topic has, for readers, who do not see the log.
create table topics (
    topic text not null primary key,
    partitions bigint not null
);
