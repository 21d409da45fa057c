//! A lane's raw objects in delivery order, listed as they are asked for.

use super::{ConvertError, options::Range};
use crate::cloudtrail::{KeyKind, is_readable_name, parse_key};
use crate::ledger::{Month, ObjectId};
use crate::store::{Entry, Store, StoreError};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use jiff::{Timestamp, civil::Date};
use std::collections::VecDeque;

/// A raw object as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawObject {
    /// Key below the source's root.
    pub key: String,
    /// Full address.
    pub address: String,
    /// Bytes as delivered.
    pub size: u64,
    /// Its version.
    pub etag: String,
    /// Delivery day of the path; none where the key names no lane.
    pub day: Option<Date>,
    /// Delivery time of the name, if it has one.
    pub time: Option<Timestamp>,
}

impl RawObject {
    /// An object as listed in the source.
    pub fn new(source: &Store, entry: Entry) -> Self {
        let address = source.url(&entry.key);
        let (day, time) = match parse_key(&address) {
            KeyKind::Raw(key) => (Some(key.day), key.time),
            _ => (None, None),
        };
        Self {
            key: entry.key,
            address,
            size: entry.size,
            etag: entry.etag,
            day,
            time,
        }
    }

    /// Its identity in the ledger.
    pub fn id(&self) -> ObjectId {
        ObjectId::new(&self.address, self.size, &self.etag)
    }

    /// The delivery month that its batch belongs to.
    pub fn month(&self) -> Month {
        self.day.map_or(Month::Undated, Month::of)
    }
}

/// Lists one lane over its prefixes (its folders, and its trees), merged by delivery time.
/// It holds a page a prefix.
pub(crate) struct LaneList {
    cursors: Vec<Cursor>,
    source: Store,
    range: Range,
    next: Option<RawObject>,
    /// What was listed besides.
    pub(crate) aside: Aside,
}

/// Objects below a lane's prefixes that are not its raw objects.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    /// JSON whose key names no lane after all.
    pub(crate) keyless: Vec<Entry>,
    /// How many have names of no log.
    pub(crate) others: u64,
}

struct Cursor {
    pages: BoxStream<'static, Result<Vec<Entry>, StoreError>>,
    page: VecDeque<RawObject>,
    to: Option<Date>,
}

impl LaneList {
    /// A list of the delivery days asked for.
    pub(crate) fn new(source: &Store, prefixes: &[String], range: &Range) -> Self {
        let cursor = |prefix: &String| {
            let from = range.from.map(|day| day.strftime("%Y/%m/%d").to_string());
            // A prefix that already names a day or month is short, and is filtered instead.
            let after = from
                .filter(|_| !ends_in_digits(prefix))
                .map(|from| format!("{prefix}{from}"));
            let pages = source.list_pages(prefix.clone(), after).boxed();
            Cursor {
                pages,
                page: VecDeque::new(),
                to: range.to,
            }
        };
        Self {
            cursors: prefixes.iter().map(cursor).collect(),
            source: source.clone(),
            range: range.clone(),
            next: None,
            aside: Aside::default(),
        }
    }

    /// The next object, which stays next.
    pub(crate) async fn peek(&mut self) -> Result<Option<&RawObject>, ConvertError> {
        if self.next.is_none() {
            self.next = self.advance().await?;
        }
        Ok(self.next.as_ref())
    }

    /// Takes the object that was peeked.
    pub(crate) fn take(&mut self) -> Option<RawObject> {
        self.next.take()
    }

    async fn advance(&mut self) -> Result<Option<RawObject>, ConvertError> {
        for cursor in &mut self.cursors {
            cursor
                .fill(&self.source, &self.range, &mut self.aside)
                .await?;
        }
        let first = |cursor: &&mut Cursor| {
            let object = cursor.page.front();
            object.map(|object| (object.day, object.time, object.key.clone()))
        };
        let with_any = self
            .cursors
            .iter_mut()
            .filter(|cursor| !cursor.page.is_empty());
        Ok(with_any
            .min_by_key(first)
            .and_then(|cursor| cursor.page.pop_front()))
    }
}

impl Cursor {
    async fn fill(
        &mut self,
        source: &Store,
        range: &Range,
        aside: &mut Aside,
    ) -> Result<(), ConvertError> {
        while self.page.is_empty() {
            let Some(entries) = self.pages.try_next().await? else {
                break;
            };
            for entry in entries {
                let object = RawObject::new(source, entry);
                match object.day {
                    Some(day) if self.to.is_some_and(|to| day > to) => {
                        // Days come in order: what follows is later still.
                        self.pages = futures::stream::empty().boxed();
                        return Ok(());
                    }
                    Some(day) if range.from.is_some_and(|from| day < from) => {}
                    _ if !is_readable_name(&object.key) => aside.others += 1,
                    Some(_) => self.page.push_back(object),
                    None => aside.keyless.push(object.into()),
                }
            }
        }
        Ok(())
    }
}

fn ends_in_digits(prefix: &str) -> bool {
    let last = prefix
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit())
}
