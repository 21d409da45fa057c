//! A validating pull scanner over JSON text that hands out spans instead of values.
//!
//! The converter needs the delivered bytes (`requestparameters` is stored exactly as it
//! came), number literals, and lone surrogates, and it must cost nothing for what it
//! passes over. So the scanner allocates nothing: it validates RFC 8259 and reports where
//! things are.

mod error;
mod quoted_key;
mod scanner;
mod span;
mod strings;

pub use error::JsonError;
pub use quoted_key::QuotedKey;
pub use scanner::{Kind, MAX_DEPTH, Scanner, StringToken};
pub use span::Span;
pub use strings::{unescape, write_string};

#[cfg(test)]
mod tests;
