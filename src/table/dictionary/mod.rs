//! Column chunks of texts that repeat, written from numbers: each text is looked at once on its way
//! from a row into a file. They are those of `parquet`'s own writer to the byte, which writes all
//! other columns.

mod chunk;
mod levels;
mod pages;
mod rle;
mod statistics;
mod texts;

pub(super) use chunk::{Chunk, is_possible};
pub(super) use levels::Levels;
pub(super) use texts::{Dictionary, DictionaryBuilder};
