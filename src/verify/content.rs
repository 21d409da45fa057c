//! What is in a file, against its receipt and against the rules of the table.

use super::finding::{Finding, FindingKind};
use super::listing::ListedFile;
use super::verifier::{Level, Verifier};
use crate::cloudtrail::{Sha256, parse_event_time};
use crate::failure::Failure;
use crate::files::read_footer;
use crate::lane::Lane;
use crate::ledger::{RejectedLine, RejectsReceipt};
use crate::monitor::Progress;
use crate::store::Entry;
use crate::table::id_hash;
use crate::table::{ReadError, StoredRow, is_record, stored_rows};
use bytes::Bytes;
use jiff::civil::Date;
use std::io::Cursor;

/// What reading a file whole gave.
#[derive(Debug, Default)]
struct Content {
    sha256: Option<Sha256>,
    rows: u64,
    /// Hashes of event ids.
    ids: Vec<u64>,
    /// Rows that are not of this date, and the first of them.
    wrong: Option<(u64, String)>,
    /// Rows that are no record.
    broken: u64,
}

/// Checks one file, as far as the level asks for; gives the hashes of its event ids if it was
/// read and is as it should be.
pub(super) async fn check_file(
    verifier: &Verifier,
    lane: &Lane,
    file: &ListedFile,
) -> Result<Option<Vec<u64>>, Failure> {
    let place = (lane, Some(file.date));
    let url = verifier.destination.url(&file.entry.key);
    let find = |kind, expected: String, found: String| {
        verifier.find(Finding {
            lane: Some(lane.clone()),
            date: Some(file.date),
            url: url.clone(),
            kind,
            expected,
            found,
        });
    };
    let content = match verifier.options.level {
        Level::Ledger => return Ok(None),
        Level::Files => footer(verifier, &file.entry).await,
        Level::Rows | Level::Raw => whole(verifier, file).await,
    };
    let content = match content {
        Ok(content) => content,
        Err(failure) => return verifier.failed(place, url, failure).map(|()| None),
    };
    verifier.report().rows += content.rows;
    verifier.monitor.report(Progress::Done {
        objects: 1,
        bytes: file.entry.size,
        rows: content.rows,
    });
    let promised = &file.promised;
    if let (Some(expected), Some(found)) = (promised.sha256, content.sha256)
        && expected != found
    {
        let (expected, found) = (format!("SHA-256 {expected}"), format!("SHA-256 {found}"));
        find(FindingKind::AlteredFile, expected, found);
        return Ok(None);
    }
    if content.rows != promised.rows {
        let (expected, found) = (promised.rows, content.rows);
        let (expected, found) = (format!("{expected} rows"), format!("{found} rows"));
        find(FindingKind::AlteredFile, expected, found);
        return Ok(None);
    }
    if let Some((rows, first)) = content.wrong {
        let expected = format!("events of {}, and their times", file.date);
        let found = format!("{rows} rows of other times, the first {first}");
        find(FindingKind::WrongDate, expected, found);
    }
    if content.broken > 0 {
        let found = format!("{} rows that are no JSON objects", content.broken);
        find(FindingKind::DamagedFile, "records".to_owned(), found);
    }
    Ok(Some(content.ids))
}

async fn footer(verifier: &Verifier, entry: &Entry) -> Result<Content, Failure> {
    let footer = read_footer(&verifier.destination, &entry.key, entry.size).await?;
    let rows = footer.metadata.file_metadata().num_rows();
    Ok(Content {
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        ..Content::default()
    })
}

async fn whole(verifier: &Verifier, file: &ListedFile) -> Result<Content, Failure> {
    let _share = verifier.budget.reserve(file.entry.size).await;
    let key = &file.entry.key;
    let body = verifier.destination.get(key).await?;
    let (date, promised) = (file.date, file.promised.sha256);
    let read = verifier.cpu.run(move || read(body, date, promised)).await?;
    read.map_err(|error| Failure::unreadable_file(&verifier.destination, key, error))
}

/// Of a file that is not the one that was written nothing more is looked at.
fn read(body: Bytes, date: Date, promised: Option<Sha256>) -> Result<Content, ReadError> {
    let sha256 = Sha256::of(&body);
    let mut content = Content {
        sha256: Some(sha256),
        ..Content::default()
    };
    if promised.is_some_and(|promised| promised != sha256) {
        return Ok(content);
    }
    let see = |row: StoredRow| content.add(&row, date);
    futures::executor::block_on(stored_rows(Cursor::new(body), &[], see))?;
    Ok(content)
}

impl Content {
    fn add(&mut self, row: &StoredRow, date: Date) {
        self.rows += 1;
        self.ids
            .extend(row.event_id.as_deref().map(|id| id_hash(id.as_bytes())));
        let text = row.event_time.as_deref().unwrap_or_default();
        let is_right = parse_event_time(text)
            .is_some_and(|time| time.date == date && row.millis == Some(time.millis));
        if !is_right {
            let (rows, _) = self.wrong.get_or_insert_with(|| (0, text.to_owned()));
            *rows += 1;
        }
        self.broken += u64::from(!is_record(&row.record));
    }
}

/// Checks the bytes and lines of a rejects object.
pub(super) async fn check_rejects_object(
    verifier: &Verifier,
    lane: &Lane,
    entry: &Entry,
    records: u64,
    receipt: Option<RejectsReceipt>,
) -> Result<(), Failure> {
    let url = verifier.destination.url(&entry.key);
    let body = match verifier.destination.get(&entry.key).await {
        Ok(body) => body,
        Err(error) => return verifier.failed((lane, None), url, error.into()),
    };
    let find = |kind, expected: String, found: String| {
        verifier.find(Finding {
            lane: Some(lane.clone()),
            date: None,
            url: url.clone(),
            kind,
            expected,
            found,
        });
    };
    let found = Sha256::of(&body);
    if let Some(expected) = receipt.map(|receipt| receipt.sha256)
        && expected != found
    {
        let (expected, found) = (format!("SHA-256 {expected}"), format!("SHA-256 {found}"));
        find(FindingKind::AlteredFile, expected, found);
        return Ok(());
    }
    let lines = body
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let lines = lines.map(serde_json::from_slice::<RejectedLine>);
    let (good, bad): (Vec<_>, Vec<_>) = lines.partition(Result::is_ok);
    if !bad.is_empty() || good.len() as u64 != records {
        let (lines, bad) = (good.len() + bad.len(), bad.len());
        let found = format!("{lines} lines, {bad} of them unreadable");
        find(
            FindingKind::AlteredFile,
            format!("{records} rejects"),
            found,
        );
    }
    Ok(())
}
