//! The Glue table.
