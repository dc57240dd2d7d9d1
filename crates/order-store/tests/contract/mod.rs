//! What every adapter must do, written once.
//!
//! `contract!(Adapter)` makes a test of every case. Each test has a database of its own.

pub mod checkpoints;
pub mod pages;
pub mod rows;
pub mod schema;
pub mod searching;
pub mod writing;

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
            two_starters_migrate_at_once, a_newer_schema_is_left_alone,
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
        $crate::contract!(@cases $database, pages:
            pages_walk_all_orders_newest_first, orders_of_one_moment_are_sorted_by_id,
            pages_stay_stable_while_orders_arrive, filters_hold_together,
            strange_times_are_in_order, a_replaced_row_moves_with_its_time,
            a_page_is_bounded);
        $crate::contract!(@cases $database, searching:
            words_are_found_whatever_case_and_accents, every_word_must_be_there,
            a_text_without_words_finds_nothing, syntax_is_text, odd_texts_do_no_harm,
            hits_come_in_pages_newest_first, a_replaced_row_is_found_by_its_new_words_only, old_and_rare_hits_are_found);
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
