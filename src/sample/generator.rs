//! What happens in every lane on every day, and in which files it is delivered.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::catalog::{Case, Catalog, Folder};
use super::delivery::Delivery;
use super::pick::Cases;
use super::random::{Random, mix};
use super::record::Record;
use super::template::Scene;
use super::world::{Lane, lanes};
use super::{SampleOptions, Truth};

const DAY: u32 = 86_400;

/// How long a caller's session lasts, in seconds.
const SESSION: u32 = 6 * 3600;

/// Sessions that one kind of caller has at a time in an account.
const SESSIONS: u64 = 6;

/// What a row's record and its repetitions weigh, until some have been made and are counted.
const RECORD_BYTES: u64 = 1_650;

/// A lane with no more events a day than this is quiet: its files hold 1 to 3.
const QUIET: u64 = 20;

/// Writes a sample, one file at a time, through `write`, which gets the file's key and its
/// gzip bytes. Files come roughly in the order of their names, as from CloudTrail. Memory
/// does not grow with the sample.
///
/// # Errors
///
/// The first that `write` gives.
pub fn generate<E>(
    options: &SampleOptions,
    write: impl FnMut(&str, &[u8]) -> Result<(), E>,
) -> Result<Truth, E> {
    let catalog = Catalog::load();
    let mut generator = Generator {
        options,
        catalog: &catalog,
        delivery: Delivery::new(write),
        copies: Vec::new(),
        serial: 0,
    };
    let mut lanes = lanes(options);
    for number in 0..options.days {
        let date = options.first_day.saturating_add(i64::from(number).days());
        let day = Day {
            number,
            date,
            text: date.to_string(),
            is_last: number + 1 == options.days,
        };
        for lane in &mut lanes {
            generator.lane_day(lane, &day)?;
        }
    }
    generator.delivery.finish()
}

struct Day {
    number: u32,
    date: Date,
    text: String,
    is_last: bool,
}

struct Generator<'a, W> {
    options: &'a SampleOptions,
    catalog: &'a Catalog,
    delivery: Delivery<W>,
    /// Events of global services that the account's second region records as well.
    copies: Vec<Record>,
    /// Records made so far: what makes each unlike the others.
    serial: u64,
}

