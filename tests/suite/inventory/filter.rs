use proptest::prelude::*;
use vpp::inventory::{Filter, FilterProblem, Table, select};

use super::world::World;

const HEADER: &str = "serial,a,b,n\n";

fn table(rows: &str) -> Table {
    let mut world = World::new();
    world.csv("devices", "serial=serial", format!("{HEADER}{rows}"));
    world.filtered("all", "devices", "size(row) > 0");
    let mut loaded = world.load();
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    loaded.tables.remove("devices").unwrap()
}

fn selected(table: &Table, filter: &str) -> Result<Vec<usize>, FilterProblem> {
    let filter = Filter::compile(filter).unwrap();
    let rows = select(table, &[&filter]).pop().unwrap()?;
    Ok(rows.iter().collect())
}

#[test]
fn rows_are_maps_of_texts() {
    let table = table("S1,x,1,\nS2,y,1,5\nS3,x,2,12\n");
    for (filter, expected) in [
        (r#"row.a == "x""#, &[0, 2][..]),
        (r#"row.a == "x" && row.b == "1""#, &[0]),
        (r#"row.a == "y" || row.b == "2""#, &[1, 2]),
        (r#"row["a"] in ["y", "z"]"#, &[1]),
        (r#"row.serial.endsWith("3") || row.a.matches("^y$")"#, &[1, 2]),
        (r#"row.n != "" && int(row.n) > 4"#, &[1, 2]),
        (r#"row.n == "" ? false : int(row.n) > 10"#, &[2]),
        (r#"row.exists(column, row[column] == "12")"#, &[2]),
        (r#"row.map(column, column) == ["serial", "a", "b", "n"]"#, &[0, 1, 2]),
        (r#"has(row.a) && !has(row.zzz) && !("zzz" in row) && size(row) == 4"#, &[0, 1, 2]),
        ("true", &[0, 1, 2]),
        ("false", &[]),
    ] {
        assert_eq!(selected(&table, filter).as_deref(), Ok(expected), "{filter}");
    }
}

#[test]
fn problems_are_told_apart() {
    let table = table("S1,x,1,3\nS2,x,1,\n");
    let unknown = |name: &str| FilterProblem::UnknownColumn { name: name.to_owned() };
    assert_eq!(selected(&table, r#"row.grade == "7""#), Err(unknown("grade")));
    assert_eq!(selected(&table, r#"false && row.grade == "7""#), Err(unknown("grade")));
    let name = "a".to_owned();
    assert_eq!(selected(&table, r#"a == "x""#), Err(FilterProblem::UnknownName { name }));
    let got = "string".to_owned();
    assert_eq!(selected(&table, "row.a"), Err(FilterProblem::NotBool { row: 0, got }));
    for filter in ["int(row.n) > 1", r#"int(row.n) > 1 && row.a == "x""#] {
        let found = selected(&table, filter);
        assert!(matches!(found, Err(FilterProblem::Failed { row: 1, .. })), "{found:?}");
    }
    assert_eq!(selected(&table, r#"int(row.n) > 1 && row.a == "y""#), Ok(vec![]));
    let dynamic = selected(&table, r#"row["a" + row.b] == """#);
    assert!(matches!(dynamic, Err(FilterProblem::Failed { row: 0, .. })), "{dynamic:?}");
}

/// Expressions over three columns, some of which fail for some rows.
fn expression() -> impl Strategy<Value = String> {
    let column = prop::sample::select(vec!["row.a", "row.b", r#"row["n"]"#]);
    let leaf = (column, 0..4_u8, 0..5_u8).prop_map(|(column, value, shape)| match shape {
        0 => format!(r#"{column} == "{value}""#),
        1 => format!(r#"{column} < "{value}""#),
        2 => format!("int({column}) > {value}"),
        3 => format!(r#"row.exists(k, row[k] == "{value}")"#),
        _ => format!(r#"{column} in ["{value}", "1"]"#),
    });
    leaf.prop_recursive(3, 12, 2, |inner| {
        (inner.clone(), inner, 0..3_u8).prop_map(|(left, right, shape)| match shape {
            0 => format!("({left}) && ({right})"),
            1 => format!("({left}) || ({right})"),
            _ => format!("!({left}) && ({right})"),
        })
    })
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "1", "2", "3", "", "x"]).prop_map(str::to_owned)
}

/// What CEL itself says of one row, as a map of its own kind.
fn oracle(table: &Table, row: usize, filter: &str) -> Option<bool> {
    let map: std::collections::HashMap<String, String> = table
        .header()
        .iter()
        .map(|name| (name.clone(), table.value(row, name).unwrap().to_owned()))
        .collect();
    let mut context = cel::Context::default();
    context.add_variable("row", map).unwrap();
    match cel::Program::compile(filter).unwrap().execute(&context) {
        Ok(cel::Value::Bool(answer)) => Some(answer),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn once_per_tuple_is_the_same_as_once_per_row(
        rows in prop::collection::vec((value(), value(), value()), 1..12),
        filters in prop::collection::vec(expression(), 1..4),
    ) {
        let text: String = rows
            .iter()
            .enumerate()
            .map(|(n, (a, b, c))| format!("S{n},{a},{b},{c}\n"))
            .collect();
        let table = table(&text);
        let compiled: Vec<_> = filters.iter().map(|text| Filter::compile(text).unwrap()).collect();
        let found = select(&table, &compiled.iter().collect::<Vec<_>>());
        for (filter, found) in filters.iter().zip(found) {
            let answers: Vec<_> = (0..rows.len()).map(|row| oracle(&table, row, filter)).collect();
            if let Some(first) = answers.iter().position(Option::is_none) {
                prop_assert!(
                    matches!(found, Err(FilterProblem::Failed { row, .. }) if row == first),
                    "{filter}: {found:?}, first failure in row {first}"
                );
            } else {
                let expected: Vec<_> =
                    (0..rows.len()).filter(|&row| answers[row] == Some(true)).collect();
                prop_assert_eq!(found.unwrap().iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
