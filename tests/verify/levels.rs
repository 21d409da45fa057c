//! What each level looks at, in which range.

use crate::support::{ACCOUNT, World, event, key, records};
use cloudtrail2parquet::scope::{DeliveryDays, Lanes, Scope};
use cloudtrail2parquet::verify::Level;

fn flip(world: &World, key: &str, at: usize) {
    let mut body = world.body(key);
    body[at] ^= 1;
    world.table.replace(key, body);
}

#[test]
fn a_flipped_byte_inside_a_file_is_found_by_the_levels_that_read_it() {
    let world = World::sample();
    let file = world.keys(".parquet").remove(0);
    flip(&world, &file, 100);
    assert!(world.codes(Level::Ledger).is_empty());
    assert!(world.codes(Level::Files).is_empty());
    assert_eq!(world.codes(Level::Rows), ["altered_file"]);
}

#[test]
fn a_file_whose_footer_is_gone_is_found_by_its_size_and_one_of_the_same_size_by_its_footer() {
    let world = World::sample();
    let file = world.keys(".parquet").remove(0);
    let body = world.body(&file);
    world.table.replace(&file, body[..body.len() - 9].to_vec());
    assert_eq!(world.codes(Level::Ledger), ["altered_file"]);
    world.table.replace(&file, vec![0; body.len()]);
    assert!(world.codes(Level::Ledger).is_empty());
    assert_eq!(world.codes(Level::Files), ["damaged_file"]);
}

#[test]
fn a_range_is_of_delivery_days_accounts_and_regions() {
    let world = World::default();
    for day in [1, 2, 9] {
        world
            .raw
            .replace(&key(day, "x"), records(&[event(&format!("e{day}"), day)]));
        world.convert();
    }
    let files = world.keys(".parquet");
    assert_eq!(files.len(), 3);
    flip(&world, &files[2], 100);
    let days = |from: &str, to: &str| DeliveryDays {
        from: from.parse().ok(),
        to: to.parse().ok(),
    };
    let found = |days: DeliveryDays, account: &str| {
        let lanes = Lanes {
            accounts: [account.parse().unwrap()].into(),
            ..Lanes::default()
        };
        world
            .verify_in(
                Level::Rows,
                Scope {
                    lanes,
                    days,
                    ..Scope::default()
                },
            )
            .findings
            .len()
    };
    assert_eq!(found(days("2024-05-01", "2024-05-02"), ACCOUNT), 0);
    assert_eq!(found(days("2024-05-03", ""), ACCOUNT), 1);
    assert_eq!(found(days("", "2024-05-09"), ACCOUNT), 1);
    assert_eq!(found(days("", ""), "999999999999"), 0);
}

#[test]
fn a_late_file_in_a_partition_of_the_range_is_not_foreign_to_it() {
    let world = World::default();
    world.raw.replace(&key(2, "x"), records(&[event("a", 2)]));
    world.convert();
    world
        .raw
        .replace(&key(9, "late"), records(&[event("b", 2)]));
    world.convert();
    let days = DeliveryDays {
        from: "2024-05-02".parse().ok(),
        to: "2024-05-02".parse().ok(),
    };
    let scope = Scope {
        days,
        ..Scope::default()
    };
    let report = world.verify_in(Level::Raw, scope);
    assert_eq!(report.findings, []);
    assert_eq!((report.files, report.raw_objects), (2, 1));
}

#[test]
fn rows_that_are_there_twice_are_found_unless_they_were_to_be_kept() {
    let world = World::default();
    world.raw.replace(&key(1, "x"), records(&[event("a", 1)]));
    world.convert();
    world
        .raw
        .replace(&key(1, "y"), records(&[event("a", 1), event("b", 1)]));
    world.convert_with(true);
    assert!(world.codes(Level::Raw).is_empty());

    // The same, if the second claim had not been asked to keep repeats.
    let log = world.keys("/log/").remove(1);
    let receipt = world.keys("/2024-05/").remove(1);
    for key in [log, receipt] {
        let text = String::from_utf8(world.body(&key)).unwrap();
        let (unsealed, _) = text.rsplit_once(",\"sha256\":\"").unwrap();
        let text = format!("{unsealed}}}")
            .replace("\"keep_duplicates\":true", "\"keep_duplicates\":false");
        world.table.replace(&key, text);
    }
    assert_eq!(world.codes(Level::Rows), ["doubled_row"]);
}

#[test]
fn what_lies_above_the_lanes_is_named() {
    let world = World::sample();
    for (key, code) in [
        ("_ledger/notes.txt", "stray_document"),
        ("_ledger/111122223333/notes.txt", "stray_document"),
        ("account=111122223333/part-0000.parquet", "foreign_file"),
        ("part-0000.parquet", "foreign_file"),
    ] {
        world.table.replace(key, "x");
        assert_eq!(world.codes(Level::Ledger), [code], "{key}");
        world.table.remove(key);
    }
}

#[test]
fn an_empty_place_has_nothing_to_find() {
    let world = World::default();
    let report = world.verify(Level::Raw);
    assert_eq!((report.findings.len(), report.lanes), (0, 0));
}
