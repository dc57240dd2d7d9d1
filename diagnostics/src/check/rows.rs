//! The store's rows are what the events say.

use anyhow::Context as _;
use order_store::content::{
    ContentTable, ContentValue, ContentView, Difference, RowDifference, compare, differing_rows,
};

use super::fold::Fold;
use super::kind::Kind;
use super::report::{Report, TableReport};
use crate::text::short;

/// How much of a value is told.
const VALUE_CHARS_MAX: usize = 80;

/// Compares every table, by content and not by what a database makes of it.
pub(super) async fn check(
    fold: Fold,
    store: &mut ContentView,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (mut events, _folder) = fold.view().await?;
    for table in ContentTable::ALL {
        check_table(table, &mut events, store, report)
            .await
            .with_context(|| format!("comparing table {table}"))?;
    }
    Ok(())
}

async fn check_table(
    table: ContentTable,
    events: &mut ContentView,
    store: &mut ContentView,
    report: &mut Report,
) -> anyhow::Result<()> {
    let compared = compare(events, store, table).await?;
    let left_out = compared.left_out();
    if !left_out.is_empty() {
        let columns = left_out.join(", ");
        report.unchecked(format!("table {table}: the store does not have {columns}"));
    }
    let (rows, hash) = (compared.right.rows(), compared.right.hash().to_string());
    report.tables.push(TableReport { table: table.name(), rows, hash });
    if compared.is_same() {
        return Ok(());
    }
    let limit = report.limit().max(1);
    let differing = differing_rows(events, store, &compared, limit).await?;
    let all_told = differing.len() < limit;
    for RowDifference { key, difference, .. } in differing {
        let key: Vec<_> = key.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let (kind, what) = tell(&difference);
        report.found(kind, format!("{table} where {}", key.join(" and ")), what);
        if !all_told {
            report.or_more(kind);
        }
    }
    Ok(())
}

/// The events are on the left, the store on the right.
fn tell(difference: &Difference) -> (Kind, String) {
    match difference {
        Difference::OnlyLeft => {
            (Kind::MissingRow, "the events tell of it, and the store does not have it".to_owned())
        }
        Difference::OnlyRight => {
            (Kind::SurplusRow, "the store has it, and no event tells of it".to_owned())
        }
        Difference::Values(values) => {
            let tell = |(column, events, store): &(&str, ContentValue<'_>, ContentValue<'_>)| {
                format!("{column} is {}, the events say {}", value(store), value(events))
            };
            (Kind::AlteredRow, values.iter().map(tell).collect::<Vec<_>>().join("; "))
        }
    }
}

fn value(value: &ContentValue<'_>) -> String {
    short(&value.to_string(), VALUE_CHARS_MAX)
}
