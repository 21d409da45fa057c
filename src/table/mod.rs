//! The target's format: columns, rows, Parquet.
