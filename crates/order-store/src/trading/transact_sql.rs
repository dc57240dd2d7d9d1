//! The SQL of markets in Transact-SQL, where it says the same in other words.

use super::many_rows::{Kind, Replaces, Upsert};
use crate::mssql::rows_as_json::given;

/// A text of ours as SQL Server takes it: placeholders are `@P1` and so on, and `limit n` is
/// `offset 0 rows fetch next n rows only`.
pub fn translated(sql: &str) -> String {
    let mut parts = sql.split(" limit ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(part.len());
        let (most, rest) = part.split_at(end);
        text.extend([" offset 0 rows fetch next ", most, " rows only", rest]);
    }
    text.replace('$', "@P")
}

/// The stretches that have trades, as `@stretch`: each is found by the first trade behind the one before.
/// The recursive part of a query may not look for only one row. Its placeholders: market, symbol, width,
/// where the first may begin, and how many.
pub const STRETCHES: &str = "declare @stretch table (start bigint not null primary key);
declare @left bigint = $5, @from bigint = $4, @start bigint;
while @left > 0
begin
    set @start = (select top (1) at_ms - at_ms % $3 from trades
                  where venue = $1 and symbol = $2 and at_ms >= @from order by at_ms);
    if @start is null break;
    insert into @stretch (start) values (@start);
    set @from = @start + $3;
    set @left = @left - 1;
end;
with";

/// The bytes of the id that `placeholder` is, from left to right: to be compared with `order_sort`.
pub fn place_of_id(placeholder: &str) -> String {
    format!("convert(binary(16), replace(convert(char(36), {placeholder}), '-', ''), 2)")
}

/// Inserts a row, unless there is one whose `keys_match`. Its place is locked while it is looked for, so that
/// another one who looks waits there.
pub fn insert_new(table: &str, names: &str, values: &str, keys_match: &str) -> String {
    format!(
        "insert into {table} ({names}) select {values}
         where not exists (select 1 from {table} with (updlock, holdlock) where {keys_match})"
    )
}

/// A statement that changes rows, which answers with how many it has changed.
pub fn counted(sql: &str) -> String {
    format!("{sql};\nselect @@rowcount")
}

/// Inserts the rows in `@P1`, or sets those that stand, without `merge`: what it does under
/// concurrency depends on its hints. Of rows that stand for themselves, the first of a key is taken.
pub fn upsert(upsert: Upsert) -> String {
    let Upsert { table, key, values, replaces } = upsert;
    let kinds: Vec<_> = key.iter().chain(values).map(|column| (*column, kind_of(column))).collect();
    let given = given("@P1", &kinds);
    let columns = [key, values].concat().join(", ");
    let keys_match = key.iter().map(|column| format!("stands.{column} = given.{column}"));
    let keys_match = keys_match.collect::<Vec<_>>().join(" and ");
    let guard = match replaces {
        Replaces::Nothing => {
            let key = key.join(", ");
            return format!(
                "insert into {table} ({columns}) select {columns} from (
                     select *, row_number() over (partition by {key} order by place) as nth
                     from {given} as any_of
                 ) as given where nth = 1
                 and not exists (select 1 from {table} as stands where {keys_match})"
            );
        }
        Replaces::Lesser(column) => format!("stands.{column} < given.{column}"),
        Replaces::Older => "stands.source_partition = given.source_partition \
                            and stands.source_offset < given.source_offset"
            .to_owned(),
    };
    let set = values.iter().map(|column| format!("{column} = given.{column}"));
    let set = set.collect::<Vec<_>>().join(", ");
    format!(
        "update stands set {set} from {table} as stands join {given} as given on {keys_match}
         where {guard};
         insert into {table} ({columns}) select {columns} from {given} as given
         where not exists (select 1 from {table} as stands where {keys_match})"
    )
}

/// Sets columns by the `given` rows; answers with how many rows were changed.
pub fn update(table: &str, given: &str, set: &str, condition: &str) -> String {
    counted(&format!(
        "update {table} set {set} from {table} cross join {given} as given where {condition}"
    ))
}

/// The rows in `@P1` as a table with the columns `column1` and so on.
pub fn numbered(kinds: &[Kind]) -> String {
    let names: Vec<String> = (1..=kinds.len()).map(|number| format!("column{number}")).collect();
    let columns: Vec<_> = names.iter().map(String::as_str).zip(kinds.iter().copied()).collect();
    given("@P1", &columns)
}

/// What a column of a market's table holds.
fn kind_of(column: &str) -> Kind {
    match column {
        "order_id" | "maker_order_id" | "taker_order_id" => Kind::Id,
        "terms" | "refusal_detail" => Kind::Text,
        "venue" | "symbol" | "asset" | "account" | "status" | "state" | "side" | "taker_side"
        | "maker_account" | "taker_account" | "cancelled_by" | "refusal_reason" => Kind::Name,
        _ => Kind::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_placeholders_are_said_otherwise() {
        assert_eq!(
            translated(
                "select a from (select b from c where d = $1 order by e limit $12) as f limit 1"
            ),
            "select a from (select b from c where d = @P1 order by e \
             offset 0 rows fetch next @P12 rows only) as f offset 0 rows fetch next 1 rows only"
        );
    }

    const BALANCES: Upsert = Upsert {
        table: "balances",
        key: &["account"],
        values: &["held", "source_partition", "source_offset"],
        replaces: Replaces::Older,
    };

    #[test]
    fn an_upsert_updates_what_is_older_and_inserts_what_is_not_there() {
        let sql = upsert(BALANCES);
        let (update, insert) = sql.split_once(';').unwrap();
        assert!(update.contains("join (select place, account collate"), "{update}");
        assert!(
            update.ends_with(
                "where stands.source_partition = given.source_partition \
                 and stands.source_offset < given.source_offset"
            ),
            "{update}"
        );
        assert!(insert.contains("where not exists (select 1 from balances as stands"), "{insert}");
    }

    #[test]
    fn of_rows_that_only_stand_the_first_is_inserted() {
        let sql = upsert(Upsert { replaces: Replaces::Nothing, ..BALANCES });
        assert!(sql.contains("row_number() over (partition by account order by place)"), "{sql}");
        assert!(!sql.contains("update"), "{sql}");
    }
}
