//! What every adapter must do, written once.
//!
//! `contract!(Adapter)` makes a test of every case. Each test has a database of its own.

pub mod checkpoints;
pub mod content;
pub mod generations;
pub mod pages;
pub mod rows;
pub mod schema;
pub mod searching;
pub mod trading;
pub mod writing;

pub use trading::{
    changing as market_changing, listing as market_listing, refusing as market_refusing,
    summing as market_summing, trades as market_trades,
};

use order_store::OrderStore;

/// A customer of this name can't be written: a trigger of the test database refuses it.
pub const POISON: &str = "poison";

/// An empty database of a test's own. It is removed with the value.
pub trait TestDatabase: Sized {
    /// A new one; `None` where this machine has none and the developer said that this is fine.
    async fn create() -> Option<Self>;

    /// Another store over the same database, as another process would open it.
    async fn open(&self) -> OrderStore;

    /// Makes the database refuse orders whose customer's name is [`POISON`].
    async fn refuse_poison(&self);

    /// Runs a statement beside the store.
    async fn execute(&self, sql: &'static str);

    /// The version of this build's schema.
    const VERSIONS: i64;

    /// Inserts a checkpoint at 7 and 14, as the first version had it.
    const OLD_CHECKPOINT: &str = "insert into checkpoints
        (topic, partition, next_offset, source_next_offset) values ('order-events', 0, 7, 14)";

    /// Marks the database as one that a newer build has migrated.
    const NEWER_SCHEMA: &str = "insert into _sqlx_migrations
        (version, description, success, checksum, execution_time)
        values (9999, 'from the future', true, '', 0)";

    /// Gives the empty database the schema of an older build.
    async fn migrate_to(&self, version: i64);

    /// How many rows `table` has.
    async fn count(&self, table: &'static str) -> i64;

    /// A migrated store.
    async fn migrated(&self) -> OrderStore {
        let store = self.open().await;
        store.projections.migrate().await.unwrap();
        store
    }
}

/// A test of every case of the contract, over this kind of database.
#[macro_export]
macro_rules! contract {
    ($database:ty) => {
        $crate::contract!(@cases $database, schema:
            an_empty_database_gets_the_schema, migrating_again_changes_nothing,
            two_starters_migrate_at_once, every_older_schema_is_brought_up_to_date,
            a_newer_schema_is_left_alone,
            a_missing_schema_is_a_matter_of_configuration);
        $crate::contract!(@cases $database, writing:
            rows_come_back_as_they_were_written, a_row_gives_way_only_to_a_newer_source,
            the_newest_of_a_batch_stands, a_row_of_another_partition_stands,
            a_large_batch_is_written_whole, a_refused_row_leaves_nothing_behind,
            the_rest_goes_without_the_poison, money_reaches_the_ends_of_its_range,
            numbers_reach_the_ends_of_their_range, an_offset_beyond_sql_is_refused,
            a_full_order_is_written, parked_subjects_come_and_go, text_is_only_text);
        $crate::contract!(@cases $database, checkpoints:
            a_stream_starts_at_zero, a_checkpoint_moves_only_from_where_it_was_read,
            of_two_projectors_one_wins, the_loser_writes_nothing, streams_move_apart,
            a_batch_may_only_move_checkpoints,
            the_number_of_partitions_is_known_once_it_was_said);
        $crate::contract!(@cases $database, content:
            stores_that_were_filled_alike_hold_the_same, a_row_that_differs_is_found,
            a_view_is_of_one_moment, what_a_schema_lacks_is_left_out);
        $crate::contract!(@cases $database, pages:
            pages_walk_all_orders_newest_first, orders_of_one_moment_are_sorted_by_id,
            pages_stay_stable_while_orders_arrive, filters_hold_together,
            strange_times_are_in_order, a_replaced_row_moves_with_its_time,
            a_page_is_bounded, more_readers_than_connections_all_get_their_turn);
        $crate::contract!(@cases $database, searching:
            words_are_found_whatever_case_and_accents, every_word_must_be_there,
            a_text_without_words_finds_nothing, syntax_is_text, odd_texts_do_no_harm,
            hits_come_in_pages_newest_first, hits_stay_stable_while_orders_arrive,
            a_replaced_row_is_found_by_its_new_words_only, old_and_rare_hits_are_found,
            of_a_common_and_a_rare_word_both_must_be_there);
        $crate::contract!(@cases $database, market_changing:
            an_order_is_shown_as_it_was_placed, every_kind_of_order_comes_back,
            a_rejected_order_may_name_anything, fills_amendments_and_cancels_are_followed,
            what_comes_again_changes_nothing, one_batch_is_as_good_as_many,
            the_newest_word_on_a_balance_stands,
            a_change_from_another_partition_changes_nothing,
            an_instrument_is_halted_and_resumed, a_market_without_rows_still_has_a_time);
        $crate::contract!(@cases $database, market_refusing:
            what_names_an_unknown_instrument_waits, a_trade_of_an_unknown_instrument_waits,
            no_order_overtakes_itself, numbers_that_do_not_fit_their_instrument_are_refused);
        $crate::contract!(@cases $database, market_listing:
            pages_walk_all_orders_newest_first, filters_hold_together,
            pages_stay_stable_while_orders_arrive, a_page_of_orders_is_bounded,
            another_market_is_not_seen);
        $crate::contract!(@cases $database, market_trades:
            a_trade_comes_back_as_it_happened,
            trades_come_in_pages_newest_first_and_stay_stable,
            one_command_may_cause_many_trades, an_account_sees_its_side_of_every_trade,
            trades_of_one_moment_are_sorted_by_symbol,
            a_ticker_shows_the_last_day_by_the_logs_time,
            candles_begin_at_multiples_of_their_width, many_candles_are_bounded);
        $crate::contract!(@cases $database, market_summing:
            what_a_market_does_not_have_is_none, the_book_is_the_sum_of_the_open_orders,
            statistics_add_up, sums_go_beyond_what_one_number_holds);
    };
    (@cases $database:ty, $module:ident: $($case:ident),+ $(,)?) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(database) = <$database as TestDatabase>::create().await else { return };
                    $crate::contract::$module::$case(&database).await;
                }
            )+
        }
    };
}
