//! Records put into files, and files under CloudTrail's keys.

use jiff::civil::{Date, DateTime};

use super::Truth;
use super::catalog::Folder;
use super::random::Random;
use super::world::Lane;
use crate::cloudtrail::gzip;

const UNIQUE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Hands finished files to the caller and counts them.
pub(super) struct Delivery<W> {
    write: W,
    pub(super) truth: Truth,
    /// A file that is written after the next one, though its name is older.
    held: Option<(String, Vec<u8>)>,
}

impl<E, W: FnMut(&str, &[u8]) -> Result<(), E>> Delivery<W> {
    pub(super) fn new(write: W) -> Self {
        Self {
            write,
            truth: Truth::default(),
            held: None,
        }
    }

    /// Delivers one file of records.
    pub(super) fn send<'a>(
        &mut self,
        lane: &Lane,
        folder: Folder,
        at: DateTime,
        records: impl Iterator<Item = std::borrow::Cow<'a, str>>,
        random: &mut Random,
    ) -> Result<(), E> {
        let mut text = String::from("{\"Records\":[");
        let mut count = 0;
        for record in records {
            if count > 0 {
                text.push(',');
            }
            text.push_str(&record);
            count += 1;
        }
        text.push_str("]}");
        let stamp = format!("{}Z", at.strftime("%Y%m%dT%H%M"));
        let mut unique = String::new();
        for _ in 0..16 {
            let byte = UNIQUE.get(random.below(UNIQUE.len() as u64) as usize);
            unique.extend(byte.map(|&byte| char::from(byte)));
        }
        let name = folder.name();
        let (account, region) = (&lane.account, lane.region);
        let file = format!("{account}_{name}_{region}_{stamp}_{unique}.json.gz");
        let key = format!("{}{file}", folder_of(lane, name, at.date()));
        let body = gzip(text.as_bytes());
        self.truth.objects += 1;
        self.truth.records += count;
        self.truth.uncompressed_bytes += text.len() as u64;
        self.truth.delivered_bytes += body.len() as u64;
        let overtaken = self.held.take();
        if overtaken.is_none() && random.chance(2) {
            self.held = Some((key, body));
            return Ok(());
        }
        (self.write)(&key, &body)?;
        match overtaken {
            Some((key, body)) => (self.write)(&key, &body),
            None => Ok(()),
        }
    }

    /// Delivers the day's digest, which tells of files and holds no events.
    pub(super) fn send_digest(&mut self, lane: &Lane, day: Date) -> Result<(), E> {
        let (account, region) = (&lane.account, lane.region);
        let name = "CloudTrail-Digest";
        let stamp = format!("{}T235959Z", day.strftime("%Y%m%d"));
        let file = format!("{account}_{name}_{region}_management_{region}_{stamp}.json.gz");
        let text = format!(
            "{{\"awsAccountId\":\"{account}\",\"digestStartTime\":\"{day}T00:00:00Z\",\
             \"digestEndTime\":\"{day}T23:59:59Z\",\"previousDigestS3Bucket\":null,\
             \"logFiles\":[]}}"
        );
        self.truth.digests += 1;
        let key = format!("{}{file}", folder_of(lane, name, day));
        (self.write)(&key, &gzip(text.as_bytes()))
    }

    /// Delivers what is held, and gives the counts.
    pub(super) fn finish(mut self) -> Result<Truth, E> {
        if let Some((key, body)) = self.held.take() {
            (self.write)(&key, &body)?;
        }
        self.truth.rows = self.truth.records - self.truth.duplicates;
        Ok(self.truth)
    }
}

fn folder_of(lane: &Lane, folder: &str, day: Date) -> String {
    let (account, region) = (&lane.account, lane.region);
    let day = day.strftime("%Y/%m/%d");
    format!("AWSLogs/{account}/{folder}/{region}/{day}/")
}
