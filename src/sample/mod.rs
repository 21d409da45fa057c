//! A deterministic generator of realistic CloudTrail.
