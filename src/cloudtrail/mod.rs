//! The source's format: object keys, gzip, JSON documents.
