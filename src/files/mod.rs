//! A lane's Parquet files: their names, what is listed of them, and what events they hold.

mod ids;
mod lane_files;
mod name;
mod reader;

pub(crate) use lane_files::{LaneFiles, Lookup};
pub(crate) use name::{FileName, second_of_day};
pub(crate) use reader::FileReader;
