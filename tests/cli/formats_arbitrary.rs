//! No input makes the reader of external logs panic.

use lineage::{
    import::{self, ImportOptions},
    log::Source,
};
use proptest::prelude::*;
use serde_json::Value;

/// Cells as people and programs leave them.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9_ \"#,;.%-]{0,8}",
        "-?[0-9]{1,5}(\\.[0-9]{0,3})?",
        Just("keep".to_owned()),
        Just("crash".to_owned()),
        Just("N/A".to_owned()),
        any::<String>(),
    ]
}

fn header() -> impl Strategy<Value = String> {
    let names = "commit run status decision score metric val_loss parent timestamp description notes accepted delta exp_id";
    let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
    prop_oneof![4 => proptest::sample::select(names), 1 => cell()]
}

fn try_all(bytes: &[u8]) {
    for (segment, map) in [
        (None, ""),
        (Some(0), ""),
        (None, "verdict=,id=,score=score"),
    ] {
        let wanted = ImportOptions {
            map: map.parse().unwrap(),
            ..ImportOptions::default()
        };
        if let Ok(translation) = import::parse(Source::Memory(bytes.to_vec()), segment)
            .and_then(|table| import::translate(table, &wanted))
        {
            let mut lines = translation.rows.iter().map(|row| row.line);
            let is_rising = lines.clone().is_sorted_by(|a, b| a < b);
            assert!(
                is_rising && lines.all(|line| line >= translation.first_row),
                "a row is not in its line"
            );
            assert!(
                translation
                    .rows
                    .iter()
                    .all(|row| row.cells.len() == translation.names.len())
            );
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        try_all(&bytes);
    }

    #[test]
    fn no_table_makes_the_reader_panic(
        names in proptest::collection::vec(header(), 1..8),
        rows in proptest::collection::vec(proptest::collection::vec(cell(), 0..10), 0..12),
        separator in proptest::sample::select(vec!["\t", ",", ";"]),
    ) {
        let lines: Vec<String> = std::iter::once(&names).chain(&rows).map(|row| row.join(separator)).collect();
        try_all(lines.join("\n").as_bytes());
    }

    #[test]
    fn no_json_lines_make_the_reader_panic(
        rows in proptest::collection::vec(proptest::collection::vec((header(), cell()), 0..6), 0..10),
    ) {
        let object = |row: &Vec<(String, String)>| {
            let fields = row.iter().map(|(name, text)| {
                let number = serde_json::from_str::<serde_json::Number>(text).map(Value::from);
                (name.clone(), number.unwrap_or_else(|_| Value::from(text.as_str())))
            });
            Value::Object(fields.collect()).to_string() + "\n"
        };
        let lines: Vec<String> = rows.iter().map(object).collect();
        try_all(lines.concat().as_bytes());
        try_all(format!("[\n{}]", lines.join(",")).as_bytes());
        try_all(lines.concat().replace(",\"", ",\n\"").as_bytes());
    }
}
