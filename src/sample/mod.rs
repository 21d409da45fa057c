//! A deterministic generator of realistic CloudTrail: what the tour, the tests and the
//! benches convert where there is no AWS account.
//!
//! The events, the callers behind them and the things they touch are data
//! (`events.txt`); the code here decides how many happen where, and how CloudTrail would
//! deliver them: in tiny and large files, late, twice, under two regions, across midnight.

mod catalog;
mod delivery;
mod generator;
mod options;
mod pick;
mod random;
mod record;
mod template;
mod world;

pub use generator::generate;
pub use options::{SampleOptions, Truth};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap};
    use std::convert::Infallible;
    use std::io::Read;

    use flate2::read::GzDecoder;
    use jiff::civil::Date;
    use serde_json::Value;

    use super::catalog::Catalog;
    use super::{SampleOptions, Truth, generate};

    struct File {
        key: String,
        body: Vec<u8>,
    }

    impl File {
        fn text(&self) -> String {
            let mut text = String::new();
            let mut reader = GzDecoder::new(self.body.as_slice());
            reader.read_to_string(&mut text).unwrap();
            text
        }

        fn records(&self) -> Vec<Value> {
            let mut document: Value = serde_json::from_str(&self.text()).unwrap();
            match document["Records"].take() {
                Value::Array(records) => records,
                other => panic!("no records: {other}"),
            }
        }

        /// Account, folder and region.
        fn lane(&self) -> (&str, &str, &str) {
            let parts: Vec<&str> = self.key.split('/').collect();
            (parts[1], parts[2], parts[3])
        }

        fn holds_events(&self) -> bool {
            self.lane().1 != "CloudTrail-Digest"
        }
    }

    fn make(options: &SampleOptions) -> (Truth, Vec<File>) {
        let mut files = Vec::new();
        let Ok(truth) = generate(options, |key, body| {
            let (key, body) = (key.to_owned(), body.to_owned());
            files.push(File { key, body });
            Ok::<_, Infallible>(())
        });
        (truth, files)
    }

    fn small() -> SampleOptions {
        SampleOptions {
            uncompressed_bytes: 3_000_000,
            ..SampleOptions::default()
        }
    }

    fn organisation() -> SampleOptions {
        SampleOptions {
            uncompressed_bytes: 4_000_000,
            accounts: 5,
            regions: 8,
            days: 3,
            tiny_lanes: true,
            ..SampleOptions::default()
        }
    }

    /// Counts the files with nothing of the generator's own.
    fn count(files: &[File]) -> Truth {
        let mut truth = Truth::default();
        let mut seen: HashMap<(String, String, String), Value> = HashMap::new();
        for file in files {
            if !file.holds_events() {
                truth.digests += 1;
                continue;
            }
            truth.objects += 1;
            truth.delivered_bytes += file.body.len() as u64;
            truth.uncompressed_bytes += file.text().len() as u64;
            let (account, _, region) = file.lane();
            for record in file.records() {
                truth.records += 1;
                let id = record["eventID"].as_str().unwrap().to_owned();
                let date: Date = record["eventTime"].as_str().unwrap()[..10].parse().unwrap();
                let key = (account.to_owned(), region.to_owned(), id);
                if let Some(first) = seen.get(&key) {
                    assert_eq!(first, &record, "an eventID of two events");
                    truth.duplicates += 1;
                    continue;
                }
                truth.rows += 1;
                let partition = (account.to_owned(), region.to_owned(), date);
                *truth.partitions.entry(partition).or_default() += 1;
                seen.insert(key, record);
            }
        }
        truth
    }

    #[test]
    fn the_truth_is_what_reading_every_file_finds() {
        for options in [small(), organisation(), SampleOptions::default()] {
            let (truth, files) = make(&options);
            assert_eq!(count(&files), truth);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let bytes = |seed| {
            let (_, files) = make(&SampleOptions { seed, ..small() });
            files
                .into_iter()
                .map(|file| (file.key, file.body))
                .collect::<Vec<_>>()
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }

    #[test]
    fn events_happen_on_the_days_asked_for_and_are_delivered_then_or_a_few_days_later() {
        let options = small();
        let last = options
            .first_day
            .checked_add(jiff::Span::new().days(options.days - 1))
            .unwrap();
        let (truth, files) = make(&options);
        let days: BTreeSet<Date> = truth.partitions.keys().map(|(_, _, day)| *day).collect();
        assert_eq!(days.first(), Some(&options.first_day));
        assert_eq!(days.last(), Some(&last));
        assert_eq!(days.len(), options.days as usize);
        for file in files.iter().filter(|file| file.holds_events()) {
            let path: Vec<&str> = file.key.split('/').collect();
            let delivered: Date = path[4..7].join("-").parse().unwrap();
            for record in file.records() {
                let date: Date = record["eventTime"].as_str().unwrap()[..10].parse().unwrap();
                let days = date.until(delivered).unwrap().get_days();
                assert!((0..=4).contains(&days), "{}", file.key);
            }
        }
    }

    #[test]
    fn keys_are_those_of_cloudtrail() {
        let (_, files) = make(&small());
        for File { key, .. } in &files {
            let parts: Vec<&str> = key.split('/').collect();
            let [aws, account, folder, region, year, month, day, name] = parts[..] else {
                panic!("{key}");
            };
            assert_eq!(aws, "AWSLogs");
            assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
            assert!(
                name.starts_with(&format!("{account}_{folder}_{region}_")),
                "{key}"
            );
            assert!(name.contains(&format!("_{year}{month}{day}T")), "{key}");
        }
        let keys: BTreeSet<&str> = files.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys.len(), files.len(), "a key twice");
        assert!(files[0].key.starts_with("AWSLogs/012345678901/"));
    }

    #[test]
    fn every_kind_of_event_and_every_error_occurs_every_day_in_every_folder() {
        let (_, files) = make(&SampleOptions::default());
        let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut folders = BTreeSet::new();
        for file in files.iter().filter(|file| file.holds_events()) {
            folders.insert(file.lane().1);
            for record in file.records() {
                let name = format!("{} {}", record["eventSource"], record["eventName"]);
                let case = format!("{name} {}", record["errorCode"]);
                let day = record["eventTime"].as_str().unwrap()[..10].to_owned();
                cases.entry(case).or_default().insert(day);
            }
        }
        assert_eq!(folders.len(), 3);
        for (case, days) in &cases {
            assert_eq!(days.len(), 4, "{case} only on {days:?}");
        }
        // Several cases of the catalogue differ in nothing that is looked at here.
        let catalog = Catalog::load();
        assert!(
            cases.len() > 120 && cases.len() <= catalog.cases.len(),
            "{}",
            cases.len()
        );
    }

    #[test]
    fn no_placeholder_is_left() {
        let (_, files) = make(&small());
        for file in &files {
            let text = file.text().replace("<sensitiveDataRemoved>", "");
            assert!(
                !text.contains('<'),
                "{}",
                &text[text.find('<').unwrap()..][..40]
            );
        }
    }

    #[test]
    fn duplicates_are_byte_for_byte_or_in_another_order_and_some_cross_midnight() {
        let (truth, files) = make(&SampleOptions::default());
        assert!((3..15).contains(&(truth.duplicates * 100 / truth.records)));
        let mut seen: HashMap<(String, String), (String, String)> = HashMap::new();
        let (mut same, mut reordered, mut next_day, mut other_region) = (0, 0, 0, 0);
        let mut regions: HashMap<String, String> = HashMap::new();
        for file in files.iter().filter(|file| file.holds_events()) {
            let text = file.text();
            let day = file.key.split('/').nth(6).unwrap().to_owned();
            let region = file.lane().2.to_owned();
            let document: HashMap<&str, Vec<&serde_json::value::RawValue>> =
                serde_json::from_str(&text).unwrap();
            for record in &document["Records"] {
                let value: Value = serde_json::from_str(record.get()).unwrap();
                let id = value["eventID"].as_str().unwrap().to_owned();
                if regions
                    .insert(id.clone(), region.clone())
                    .is_some_and(|was| was != region)
                {
                    other_region += 1;
                }
                match seen.get(&(region.clone(), id.clone())) {
                    Some((first, first_day)) => {
                        same += u32::from(first == record.get());
                        reordered += u32::from(first != record.get());
                        next_day += u32::from(*first_day != day);
                    }
                    None => {
                        let first = (record.get().to_owned(), day.clone());
                        seen.insert((region.clone(), id), first);
                    }
                }
            }
        }
        assert!(same > 20 && reordered > 20, "{same} {reordered}");
        assert!(
            next_day > 0 && other_region > 0,
            "{next_day} {other_region}"
        );
    }

    #[test]
    fn some_files_arrive_after_files_with_later_names() {
        let (_, files) = make(&SampleOptions::default());
        let events = files.iter().filter(|file| file.lane().1 == "CloudTrail");
        let mut last: HashMap<(&str, &str, &str), &str> = HashMap::new();
        let late = events.filter(|file| {
            let before = last.insert(file.lane(), &file.key);
            before.is_some_and(|before| before > file.key.as_str())
        });
        assert!(late.count() > 3);
    }

    #[test]
    fn uncompressed_bytes_is_met_and_compresses_as_real_logs_do() {
        for uncompressed_bytes in [3_000_000, 20_000_000] {
            let (truth, files) = make(&SampleOptions {
                uncompressed_bytes,
                ..small()
            });
            let met = truth.uncompressed_bytes as f64 / uncompressed_bytes as f64;
            assert!((0.9..1.1).contains(&met), "{uncompressed_bytes}: {met}");
            let ratio = truth.uncompressed_bytes as f64 / truth.delivered_bytes as f64;
            assert!((4.5..9.0).contains(&ratio), "{uncompressed_bytes}: {ratio}");
            let sizes: Vec<usize> = files
                .iter()
                .filter(|file| file.holds_events())
                .map(|file| file.records().len())
                .collect();
            assert!(sizes.iter().any(|&size| size <= 3));
            assert!(uncompressed_bytes < 20_000_000 || sizes.iter().any(|&size| size > 500));
        }
    }

    #[test]
    fn tiny_lanes_see_1_to_20_events_a_day_in_files_of_1_to_3() {
        let options = organisation();
        let (truth, files) = make(&options);
        let mut lanes: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
        for ((account, region, _), rows) in &truth.partitions {
            lanes.entry((account, region)).or_default().push(*rows);
        }
        assert_eq!(lanes.len(), 40);
        let is_tiny = |rows: &Vec<u64>| rows.iter().all(|rows| *rows <= 20);
        assert_eq!(lanes.values().filter(|rows| is_tiny(rows)).count(), 36);
        let mut tiny_files = 0;
        for file in files.iter().filter(|file| file.holds_events()) {
            let (account, _, region) = file.lane();
            if is_tiny(&lanes[&(account, region)]) {
                assert!(file.records().len() <= 6, "{}", file.key);
                tiny_files += 1;
            }
        }
        assert!(tiny_files > 300);
    }
}
