//! In what the SQL of markets differs from database to database.

use super::transact_sql;

/// A database's own SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// It is told which index to take, because it knows little of what is in a table. In a statement
    /// over many rows it finds the name of a placeholder by looking through all of them, which took a
    /// third of the time: there its placeholders are question marks.
    Sqlite,
    /// It knows what is in a table; its placeholders have numbers.
    Postgres,
    /// MySQL and MariaDB: every placeholder is a question mark. It is told which index to take and in
    /// which order to join, for it guesses badly about rows that come with the statement.
    Mysql,
    /// It knows what is in a table. Many rows come as JSON in one parameter, and what it says in other
    /// words is in [`transact_sql`].
    SqlServer,
}

impl Dialect {
    /// Says that a table is to be read by this index, where that must be said.
    pub fn indexed_by(self, index: &str) -> String {
        match self {
            Self::Sqlite => format!(" indexed by {index}"),
            Self::Postgres | Self::SqlServer => String::new(),
            Self::Mysql => format!(" force index ({index})"),
        }
    }

    /// As [`indexed_by`](Self::indexed_by), by the table's own order; for databases whose planner knows
    /// too little to choose it.
    pub const fn in_key_order(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres | Self::SqlServer => "",
            Self::Mysql => " force index (primary)",
        }
    }

    /// Joins all rows of two tables, from the left one to the right one where the database can be told.
    pub const fn joined_with(self) -> &'static str {
        match self {
            // SQLite keeps to the order of a cross join.
            Self::Sqlite | Self::Postgres | Self::SqlServer => "cross join",
            Self::Mysql => "straight_join",
        }
    }

    /// Whether an order is open, in the words of the indexes over open orders.
    pub const fn is_open(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres | Self::SqlServer => "remaining > 0",
            // It has no partial indexes, so this is a column of theirs.
            Self::Mysql => "is_open = 1",
        }
    }

    /// What a whole number of 64 bits is cast to.
    pub const fn whole_number(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres | Self::SqlServer => "bigint",
            Self::Mysql => "signed",
        }
    }

    /// SQL for the sum of a column: its upper part in steps of 2^32, and what is left, because a sum of
    /// whole units may go beyond 64 bits. Two columns of the answer, for
    /// [`sum_of`](super::units::sum_of).
    pub fn sum_columns(self, column: &str) -> String {
        match self {
            // Of the upper and the lower bits of each: a sum of whole numbers overflows.
            Self::Sqlite | Self::Postgres => format!(
                "cast(sum({column} >> 32) as bigint), cast(sum({column} & 4294967295) as bigint)"
            ),
            // Its sums are decimals of 41 digits, and its bits have no sign.
            Self::Mysql => format!(
                "cast(sum({column}) div 4294967296 as signed), \
                 cast(sum({column}) mod 4294967296 as signed)"
            ),
            // Its large literals are decimals, whose quotient would have decimal places.
            Self::SqlServer => {
                let unit = "cast(4294967296 as bigint)";
                format!("sum({column} / {unit}), sum({column} % {unit})")
            }
        }
    }

    /// The condition that a row lies behind a place of a list, newest first: `at` and `id` are its
    /// columns, and `placeholders` those of the place.
    pub fn behind(self, at: &str, id: &str, placeholders: [&str; 2]) -> String {
        let [place_at, place_id] = placeholders;
        match self {
            Self::Sqlite | Self::Postgres => format!("({at}, {id}) < ({place_at}, {place_id})"),
            // It compares rows with rows only one by one, never by an index.
            Self::Mysql => {
                format!("{at} <= {place_at} and ({at} < {place_at} or {id} < {place_id})")
            }
            Self::SqlServer => {
                let place_id = transact_sql::place_of_id(place_id);
                format!("{at} <= {place_at} and ({at} < {place_at} or {id} < {place_id})")
            }
        }
    }

    /// The column of a market's orders, which are called `o`, that sorts like the bytes of their ids.
    pub const fn sorted_id(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres | Self::Mysql => "o.order_id",
            Self::SqlServer => "o.order_sort",
        }
    }
}
