//! What was claimed and converted.
