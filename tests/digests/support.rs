//! A bucket, and what `verify` says of its log files and digests.

use crate::signed::{Logs, Object, Objects, Signer, Trail, log};
use cloudtrail2parquet::cloudtrail::{Limits, gunzip, gzip};
use cloudtrail2parquet::digests::{KeySource, PublicKeys};
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::scope::{DeliveryDays, Lanes, Scope};
use cloudtrail2parquet::store::Memory;
use cloudtrail2parquet::verify::{DigestOptions, Level, Report, VerifyOptions, verify};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One log file an hour.
pub(crate) fn logs(start: Timestamp) -> Logs {
    let id = start.strftime("%Y%m%d%H").to_string();
    vec![(format!("a{id}"), log(&id, start))]
}

/// A trail's deliveries of some hours from the start of a day.
pub(crate) fn hours(
    trail: &mut Trail,
    objects: &mut Objects,
    signer: &Signer,
    start: Timestamp,
    hours: i64,
) {
    for hour in 0..hours {
        let start = start + hour.hours();
        trail.hour(objects, signer, start, &logs(start));
    }
}

/// What is asked of `verify`.
pub(crate) struct Question<'q> {
    pub(crate) keys: &'q [&'q Signer],
    /// First and last day.
    pub(crate) days: Option<(&'q str, &'q str)>,
    pub(crate) now: &'q str,
    /// Whether the signatures beside the digests are there.
    pub(crate) has_metadata: bool,
}

pub(crate) fn ask(objects: &Objects, question: &Question<'_>) -> Report {
    let source = Memory::new();
    for (key, object) in objects {
        source.replace(key, object.bytes.clone());
        if let Some(signature) = object.signature.as_ref().filter(|_| question.has_metadata) {
            source.describe(key, "signature", signature);
            source.describe(key, "signature-algorithm", "SHA256withRSA");
        }
    }
    let mut keys = PublicKeys::default();
    keys.add_list(Signer::list(question.keys).as_bytes())
        .unwrap();
    let day = |text: &str| text.parse().unwrap();
    let options = VerifyOptions {
        level: Level::Ledger,
        scope: Scope {
            lanes: Lanes::default(),
            days: DeliveryDays {
                from: question.days.map(|(from, _)| day(from)),
                to: question.days.map(|(_, to)| day(to)),
            },
            ..Scope::default()
        },
        threads: 2,
        memory: 64 << 20,
        digests: Some(DigestOptions {
            keys: KeySource::Known(keys),
            now: time(question.now),
        }),
    };
    let run = verify(
        Some(source.store()),
        Memory::new().store(),
        options,
        Arc::new(Silent),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(run).unwrap()
}

/// The codes of what is found, each once.
pub(crate) fn codes(report: &Report) -> BTreeSet<&'static str> {
    report
        .findings
        .iter()
        .map(|found| found.kind.code())
        .collect()
}

/// Changes the content of what lies under a key.
pub(crate) fn edit(objects: &mut Objects, key: &str, edit: impl Fn(&str) -> String) {
    let object = objects.get_mut(key).unwrap();
    let text = gunzip(&object.bytes, Limits::of(1 << 20)).unwrap();
    let text = String::from_utf8(text).unwrap();
    let edited = edit(&text);
    assert_ne!(edited, text, "{key} is edited");
    object.bytes = gzip(edited.as_bytes());
}

pub(crate) fn put(objects: &mut Objects, key: &str, content: &str) {
    let bytes = gzip(content.as_bytes());
    objects.insert(
        key.to_owned(),
        Object {
            bytes,
            signature: None,
        },
    );
}
