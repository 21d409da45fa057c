//! Which version of an object an answer is about.
//!
//! S3 lists every object with its ETag. Some compatible services list none; their versions are
//! named by size and last modification, which an answer to GET tells as well.

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::Object;

pub(super) fn of_listed(object: &Object) -> String {
    match object.e_tag() {
        Some(etag) => etag.to_owned(),
        None => made_up(object.size(), object.last_modified()),
    }
}

/// Whether the answer is this version, whole.
pub(super) fn is_of(output: &GetObjectOutput, version: &str) -> bool {
    if is_made_up(version) {
        return made_up(output.content_length(), output.last_modified()) == version;
    }
    // Quotes are left out by some.
    output.e_tag().map(|etag| etag.trim_matches('"')) == Some(version.trim_matches('"'))
}

pub(super) fn is_made_up(version: &str) -> bool {
    version.starts_with("modified-")
}

fn made_up(size: Option<i64>, modified: Option<&DateTime>) -> String {
    // The header of a GET has whole seconds.
    let seconds = modified.map(DateTime::secs).unwrap_or_default();
    format!("modified-{seconds}-{}", size.unwrap_or_default())
}
