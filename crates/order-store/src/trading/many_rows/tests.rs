use super::*;

const BALANCES: Upsert = Upsert {
    table: "balances",
    key: &["account", "asset"],
    values: &["held", "source_partition", "source_offset"],
    replaces: Replaces::Older,
};

fn first(statement: &MultiRow, rows: usize) -> String {
    let rows = vec![(); rows];
    let (sql, _) = statement.split(&rows).next().unwrap();
    sql.0.to_string()
}

#[test]
fn an_upsert_replaces_only_what_is_older() {
    let upsert = ManyRows::upsert(BALANCES);
    let head = "insert into balances (account, asset, held, source_partition, source_offset) ";
    assert_eq!(
        first(&upsert.postgres, 1),
        format!(
            "{head}values ($1,$2,$3,$4,$5) on conflict (account, asset) do update set \
             held = excluded.held, source_offset = excluded.source_offset \
             where balances.source_partition = excluded.source_partition \
             and balances.source_offset < excluded.source_offset"
        )
    );
    let newer = "balances.source_partition = values(source_partition) \
                 and balances.source_offset < values(source_offset)";
    assert_eq!(
        first(&upsert.mysql, 1),
        format!(
            "{head}values (?,?,?,?,?) on duplicate key update \
             held = if({newer}, values(held), balances.held), \
             source_offset = if({newer}, values(source_offset), balances.source_offset)"
        )
    );
}

#[test]
fn placeholders_go_on_from_row_to_row() {
    let upsert = ManyRows::upsert(Upsert { replaces: Replaces::Nothing, ..BALANCES });
    let numbers: Vec<_> = (1..=25).map(|number| format!("${number}")).collect();
    let groups: Vec<_> = numbers.chunks(5).map(|row| format!("({})", row.join(","))).collect();
    let sql = first(&upsert.postgres, 5);
    assert!(sql.ends_with(&format!("{} on conflict do nothing", groups.join(","))), "{sql}");
    let sql = first(&upsert.mysql, 1);
    assert!(sql.ends_with(" on duplicate key update account = balances.account"), "{sql}");
}

#[test]
fn given_rows_are_a_table_in_every_dialect() {
    let lookup = ManyRows::lookup(
        &[Kind::Number, Kind::Id],
        "asked.column1, o.status",
        &["orders o"],
        "o.id = asked.column2",
    );
    assert_eq!(
        first(&lookup.sqlite, 1),
        "select asked.column1, o.status from (values (?,?)) as asked cross join orders o \
         where o.id = asked.column2"
    );
    let sql = first(&lookup.mysql, 5);
    let begun = "select asked.column1, o.status from (select cast(? as signed) as column1,\
                 cast(? as binary(16)) as column2 union all select cast(? as signed),\
                 cast(? as binary(16)) union all";
    assert!(sql.starts_with(begun), "{sql}");
    assert_eq!(sql.matches('?').count(), 10);
}

#[test]
fn an_update_joins_the_given_rows() {
    let kinds = [Kind::Name, Kind::Number];
    let set = [("state", "given.column2")];
    let update = ManyRows::update("markets", &kinds, &set, "markets.venue = given.column1");
    assert_eq!(
        first(&update.postgres, 1),
        "update markets set state = given.column2 from (values ($1,$2)) as given \
         where markets.venue = given.column1"
    );
    assert_eq!(
        first(&update.mysql, 1),
        "update (select cast(? as char(255)) as column1,cast(? as signed) as column2) as given \
         straight_join markets set markets.state = given.column2 \
         where markets.venue = given.column1"
    );
}
