//! Statements over many rows at once, in the words of every database.
//!
//! Each says what is to become of the rows; how that is written is the [`Dialect`]'s. An adapter without
//! placeholders for many rows can read the parts off an [`Upsert`] and write them in its own way.

use super::dialect::Dialect;
use super::session::Session;
use super::transact_sql;
use crate::multi_row::{MultiRow, Sql};

/// A statement over many rows.
pub struct ManyRows {
    sqlite: MultiRow,
    postgres: MultiRow,
    mysql: MultiRow,
    sql_server: MultiRow,
}

/// What a column of given rows holds. Each may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of 64 bits.
    Number,
    /// A name: at most 255 characters.
    Name,
    /// A text of any length, which is not compared.
    Text,
    /// An id of 16 bytes.
    Id,
}

/// Rows to insert, and what becomes of one whose key is there already.
#[derive(Clone, Copy, Debug)]
pub struct Upsert {
    /// The table.
    pub table: &'static str,
    /// The columns of its key, which come first in a row.
    pub key: &'static [&'static str],
    /// Its other columns, in the order in which a row has their values.
    pub values: &'static [&'static str],
    /// When the row that stands takes the values of the new one.
    pub replaces: Replaces,
}

/// When a new row takes the place of the one that stands.
#[derive(Clone, Copy, Debug)]
pub enum Replaces {
    /// Never.
    Nothing,
    /// Where the column of this name is less than the new one's.
    Lesser(&'static str),
    /// Where it came from an earlier place of the same partition: by the columns `source_partition` and
    /// `source_offset`.
    Older,
}

impl Replaces {
    /// What must be so, each as column, comparison: the standing row's on the left.
    const fn conditions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Nothing | Self::Lesser(_) => &[],
            Self::Older => &[("source_partition", "=")],
        }
    }

    /// Whether a column is set: one that must be the same need not.
    fn sets(self, column: &str) -> bool {
        !self.conditions().iter().any(|(same, _)| *same == column)
    }

    /// The column that must grow.
    const fn growing(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Lesser(column) => Some(column),
            Self::Older => Some("source_offset"),
        }
    }
}

impl ManyRows {
    /// Inserts rows; their values are those of the key and then the others.
    pub fn upsert(upsert: Upsert) -> Self {
        let Upsert { table, key, values, .. } = upsert;
        let columns = [key, values].concat();
        let head = format!("insert into {table} ({}) values ", columns.join(", "));
        Self::each(|dialect, rows| {
            let groups = groups(dialect, columns.len(), rows);
            match dialect {
                Dialect::Sqlite | Dialect::Postgres => {
                    format!("{head}{groups}{}", on_conflict(upsert))
                }
                Dialect::Mysql => format!("{head}{groups}{}", on_duplicate_key(upsert)),
                Dialect::SqlServer => transact_sql::upsert(upsert),
            }
        })
    }

    /// Looks things up: `select` from the given rows, which are called `asked` and whose columns are
    /// `column1` and so on, and from `tables`, in this order.
    pub fn lookup(kinds: &[Kind], select: &str, tables: &[&str], condition: &str) -> Self {
        Self::each(|dialect, rows| {
            let asked = given(dialect, kinds, rows);
            let join = format!(" {} ", dialect.joined_with());
            let asked = format!("{asked} as asked");
            let tables = [&[asked.as_str()], tables].concat().join(&join);
            format!("select {select} from {tables} where {condition}")
        })
    }

    /// Sets columns of `table` by the given rows, which are called `given` and whose columns are
    /// `column1` and so on.
    pub fn update(table: &str, kinds: &[Kind], set: &[(&str, &str)], condition: &str) -> Self {
        Self::each(|dialect, rows| {
            let given = given(dialect, kinds, rows);
            let set = |of: &str| {
                let each = set.iter().map(|(column, value)| format!("{of}{column} = {value}"));
                each.collect::<Vec<_>>().join(", ")
            };
            match dialect {
                Dialect::SqlServer => transact_sql::update(table, &given, &set(""), condition),
                Dialect::Sqlite | Dialect::Postgres => {
                    let set = set("");
                    format!("update {table} set {set} from {given} as given where {condition}")
                }
                Dialect::Mysql => {
                    let (join, set) = (dialect.joined_with(), set(&format!("{table}.")));
                    format!("update {given} as given {join} {table} set {set} where {condition}")
                }
            }
        })
    }

