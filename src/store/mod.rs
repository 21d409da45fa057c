//! Bytes in a folder, in S3 or in memory.
