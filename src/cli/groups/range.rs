//! Which days and lanes.

use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::lane::{Account, Region};
use cloudtrail2parquet::names::Names;
use cloudtrail2parquet::scope::{DeliveryDays, EventDates, Lanes, Scope};
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

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
    /// The delivery days and lanes.
    pub(crate) fn scope(&self) -> anyhow::Result<Scope> {
        let (from, to) = days(self.from, self.to, self.last)?;
        Ok(Scope {
            lanes: self.lanes.lanes(),
            days: DeliveryDays { from, to },
            names: Names::default(),
        })
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
    /// The dates.
    pub(crate) fn dates(&self) -> anyhow::Result<EventDates> {
        let (from, to) = days(self.from, self.to, self.last)?;
        Ok(EventDates { from, to })
    }

    /// The lanes.
    pub(crate) fn lanes(&self) -> Lanes {
        self.lanes.lanes()
    }
}

/// Which lanes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct LaneArgs {
    /// Only this account; may be repeated
    #[arg(long, value_name = "ID")]
    account: Vec<Account>,
    /// Only this region; may be repeated
    #[arg(long, value_name = "REGION")]
    region: Vec<Region>,
}

impl LaneArgs {
    /// The lanes.
    pub(crate) fn lanes(&self) -> Lanes {
        Lanes {
            accounts: self.account.iter().copied().collect(),
            regions: self.region.iter().cloned().collect(),
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