impl<E, W: FnMut(&str, &[u8]) -> Result<(), E>> Generator<'_, W> {
    /// Makes and delivers what happens in a lane on a day.
    fn lane_day(&mut self, lane: &mut Lane, day: &Day) -> Result<(), E> {
        let random = &mut Random::new(mix(lane.seed, u64::from(day.number)));
        let is_home_of_global = lane.region_index == 0;
        let mut cases = Cases::new(self.catalog, is_home_of_global, lane.is_first);
        let expected = self.expected_records(lane, random).max(cases.least());
        let mut records = std::mem::take(&mut lane.late);
        let mut again = Vec::new();
        let mut rows = 0;
        if lane.region_index == 1 {
            rows += self.copies.len() as u64;
            records.append(&mut self.copies);
        }
        let mut made = 0;
        while made < expected {
            let size = file_size(expected, random).min(expected - made);
            let second = |records: u64| (u64::from(DAY) * records / expected) as u32;
            let (start, end) = (second(made), second(made + size));
            let is_delayed = random.chance(1);
            for index in made..made + size {
                let Some(case) = cases.next(index, expected, random) else {
                    break;
                };
                let second = start + random.below(u64::from(end - start)) as u32;
                let Some(mut record) = self.record(lane, day, second, case, random) else {
                    continue;
                };
                if is_delayed {
                    record.push_member(DELAYED);
                }
                if case.is_global && self.has_copies() && random.chance(4) {
                    self.copies.push(record.clone());
                }
                records.push(record);
                rows += 1;
            }
            made += size;
            if made == expected && !day.is_last && records.len() > 1 {
                lane.late = records.split_off(records.len() - 1);
            }
            let delay = if is_delayed {
                20 * 3600
            } else {
                random.between(120, 600)
            };
            self.deliver(lane, day, end + delay as u32, &records, random)?;
            if again.is_empty() && random.chance(30) {
                again = records.iter().take(2).cloned().collect();
            }
            records.clear();
        }
        if !day.is_last {
            lane.again = again;
        }
        if lane.is_first || expected > 50 * QUIET {
            rows += self.side_file(lane, day, Folder::Insight, random)?;
            rows += self.side_file(lane, day, Folder::NetworkActivity, random)?;
        }
        if expected > QUIET {
            self.delivery.send_digest(lane, day.date)?;
        }
        let partition = (lane.account.clone(), lane.region.to_owned(), day.date);
        self.delivery.truth.partitions.insert(partition, rows);
        Ok(())
    }

    /// Whether events of global services are recorded in the second region too; that of an
    /// organisation would not stay tiny.
    fn has_copies(&self) -> bool {
        self.options.regions > 1 && !self.options.tiny_lanes
    }

    /// Delivers one file with what the day before delivered already, and sometimes a second
    /// trail's with some of the same records.
    fn deliver(
        &mut self,
        lane: &mut Lane,
        day: &Day,
        second: u32,
        records: &[Record],
        random: &mut Random,
    ) -> Result<(), E> {
        // CloudTrail names its files by whole five minutes.
        let second = i64::from(second.div_ceil(300) * 300);
        let at = day.date.at(0, 0, 0, 0);
        let at = at.saturating_add(SignedDuration::from_secs(second));
        let again = std::mem::take(&mut lane.again);
        let all = again.iter().chain(records);
        let all = all.map(|record| Cow::Borrowed(record.text.as_str()));
        self.delivery.truth.duplicates += again.len() as u64;
        self.delivery.send(lane, Folder::Events, at, all, random)?;
        if !random.chance(30) {
            return Ok(());
        }
        let repeat = |record| match random.below(10) {
            0 => Some(Cow::Owned(Record::reordered(record))),
            1 => Some(Cow::Borrowed(record.text.as_str())),
            _ => None,
        };
        let repeated: Vec<Cow<'_, str>> = records.iter().filter_map(repeat).collect();
        if repeated.is_empty() {
            return Ok(());
        }
        self.delivery.truth.duplicates += repeated.len() as u64;
        self.delivery
            .send(lane, Folder::Events, at, repeated.into_iter(), random)
    }

    /// Delivers a file of the events that have a folder of their own, and counts them.
    fn side_file(
        &mut self,
        lane: &Lane,
        day: &Day,
        folder: Folder,
        random: &mut Random,
    ) -> Result<u64, E> {
        let mut records = Vec::new();
        for case in self.catalog.of(folder) {
            if lane.is_first || random.chance(50) {
                let second = random.below(u64::from(DAY)) as u32;
                records.extend(self.record(lane, day, second, case, random));
            }
        }
        if records.is_empty() {
            return Ok(0);
        }
        let at = day.date.at(0, 0, 0, 0).saturating_add(1.day());
        let texts = records
            .iter()
            .map(|record| Cow::Borrowed(record.text.as_str()));
        self.delivery.send(lane, folder, at, texts, random)?;
        Ok(records.len() as u64)
    }

    fn record(
        &mut self,
        lane: &Lane,
        day: &Day,
        second: u32,
        case: &Case,
        random: &mut Random,
    ) -> Option<Record> {
        let by = case.by.get(random.below(case.by.len() as u64) as usize)?;
        self.serial += 1;
        // The smaller of two draws: some are much busier than others.
        let number = random.below(SESSIONS).min(random.below(SESSIONS));
        let session = mix(mix(lane.account_seed, by.caller), number);
        // Sessions begin at all times, not together; none began yesterday.
        let shift = (session % u64::from(SESSION)) as u32;
        let turn = (second + shift) / SESSION;
        let scene = Scene {
            account: &lane.account,
            region: lane.region,
            day: &day.text,
            second,
            login: (turn * SESSION).saturating_sub(shift),
            account_seed: lane.account_seed,
            lane_seed: lane.seed,
            record_seed: mix(lane.seed, self.serial),
            session_seed: mix(session, u64::from(day.number * 8 + turn)),
        };
        let mut text = String::with_capacity(2048);
        let comma = by.render(&scene, &self.catalog.pools, &mut text);
        Some(Record { text, comma })
    }

    /// How many records make the lane's part of the bytes.
    fn expected_records(&self, lane: &Lane, random: &mut Random) -> u64 {
        let Some(share) = lane.share else {
            return random.between(1, QUIET);
        };
        let truth = &self.delivery.truth;
        // The mean so far, steadied by an estimate as long as there are few.
        let rows = truth.records - truth.duplicates;
        let record_bytes =
            (truth.uncompressed_bytes + 1000 * RECORD_BYTES) as f64 / (rows + 1000) as f64;
        let bytes =
            self.options.uncompressed_bytes as f64 * share / f64::from(self.options.days.max(1));
        ((bytes / record_bytes) as u64).max(1)
    }
}

const DELAYED: &str = "\"addendum\":{\"reason\":\"DELIVERY_DELAY\",\"updatedFields\":null,\
                       \"originalRequestID\":null,\"originalEventID\":null}";

/// How many records a file holds: in a quiet lane 1 to 3; else mostly few, and most
/// records in the few large files.
fn file_size(expected: u64, random: &mut Random) -> u64 {
    if expected <= QUIET {
        return random.between(1, 3);
    }
    match random.below(100) {
        0..35 => random.between(1, 5),
        35..70 => random.between(6, 200),
        70..95 => random.between(200, 2_000),
        _ => random.between(2_000, 6_000),
    }
}
