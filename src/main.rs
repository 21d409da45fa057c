//! The command line of cloudtrail2parquet.

fn main() {}
