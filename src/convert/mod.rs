//! The run: reads batches of raw objects and commits them as Parquet.
