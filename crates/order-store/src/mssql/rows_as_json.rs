//! Many rows as one parameter: a JSON array of rows, which are arrays, read by `OPENJSON`.
//!
//! A statement takes 2,100 parameters at most, so values alone would bound it to a hundred rows of a
//! market's orders, and every number of rows would be a text, hence a plan, of its own. As JSON, any
//! number of rows is one text and one plan. `OPENJSON` needs SQL Server 2016.

use crate::trading::many_rows::Kind;
use crate::trading::session::Value;

/// The collation of all columns that are compared: by code points.
pub const EXACT: &str = "Latin1_General_100_BIN2";

/// The type of a column of given rows. `OPENJSON` cuts off what a declared length does not hold, silently:
/// so texts have none, and the table is to refuse what is too long.
const fn sql_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "bigint",
        Kind::Name => "nvarchar(255)",
        Kind::Text => "nvarchar(max)",
        Kind::Id => "uniqueidentifier",
    }
}

/// The rows in `parameter` as a table. Its columns have these names, and one more, called `place`, has
/// the row's place among them, from 0.
pub fn given(parameter: &str, columns: &[(&str, Kind)]) -> String {
    let shown = columns.iter().map(|(name, kind)| match kind {
        Kind::Name => format!("{name} collate {EXACT} as {name}"),
        _ => (*name).to_owned(),
    });
    let read = (1..)
        .zip(columns)
        .map(|(path, (name, kind))| format!("{name} {} '$[{path}]'", sql_of(*kind)));
    format!(
        "(select place, {} from openjson({parameter}) with (place bigint '$[0]', {}) as one)",
        shown.collect::<Vec<_>>().join(", "),
        read.collect::<Vec<_>>().join(", "),
    )
}

/// How many columns the rows have that `sql` reads, without their places; `None` where it reads none.
pub fn columns_read(sql: &str) -> Option<usize> {
    let paths = sql.split("'$[").skip(1).filter_map(|rest| rest.split(']').next()?.parse().ok());
    paths.max()
}

/// Rows of `columns` values each, with their places before them.
pub fn to_json(values: &[Value<'_>], columns: usize) -> String {
    let mut json = String::with_capacity(16 + values.len() * 16);
    json.push('[');
    for (place, row) in values.chunks(columns).enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push('[');
        json.push_str(&place.to_string());
        for value in row {
            json.push(',');
            push(&mut json, value);
        }
        json.push(']');
    }
    json.push(']');
    json
}

fn push(json: &mut String, value: &Value<'_>) {
    match value {
        Value::Number(number) | Value::NumberOrNull(Some(number)) => {
            json.push_str(&number.to_string());
        }
        Value::Text(text) => push_text(json, text),
        Value::TextOrNull(Some(text)) => push_text(json, text),
        Value::Id(id) => {
            json.push('"');
            json.push_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
            json.push('"');
        }
        Value::NumberOrNull(None) | Value::TextOrNull(None) => json.push_str("null"),
    }
}

fn push_text(json: &mut String, text: &str) {
    let escaped = serde_json::to_string(text).expect("a text is JSON");
    json.push_str(&escaped);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::trading::session::text;

    #[test]
    fn rows_are_arrays_that_begin_with_their_place() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let values = [
            Value::Number(i64::MIN),
            text("O'Neill \"]\\\n🦀"),
            Value::Id(id),
            Value::NumberOrNull(None),
            Value::TextOrNull(Some("")),
            Value::TextOrNull(None),
        ];
        assert_eq!(
            to_json(&values, 3),
            "[[0,-9223372036854775808,\"O'Neill \\\"]\\\\\\n🦀\",\
             \"01234567-89ab-cdef-0123-456789abcdef\"],[1,null,\"\",null]]"
        );
        assert_eq!(to_json(&[], 3), "[]");
    }

    #[test]
    fn a_statement_says_how_many_columns_it_reads() {
        let sql = given("@P1", &[("venue", Kind::Name), ("order_id", Kind::Id)]);
        assert_eq!(
            sql,
            "(select place, venue collate Latin1_General_100_BIN2 as venue, order_id \
             from openjson(@P1) with (place bigint '$[0]', venue nvarchar(255) '$[1]', \
             order_id uniqueidentifier '$[2]') as one)"
        );
        assert_eq!(columns_read(&format!("update x from {sql}; insert {sql}")), Some(2));
        assert_eq!(columns_read("select 1 where a = $1"), None);
    }
}
