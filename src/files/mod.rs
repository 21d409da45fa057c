//! The Parquet files of a table: their names, what is listed of them, and what they say of
//! their values.

mod contents;
mod footer;
mod ids;
mod lane_files;
mod name;
mod reader;

pub use contents::Contents;
pub(crate) use footer::{Footer, read_bloom, read_dictionary, read_footer};
pub(crate) use lane_files::{LaneFiles, Lookup, foreign_files, is_data};
pub(crate) use name::{FileName, newest_event, second_of_day};
pub(crate) use reader::FileReader;
