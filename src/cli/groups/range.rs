//! Which days and lanes.

use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::convert::Range;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use std::collections::BTreeSet;

/// Which raw objects, by delivery.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct DeliveryArgs {
    /// First delivery day, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last delivery day, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// The last DAYS delivery days, today (UTC) included
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u16).range(1..))]
    last: Option<u16>,
    /// Which lanes
    #[command(flatten)]
    lanes: LaneArgs,
}

impl DeliveryArgs {
    /// The range of delivery days and lanes.
    pub(crate) fn range(&self) -> anyhow::Result<Range> {
        self.lanes.range(days(self.from, self.to, self.last)?)
    }
}

/// Which events, by their own dates.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct EventArgs {
    /// First date of events, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last date of events, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// The last DAYS dates, today (UTC) included
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) last: Option<u16>,
    /// Which lanes
    #[command(flatten)]
    lanes: LaneArgs,
}

impl EventArgs {
    /// The range of event dates and lanes.
    pub(crate) fn range(&self) -> anyhow::Result<Range> {
        self.lanes.range(days(self.from, self.to, self.last)?)
    }
}

/// Which lanes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
struct LaneArgs {
    /// Only this account; may be repeated
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// Only this region; may be repeated
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
}

impl LaneArgs {
    fn range(&self, (from, to): (Option<Date>, Option<Date>)) -> anyhow::Result<Range> {
        Ok(Range {
            from,
            to,
            accounts: self.accounts()?,
            regions: self.regions()?,
        })
    }

    fn accounts(&self) -> anyhow::Result<BTreeSet<String>> {
        let is_account =
            |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        match self.account.iter().find(|account| !is_account(account)) {
            None => Ok(self.account.iter().cloned().collect()),
            Some(wrong) => Err(usage(format!(
                "--account {wrong:?} is no account: write its 12 digits"
            ))),
        }
    }

    fn regions(&self) -> anyhow::Result<BTreeSet<String>> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_region = |text: &str| (3..=32).contains(&text.len()) && text.bytes().all(fits);
        match self.region.iter().find(|region| !is_region(region)) {
            None => Ok(self.region.iter().cloned().collect()),
            Some(wrong) => Err(usage(format!(
                "--region {wrong:?} is no region: write it as us-east-1"
            ))),
        }
    }
}

/// Today in UTC.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn days(
    from: Option<Date>,
    to: Option<Date>,
    last: Option<u16>,
) -> anyhow::Result<(Option<Date>, Option<Date>)> {
    if let Some(days) = last {
        let today = today();
        let from = today
            .checked_sub(Span::new().days(i64::from(days) - 1))
            .map_err(|_| usage(format!("--last {days} reaches too far back")))?;
        return Ok((Some(from), Some(today)));
    }
    match (from, to) {
        (Some(from), Some(to)) if from > to => {
            Err(usage(format!("--from {from} is after --to {to}")))
        }
        days => Ok(days),
    }
}
