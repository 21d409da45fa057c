//! Whole events for the page, out of the sample.

use cloudtrail2parquet::cloudtrail::{Limits, Unreadable, for_each_record, read_document};
use cloudtrail2parquet::json::Scanner;
use cloudtrail2parquet::sample::{SampleOptions, generate};
use serde::Deserialize;
use std::{collections::BTreeMap, convert::Infallible};

/// Events by service and name: of each the shortest that succeeded.
pub(super) struct Examples(BTreeMap<(String, String), String>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    event_source: String,
    event_name: String,
    error_code: Option<String>,
}

impl Examples {
    /// Those of a small sample, whose first lane has an event of every kind.
    pub(super) fn of_sample() -> Self {
        let options = SampleOptions {
            uncompressed_bytes: 1_000_000,
            accounts: 1,
            regions: 1,
            days: 1,
            ..SampleOptions::default()
        };
        let mut examples = Self(BTreeMap::new());
        let Ok(_) = generate(&options, |_, file| {
            // A digest holds no records.
            let _ = examples.add_all(file);
            Ok::<_, Infallible>(())
        });
        examples
    }

    fn add_all(&mut self, file: &[u8]) -> Result<u64, Unreadable> {
        let document = read_document(file, Limits::of(1 << 30))?;
        for_each_record(&document, |scanner| {
            self.add(scanner.skip()?.of(&document.text));
            Ok(())
        })
    }

    fn add(&mut self, record: &str) {
        let Ok(named) = serde_json::from_str::<Named>(record) else {
            return;
        };
        if named.error_code.is_some() {
            return;
        }
        let service = named.event_source.split('.').next().unwrap_or_default();
        let known = (self.0)
            .entry((service.to_owned(), named.event_name))
            .or_insert_with(|| record.to_owned());
        if record.len() < known.len() {
            record.clone_into(known);
        }
    }

    /// An event, if the sample has that: a member a line.
    pub(super) fn of(&self, service: &str, event: &str) -> Option<Vec<String>> {
        let record = self.0.get(&(service.to_owned(), event.to_owned()))?;
        let mut lines = Vec::new();
        let (mut scanner, mut first) = (Scanner::new(record.as_bytes()), true);
        scanner.enter_object().ok()?;
        while let Some(key) = scanner.next_key(&mut first).ok()? {
            let value = scanner.skip().ok()?.of(record);
            lines.push(format!(" \"{}\": {value},", key.span.of(record)));
        }
        lines.first_mut()?.replace_range(..1, "{");
        let last = lines.last_mut()?;
        last.pop();
        last.push('}');
        Some(lines)
    }
}
