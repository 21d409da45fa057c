//! Where the objects of a claim may lie by now.

use crate::ledger::Convert;
use crate::store::Store;
use std::collections::BTreeSet;

/// The key of a claimed object below the root that the claim read from.
pub(crate) fn claimed_key<'a>(convert: &Convert, address: &'a str) -> &'a str {
    let key = address.strip_prefix(&convert.source).unwrap_or(address);
    key.trim_start_matches('/')
}

/// What `sourcefile` says of the rows of a claimed object.
pub(crate) fn source_file(convert: &Convert, address: &str) -> String {
    match address.starts_with("s3://") {
        true => address.to_owned(),
        false => claimed_key(convert, address).to_owned(),
    }
}

/// Keys of a source under which a claimed object may lie now: as it was, or in the folders that
/// its lane has there.
pub(crate) fn elsewhere(
    convert: &Convert,
    address: &str,
    source: &Store,
    prefixes: &[String],
) -> BTreeSet<String> {
    let key = claimed_key(convert, address);
    let mut keys = BTreeSet::from([key.to_owned()]);
    // YYYY/MM/DD/name.
    let slashes = key.rmatch_indices('/').map(|(at, _)| at + 1);
    if let Some(tail) = slashes.take(4).nth(3).and_then(|at| key.get(at..)) {
        keys.extend(prefixes.iter().map(|prefix| format!("{prefix}{tail}")));
    }
    if let Some(below) = address.strip_prefix(&source.url("")) {
        keys.insert(below.trim_start_matches('/').to_owned());
    }
    keys
}
