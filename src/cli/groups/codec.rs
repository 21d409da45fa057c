//! The codecs by name, as help and completions list them.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use cloudtrail2parquet::table::Compression;

/// Takes the name of a codec.
pub(crate) fn codec() -> impl TypedValueParser<Value = Compression> {
    PossibleValuesParser::new(Compression::ALL.map(Compression::name))
        .try_map(|name| name.parse::<Compression>())
}