    /// `text` makes the statement for so many rows.
    fn each(text: impl Fn(Dialect, usize) -> String) -> Self {
        let of = |dialect| MultiRow::with(|rows| text(dialect, rows));
        Self {
            sqlite: of(Dialect::Sqlite),
            postgres: of(Dialect::Postgres),
            mysql: of(Dialect::Mysql),
            sql_server: MultiRow::of_any_size(&text(Dialect::SqlServer, 1)),
        }
    }

    /// Splits `rows` into runs, each with the statement that takes it whole.
    pub fn split<'a, S: Session, T>(
        &'a self,
        rows: &'a [T],
    ) -> impl Iterator<Item = (Sql, &'a [T])> {
        let statement = match S::DIALECT {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
            Dialect::Mysql => &self.mysql,
            Dialect::SqlServer => &self.sql_server,
        };
        statement.split(rows)
    }
}

/// Placeholders for the values of `rows` rows: `(?,?),(?,?)`, with numbers where the database wants them.
fn groups(dialect: Dialect, columns: usize, rows: usize) -> String {
    let placeholder = |number: usize| match dialect {
        Dialect::Postgres => format!("${}", number + 1),
        Dialect::Sqlite | Dialect::Mysql | Dialect::SqlServer => "?".to_owned(),
    };
    let group = |row: usize| {
        let numbers = row * columns..(row + 1) * columns;
        format!("({})", numbers.map(placeholder).collect::<Vec<_>>().join(","))
    };
    (0..rows).map(group).collect::<Vec<_>>().join(",")
}

/// Rows that come with the statement, as a table with the columns `column1` and so on.
fn given(dialect: Dialect, kinds: &[Kind], rows: usize) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            format!("(values {})", groups(dialect, kinds.len(), rows))
        }
        Dialect::SqlServer => transact_sql::numbered(kinds),
        // The two databases of this dialect have no word for such a table in common. The casts are for
        // MySQL, which takes a placeholder of unknown type for a text.
        Dialect::Mysql => {
            let cast = |kind: &Kind| match kind {
                Kind::Number => "cast(? as signed)",
                Kind::Name => "cast(? as char(255))",
                Kind::Text => "cast(? as char)",
                Kind::Id => "cast(? as binary(16))",
            };
            let named = |(number, kind)| format!("{} as column{number}", cast(kind));
            let first = (1..).zip(kinds).map(named).collect::<Vec<_>>().join(",");
            let next = kinds.iter().map(cast).collect::<Vec<_>>().join(",");
            format!("(select {first}{})", format!(" union all select {next}").repeat(rows - 1))
        }
    }
}

fn on_conflict(upsert: Upsert) -> String {
    let Upsert { table, key, values, replaces } = upsert;
    let Some(growing) = replaces.growing() else { return " on conflict do nothing".to_owned() };
    let set = values.iter().filter(|column| replaces.sets(column));
    let set = set.map(|name| format!("{name} = excluded.{name}"));
    let compared = replaces.conditions().iter().copied().chain([(growing, "<")]);
    let compared = compared.map(|(name, than)| format!("{table}.{name} {than} excluded.{name}"));
    format!(
        " on conflict ({}) do update set {} where {}",
        key.join(", "),
        set.collect::<Vec<_>>().join(", "),
        compared.collect::<Vec<_>>().join(" and ")
    )
}

fn on_duplicate_key(upsert: Upsert) -> String {
    let Upsert { table, key, values, replaces } = upsert;
    let Some(growing) = replaces.growing() else {
        // `ignore` would also pass over values that don't fit.
        return format!(" on duplicate key update {0} = {table}.{0}", key[0]);
    };
    let compared = replaces.conditions().iter().copied().chain([(growing, "<")]);
    let compared = compared.map(|(name, than)| format!("{table}.{name} {than} values({name})"));
    let newer = compared.collect::<Vec<_>>().join(" and ");
    // Columns are set from left to right, and seen as they are by then: the one that is compared comes
    // last.
    let others = values.iter().filter(|column| replaces.sets(column) && **column != growing);
    let set = others.chain([&growing]);
    let set = set.map(|name| format!("{name} = if({newer}, values({name}), {table}.{name})"));
    format!(" on duplicate key update {}", set.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
