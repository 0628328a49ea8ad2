//! The table of field notes, `docs/t38-quirks.md`, names tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

/// Where tests of T.38 are.
const FOLDERS: [&str; 5] =
    ["fax-t38/tests", "fax-t38/src", "fax-core/src/relay", "fax-core/tests", "harness/tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source under a folder, in one.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_names_exists() {
    let mut all = String::new();
    FOLDERS.iter().for_each(|folder| sources(&root().join(folder), &mut all));
    let table = fs::read_to_string(root().join("docs/t38-quirks.md")).unwrap();
    let named: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.contains('_'))
        .collect();
    assert!(named.len() > 100, "{} names", named.len());
    for name in named {
        assert!(all.contains(&format!("fn {name}(")), "there is no {name}");
    }
}

#[test]
fn every_field_note_of_severity_a_has_a_test() {
    let table = fs::read_to_string(root().join("docs/t38-quirks.md")).unwrap();
    let rows = table.lines().skip_while(|line| !line.contains("severity A"));
    let rows: Vec<&str> = rows
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(rows.len(), 32);
    for row in rows {
        assert!(row.contains('_'), "{row}");
    }
}
