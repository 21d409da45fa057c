//! One thing is done to a table, and found.

use crate::support::World;
use cloudtrail2parquet::verify::Level;

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's constants.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// One thing that was done to a table.
struct Damage {
    what: String,
    key: String,
    /// What was there before, if anything.
    before: Option<Vec<u8>>,
}

impl Damage {
    fn undo(self, world: &World) {
        match self.before {
            Some(body) => world.table.replace(&self.key, body),
            None => _ = world.table.remove(&self.key),
        }
    }
}

/// Does one thing to the table.
fn damage(world: &World, random: &mut Random) -> Damage {
    let keys = world.table.keys();
    let key = keys[random.below(keys.len())].clone();
    let body = world.body(&key);
    let before = Some(body.clone());
    let (what, key, before) = match random.below(6) {
        0 => {
            world.table.remove(&key);
            (format!("{key} is removed"), key, before)
        }
        1 => {
            let at = random.below(body.len());
            let mut flipped = body;
            flipped[at] ^= 1 << random.below(8);
            world.table.replace(&key, flipped);
            (
                format!("a bit of byte {at} of {key} is flipped"),
                key,
                before,
            )
        }
        2 => {
            let length = random.below(body.len());
            world.table.replace(&key, body[..length].to_vec());
            (format!("{key} is cut off at {length}"), key, before)
        }
        3 => {
            let files = world.keys(".parquet");
            let file = &files[random.below(files.len())];
            let folder = files[random.below(files.len())].rsplit_once('/').unwrap().0;
            let (number, rest) = file.rsplit_once('/').unwrap().1.split_once('-').unwrap();
            let number: u64 = number.parse().unwrap();
            let number = number + random.below(3) as u64;
            let copy = format!(
                "{folder}/{number:012}-{}",
                rest.replace(".parquet", "0.parquet")
            );
            world.table.replace(&copy, world.body(file));
            (format!("{file} is doubled as {copy}"), copy, None)
        }
        4 => {
            let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
            let foreign = format!("{folder}/part-0000.parquet");
            world.table.replace(&foreign, b"PAR1".to_vec());
            (format!("{foreign} is foreign"), foreign, None)
        }
        _ => {
            let others: Vec<&String> = keys.iter().filter(|other| **other != key).collect();
            let other = world.body(others[random.below(others.len())]);
            match other == body {
                true => {
                    world.table.remove(&key);
                    (format!("{key} is removed"), key, before)
                }
                false => {
                    world.table.replace(&key, other);
                    (format!("{key} has the bytes of another"), key, before)
                }
            }
        }
    };
    Damage { what, key, before }
}

#[test]
fn a_hundred_of_a_hundred_random_damages_are_found_and_none_in_an_undamaged_table() {
    all_damages_are_found(&World::sample());
}

#[test]
fn damages_of_a_table_with_merged_files_are_found_and_none_in_an_undamaged_one() {
    all_damages_are_found(&World::merged_sample());
}

fn all_damages_are_found(world: &World) {
    assert_eq!(world.verify(Level::Raw).findings, []);
    let mut random = Random(20_261_126);
    let mut missed = Vec::new();
    for _ in 0..100 {
        let damage = damage(world, &mut random);
        if world.verify(Level::Rows).findings.is_empty() {
            missed.push(damage.what.clone());
        }
        damage.undo(world);
    }
    assert!(
        missed.is_empty(),
        "{} were missed: {missed:#?}",
        missed.len()
    );
    assert_eq!(world.verify(Level::Rows).findings, []);
}

#[test]
fn each_byte_of_a_claim_a_receipt_and_a_rejects_object_counts() {
    let world = World::sample();
    for part in ["/log/", "/2024-05/", "_rejects/", "_ledger/format-2"] {
        let key = world.keys(part).remove(0);
        let body = world.body(&key);
        for at in (0..body.len()).step_by(1 + body.len() / 60) {
            let mut flipped = body.clone();
            flipped[at] ^= 1 << (at % 8);
            world.table.replace(&key, flipped);
            assert!(
                !world.verify(Level::Rows).findings.is_empty(),
                "byte {at} of {key}"
            );
        }
        world.table.replace(&key, body);
    }
}

#[test]
fn what_is_found_is_named_with_its_kind_and_what_to_do() {
    let world = World::sample();
    let file = world.keys(".parquet").remove(0);
    let claim = world.keys("/log/").remove(0);
    let receipt = world.keys("/undated/").remove(0);
    let cases: [(&str, &str, &dyn Fn()); 5] = [
        ("missing_file", &file, &|| _ = world.table.remove(&file)),
        ("missing_document", &claim, &|| {
            _ = world.table.remove(&claim)
        }),
        ("altered_file", &file, &|| {
            let mut body = world.body(&file);
            body[100] ^= 1;
            world.table.replace(&file, body);
        }),
        ("damaged_document", &receipt, &|| {
            world
                .table
                .replace(&receipt, world.body(&receipt).to_ascii_uppercase());
        }),
        ("open_claim", &receipt, &|| _ = world.table.remove(&receipt)),
    ];
    for (code, key, spoil) in cases {
        let before = world.body(key);
        spoil();
        let report = world.verify(Level::Rows);
        let url = world.table.store().url(key);
        let found = report
            .findings
            .iter()
            .find(|found| found.kind.code() == code && found.url == url);
        let found = found.unwrap_or_else(|| panic!("{code} of {key}: {:?}", report.findings));
        assert!(found.lane.is_some() && !found.kind.what_to_do().is_empty());
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
        world.table.replace(key, before);
    }
}
