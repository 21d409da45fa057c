//! What is left as it is: it holds no record.

use std::collections::BTreeMap;

/// What a file without a record is, or an object among records that is none. Documents hold its
/// [`code`](Left::code); its text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Left {
    /// A digest of CloudTrail's log file validation.
    Digest,
    /// Aggregated events of CloudTrail: counts of events, not events.
    Aggregated,
    /// What S3, SNS or SQS tell of objects and messages.
    Notification,
    /// A snapshot or history of AWS Config.
    Config,
    /// Rows of a query in Athena, CloudTrail Lake or the console: CSV, or JSON and times as text.
    QueryResult,
    /// What CloudWatch Logs says when a subscription or export begins.
    Control,
    /// VPC flow logs.
    FlowLog,
    /// Access logs of a load balancer.
    LoadBalancerLog,
    /// Any other JSON.
    Json,
    /// Any other text.
    Text,
    /// No text.
    Binary,
    /// Nothing, or white space.
    Empty,
}

/// How many objects were left, by what they are.
pub type LeftOut = BTreeMap<Left, u64>;

impl Left {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Digest,
        Self::Aggregated,
        Self::Notification,
        Self::Config,
        Self::QueryResult,
        Self::Control,
        Self::FlowLog,
        Self::LoadBalancerLog,
        Self::Json,
        Self::Text,
        Self::Binary,
        Self::Empty,
    ];

    /// What documents and JSON call it, for ever.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Digest => "left_digest",
            Self::Aggregated => "left_aggregated_events",
            Self::Notification => "left_notification",
            Self::Config => "left_config",
            Self::QueryResult => "left_query_result",
            Self::Control => "left_control_message",
            Self::FlowLog => "left_flow_log",
            Self::LoadBalancerLog => "left_load_balancer_log",
            Self::Json => "left_json",
            Self::Text => "left_text",
            Self::Binary => "left_binary",
            Self::Empty => "left_empty",
        }
    }

    /// What a code says; nothing of a code that a later program wrote.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|left| left.code() == code)
    }

    /// What it is, of many.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Digest => "CloudTrail digests",
            Self::Aggregated => "aggregated events",
            Self::Notification => "notifications of S3, SNS or SQS",
            Self::Config => "AWS Config snapshots or histories",
            Self::QueryResult => "results of queries in Athena, CloudTrail Lake or the console",
            Self::Control => "control messages of CloudWatch Logs",
            Self::FlowLog => "VPC flow logs",
            Self::LoadBalancerLog => "load balancer logs",
            Self::Json => "JSON without an event",
            Self::Text => "text",
            Self::Binary => "binary files",
            Self::Empty => "empty files",
        }
    }

    /// What can be done about it, if it was meant to be converted.
    pub const fn next_step(self) -> Option<&'static str> {
        match self {
            Self::Json | Self::Notification => Some(
                "if events stand inside of these objects, name the place with --unwrap PATH, \
                 such as _source.event.original",
            ),
            Self::QueryResult => {
                Some("convert the logs that were queried: only they have all fields as delivered")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_by_its_code_and_a_later_code_by_none() {
        for left in Left::ALL {
            assert_eq!(Left::from_code(left.code()), Some(left));
        }
        assert_eq!(Left::from_code("left_of_a_later_program"), None);
        assert_eq!(Left::from_code("no_records"), None);
    }
}
