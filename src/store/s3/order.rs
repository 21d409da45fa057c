//! What a listing must be like to be believed: in order, without repeats, with an end.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;

/// Pages in a row without a name. S3 sends such pages where much was deleted; without an end to
/// them, a service that is out of its mind would be listed for ever.
const EMPTY_PAGES: u32 = 10_000;

/// Names of one kind as they come in.
#[derive(Default)]
pub(super) struct Order(Option<String>);

impl Order {
    /// Whether the name comes after all before it.
    pub(super) fn goes_on(&mut self, name: &str) -> bool {
        let is_next = self.0.as_deref().is_none_or(|last| last < name);
        self.0 = Some(name.to_owned());
        is_next
    }
}

/// Where the listing goes on.
#[derive(Default)]
pub(super) struct Position {
    token: Option<String>,
    empty: u32,
}

impl Position {
    /// None for the first page.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Whether there is another page; why the page cannot be right otherwise.
    pub(super) fn advance(&mut self, page: &ListObjectsV2Output) -> Result<bool, &'static str> {
        let next = match (page.is_truncated(), page.next_continuation_token()) {
            (Some(false), _) | (None, None) => return Ok(false),
            (Some(true), None) => {
                return Err("the service says that there is more to list, but not where");
            }
            (_, Some(next)) => next,
        };
        if self.token.as_deref() == Some(next) {
            return Err("the service repeats a page of the listing for ever");
        }
        let is_empty = page.contents().is_empty() && page.common_prefixes().is_empty();
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if self.empty == EMPTY_PAGES {
            return Err("the service lists nothing, and does not come to an end");
        }
        self.token = Some(next.to_owned());
        Ok(true)
    }
}
