//! A lane's raw objects in delivery order, listed as they are asked for.

use super::ignored::{EXCLUDED, Ignored};
use crate::cloudtrail::{KeyKind, is_readable_name, parse_key};
use crate::lane::Lane;
use crate::ledger::{Month, ObjectId};
use crate::names::Names;
use crate::scope::{DeliveryDays, Scope};
use crate::store::{Entry, Store, StoreError};
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream::BoxStream};
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
    /// What the table's `sourcefile` says.
    pub source_file: String,
    /// The lane of the key, if it names one.
    pub lane: Option<Lane>,
    /// Delivery day of the path; none where the key names no lane.
    pub day: Option<Date>,
    /// Delivery time of the name, if it has one.
    pub time: Option<Timestamp>,
}

impl RawObject {
    /// An object as listed in the source.
    pub fn new(source: &Store, entry: Entry) -> Self {
        let address = source.url(&entry.key);
        let source_file = source.address(&entry.key);
        Self::named(entry, address, source_file)
    }

    /// An object that is called otherwise than it is listed.
    pub(crate) fn named(entry: Entry, address: String, source_file: String) -> Self {
        let (lane, day, time) = match parse_key(&address) {
            KeyKind::Raw(key) => (Some(key.lane), Some(key.day), key.time),
            _ => (None, None, None),
        };
        Self {
            key: entry.key,
            address,
            source_file,
            lane,
            size: entry.size,
            etag: entry.etag,
            day,
            time,
        }
    }

    /// Itself, as it was listed.
    pub(crate) fn listed(&self) -> Entry {
        Entry {
            key: self.key.clone(),
            size: self.size,
            etag: self.etag.clone(),
            modified: None,
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
    wanted: Wanted,
    next: Option<RawObject>,
    /// What was listed besides.
    pub(crate) aside: Aside,
}

/// Which objects are the lane's.
struct Wanted {
    source: Store,
    lane: Lane,
    days: DeliveryDays,
    names: Names,
    /// What keys begin with that are the destination's.
    own: Vec<String>,
}

/// Objects below a lane's prefixes that are not its raw objects.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    /// JSON whose key names no lane, or another.
    pub(crate) unplaced: Vec<RawObject>,
    /// Those that have names of no log.
    pub(crate) ignored: Ignored,
}

struct Cursor {
    pages: BoxStream<'static, Result<Vec<Entry>, StoreError>>,
    page: VecDeque<RawObject>,
}

impl LaneList {
    /// A list of the delivery days and names asked for. What begins with one of `own` is the
    /// destination's.
    pub(crate) fn new(
        source: &Store,
        lane: &Lane,
        prefixes: &[String],
        scope: &Scope,
        own: &[String],
    ) -> Self {
        let days = scope.days;
        let cursor = |prefix: &String| {
            let from = days.from.map(|day| day.strftime("%Y/%m/%d").to_string());
            // A prefix that already names a day, a month or a file is short, and is filtered instead.
            let after = from
                .filter(|_| !ends_in_digits(prefix) && scope.names.only().is_none())
                .map(|from| format!("{prefix}{from}"));
            Cursor {
                pages: source.list_pages(prefix.clone(), after).boxed(),
                page: VecDeque::new(),
            }
        };
        Self {
            cursors: prefixes.iter().map(cursor).collect(),
            wanted: Wanted {
                source: source.clone(),
                lane: lane.clone(),
                days,
                names: scope.names.clone(),
                own: own.to_vec(),
            },
            next: None,
            aside: Aside::default(),
        }
    }

    /// The next object, which stays next.
    pub(crate) async fn peek(&mut self) -> Result<Option<&RawObject>, StoreError> {
        if self.next.is_none() {
            self.next = self.advance().await?;
        }
        Ok(self.next.as_ref())
    }

    /// Takes the object that was peeked.
    pub(crate) fn take(&mut self) -> Option<RawObject> {
        self.next.take()
    }

    async fn advance(&mut self) -> Result<Option<RawObject>, StoreError> {
        let wanted = &self.wanted;
        let fills = self.cursors.iter_mut().map(|cursor| cursor.fill(wanted));
        for aside in try_join_all(fills).await? {
            self.aside.unplaced.extend(aside.unplaced);
            self.aside.ignored.extend(aside.ignored);
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
    /// Goes on to a page with objects of the lane, or to the end; gives what it met besides.
    async fn fill(&mut self, wanted: &Wanted) -> Result<Aside, StoreError> {
        let mut aside = Aside::default();
        while self.page.is_empty() {
            let Some(entries) = self.pages.try_next().await? else {
                break;
            };
            for entry in entries {
                if is_of_table(&entry.key, &wanted.own) || wanted.names.is_other(&entry.key) {
                    continue;
                }
                let object = RawObject::new(&wanted.source, entry);
                let is_placed = object.lane.as_ref() == Some(&wanted.lane);
                match object.day.filter(|_| is_placed) {
                    Some(day) if wanted.days.to.is_some_and(|to| day > to) => {
                        // Days come in order: what follows is later still.
                        self.pages = futures::stream::empty().boxed();
                        return Ok(aside);
                    }
                    Some(day) if !wanted.days.has(day) => {}
                    _ if !wanted.names.has(&object.key) => {
                        aside.ignored.add(EXCLUDED, &object.key);
                    }
                    _ if !is_readable_name(&object.key) => aside.ignored.add_file(&object.key),
                    Some(_) => self.page.push_back(object),
                    None => aside.unplaced.push(object),
                }
            }
        }
        Ok(aside)
    }
}

/// Whether a key is of a table: of the destination, or of another that lies here as well.
pub(crate) fn is_of_table(key: &str, own: &[String]) -> bool {
    let is_tables = |segment: &str| segment == "_ledger" || segment == "_rejects";
    own.iter().any(|own| key.starts_with(own)) || key.split('/').any(is_tables)
}

fn ends_in_digits(prefix: &str) -> bool {
    let last = prefix
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit())
}
