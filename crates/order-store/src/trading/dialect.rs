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

    /// A column whose name is a word that a database reserves.
    pub fn quoted(self, column: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => column.to_owned(),
            Self::Mysql => format!("`{column}`"),
            Self::SqlServer => format!("[{column}]"),
        }
    }

    /// Inserts a row, unless there is one with the same key, which are the first `key` columns. Whoever
    /// inserts one at the same moment is waited for.
    pub fn insert_new(self, table: &str, columns: &[&str], key: usize) -> String {
        let (names, values) = self.names_and_values(columns);
        match self {
            Self::Sqlite | Self::Postgres => {
                format!("insert into {table} ({names}) values ({values}) on conflict do nothing")
            }
            Self::Mysql => format!("insert ignore into {table} ({names}) values ({values})"),
            Self::SqlServer => {
                let keys_match = self.assigned(&columns[..key], 1, " and ");
                transact_sql::insert_new(table, &names, &values, &keys_match)
            }
        }
    }

    /// Inserts a row, or sets what stands in the one with the same key, which are the first `key` columns.
    pub fn put(self, table: &str, columns: &[&str], key: usize) -> String {
        let (names, values) = self.names_and_values(columns);
        let insert = format!("insert into {table} ({names}) values ({values})");
        let quoted = |columns: &[&str]| -> Vec<String> {
            columns.iter().map(|column| self.quoted(column)).collect()
        };
        let set = |of: fn(&str) -> String| {
            let each = quoted(&columns[key..]);
            each.iter().map(|name| format!("{name} = {}", of(name))).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Sqlite | Self::Postgres => {
                let key = quoted(&columns[..key]).join(", ");
                let set = set(|name| format!("excluded.{name}"));
                format!("{insert} on conflict ({key}) do update set {set}")
            }
            Self::Mysql => {
                format!(
                    "{insert} on duplicate key update {}",
                    set(|name| format!("values({name})"))
                )
            }
            Self::SqlServer => {
                let set = self.assigned(&columns[key..], key + 1, ", ");
                let keys_match = self.assigned(&columns[..key], 1, " and ");
                format!("update {table} set {set} where {keys_match};\nif @@rowcount = 0 {insert}")
            }
        }
    }

    /// The names of columns, and a placeholder for each.
    fn names_and_values(self, columns: &[&str]) -> (String, String) {
        let names: Vec<String> = columns.iter().map(|column| self.quoted(column)).collect();
        let values: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        (names.join(", "), values.join(", "))
    }

    /// Columns, each equal to a placeholder, which are counted from `first`.
    fn assigned(self, columns: &[&str], first: usize, between: &str) -> String {
        let each = (first..).zip(columns);
        let each = each.map(|(number, column)| format!("{} = ${number}", self.quoted(column)));
        each.collect::<Vec<_>>().join(between)
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

    /// The column of orders, which are called `o`, that sorts like the bytes of their ids.
    pub const fn sorted_id(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres | Self::Mysql => "o.order_id",
            Self::SqlServer => "o.order_sort",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 3] = ["topic", "partition", "next"];

    #[test]
    fn a_row_is_put_over_the_one_that_stands() {
        let put = |dialect: Dialect| dialect.put("checkpoints", &COLUMNS, 2);
        let values = "values ($1, $2, $3)";
        assert_eq!(
            put(Dialect::Postgres),
            format!(
                "insert into checkpoints (topic, partition, next) {values} \
                 on conflict (topic, partition) do update set next = excluded.next"
            )
        );
        assert_eq!(
            put(Dialect::Mysql),
            format!(
                "insert into checkpoints (`topic`, `partition`, `next`) {values} \
                 on duplicate key update `next` = values(`next`)"
            )
        );
        assert_eq!(
            put(Dialect::SqlServer),
            format!(
                "update checkpoints set [next] = $3 where [topic] = $1 and [partition] = $2;\n\
                 if @@rowcount = 0 insert into checkpoints ([topic], [partition], [next]) {values}"
            )
        );
    }

    #[test]
    fn a_row_that_stands_is_left_alone() {
        let insert = |dialect: Dialect| dialect.insert_new("checkpoints", &COLUMNS, 2);
        assert!(insert(Dialect::Sqlite).ends_with("values ($1, $2, $3) on conflict do nothing"));
        assert!(insert(Dialect::Mysql).starts_with("insert ignore into checkpoints (`topic`, "));
        let sql = insert(Dialect::SqlServer);
        assert!(sql.contains("with (updlock, holdlock) where [topic] = $1 and [partition] = $2"));
    }
}
