//! Partition projection: the values of `account`, `region` and `date` that Athena and
//! Trino derive from table properties instead of asking the catalog.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::account_projection::AccountProjection;
use super::error::CatalogError;
use super::table::TableSpec;

/// Partitions that Athena reads in one query at most (its service limits).
const ATHENA_PARTITIONS: u64 = 1_000_000;

/// Half the limit: an organisation grows by accounts and days, and the advice should come
/// before the first query that fails.
const ADVISED: u64 = ATHENA_PARTITIONS / 2;

const ACCOUNTS: &str = "projection.account.values";
const REGIONS: &str = "projection.region.values";
const RANGE: &str = "projection.date.range";

/// The values to project: those of the run together with those the table has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Projection {
    by: AccountProjection,
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
    start: Date,
    today: Date,
}

impl Projection {
    /// `parameters` are those of the table that is there.
    pub(super) fn new(
        spec: &TableSpec,
        parameters: &HashMap<String, String>,
    ) -> Result<Projection, CatalogError> {
        let accounts = union(spec, "account", &spec.accounts, parameters.get(ACCOUNTS))?;
        let regions = union(spec, "region", &spec.regions, parameters.get(REGIONS))?;
        let missing = |what| CatalogError::NothingToProject {
            table: spec.name.clone(),
            what,
        };
        if accounts.is_empty() && spec.account_projection == AccountProjection::Enum {
            return Err(missing("account"));
        }
        if regions.is_empty() {
            return Err(missing("region"));
        }
        // Trino demands that the range begin strictly before its end, which is `NOW`.
        let yesterday = spec.today.yesterday().unwrap_or(spec.today);
        let known = parameters
            .get(RANGE)
            .and_then(|range| range.split(',').next()?.trim().parse::<Date>().ok());
        let start = [known, spec.first_date]
            .into_iter()
            .flatten()
            .fold(yesterday, Date::min);
        Ok(Projection {
            by: spec.account_projection,
            accounts,
            regions,
            start,
            today: spec.today,
        })
    }

    /// The table properties of all three keys.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        let mut set = |key: &str, value: String| parameters.insert(key.to_owned(), value);
        set("projection.enabled", "true".to_owned());
        match self.by {
            AccountProjection::Enum => {
                set("projection.account.type", "enum".to_owned());
                set(ACCOUNTS, joined(&self.accounts));
            }
            AccountProjection::Injected => {
                set("projection.account.type", "injected".to_owned());
            }
        }
        set("projection.region.type", "enum".to_owned());
        set(REGIONS, joined(&self.regions));
        set("projection.date.type", "date".to_owned());
        set("projection.date.format", "yyyy-MM-dd".to_owned());
        set(RANGE, format!("{},NOW", self.start));
        set("projection.date.interval", "1".to_owned());
        set("projection.date.interval.unit", "DAYS".to_owned());
        parameters
    }

    /// Partitions that a query over the last `days` days lists without any other
    /// predicate; with injected accounts, for each account that it names.
    pub(super) fn partitions(&self, days: u64) -> u64 {
        let accounts = match self.by {
            AccountProjection::Enum => self.accounts.len() as u64,
            AccountProjection::Injected => 1,
        };
        accounts
            .saturating_mul(self.regions.len() as u64)
            .saturating_mul(days.min(self.days()))
    }

    /// Days from the first date to today, both included.
    pub(super) fn days(&self) -> u64 {
        let hours = self.today.duration_since(self.start).as_hours();
        u64::try_from(hours / 24).unwrap_or(0) + 1
    }

    /// A word of warning when queries come near Athena's limit.
    pub(super) fn advice(&self) -> Option<String> {
        let (month, all) = (self.partitions(30), self.partitions(u64::MAX));
        if self.by == AccountProjection::Injected || all < ADVISED {
            return None;
        }
        let (partitions, what) = if month < ADVISED {
            (all, "a query without a date predicate")
        } else {
            (month, "a query over 30 days")
        };
        Some(format!(
            "{what} projects {partitions} partitions and Athena reads {ATHENA_PARTITIONS} at most: \
             consider --projection-account injected, with which each query names its accounts"
        ))
    }
}

/// Partitions that a query over the last `days` days lists, by what `spec` alone knows.
/// With injected accounts: for each account that the query names.
pub fn projected_partitions(spec: &TableSpec, days: u64) -> u64 {
    Projection::new(spec, &HashMap::new()).map_or(0, |projection| projection.partitions(days))
}

/// The values of a comma-separated enum.
pub(super) fn split(values: &str) -> BTreeSet<String> {
    values
        .split(',')
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect()
}

/// White space would be part of a value in Athena, so there is none.
fn joined(values: &BTreeSet<String>) -> String {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.join(",")
}

fn union(
    spec: &TableSpec,
    key: &'static str,
    ours: &BTreeSet<String>,
    there: Option<&String>,
) -> Result<BTreeSet<String>, CatalogError> {
    if let Some(value) = ours.iter().find(|value| !is_value(value)) {
        return Err(CatalogError::PartitionValue {
            table: spec.name.clone(),
            key,
            value: value.clone(),
        });
    }
    let mut values = there.map_or_else(BTreeSet::new, |values| split(values));
    values.extend(ours.iter().cloned());
    Ok(values)
}

/// What needs no escape in an enum, in a path and in Trino's template.
pub(super) fn is_value(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn spec(accounts: usize, regions: usize, by: AccountProjection) -> TableSpec {
        TableSpec {
            name: "sec.trail".parse().unwrap(),
            location: "s3://bucket/parquet/".to_owned(),
            columns: Vec::new(),
            accounts: (0..accounts).map(|n| format!("{n:012}")).collect(),
            regions: (0..regions).map(|n| format!("region-{n}")).collect(),
            first_date: Some(date(2024, 1, 1)),
            today: date(2024, 12, 31),
            account_projection: by,
            compression: "SNAPPY".to_owned(),
            catalog_id: None,
        }
    }

    fn advice(accounts: usize) -> Option<String> {
        let spec = spec(accounts, 17, AccountProjection::Enum);
        Projection::new(&spec, &HashMap::new()).unwrap().advice()
    }

    #[test]
    fn partitions_are_accounts_times_regions_times_days_of_the_range() {
        let listed = spec(200, 17, AccountProjection::Enum);
        assert_eq!(projected_partitions(&listed, 1), 3_400);
        assert_eq!(projected_partitions(&listed, 30), 102_000);
        assert_eq!(projected_partitions(&listed, 366), 1_244_400);
        assert_eq!(projected_partitions(&listed, u64::MAX), 1_244_400);
        let injected = spec(200, 17, AccountProjection::Injected);
        assert_eq!(projected_partitions(&injected, 30), 510);
        assert_eq!(
            projected_partitions(&spec(0, 17, AccountProjection::Enum), 30),
            0
        );
    }

    #[test]
    fn injection_is_advised_before_the_limit_of_athena_is_reached() {
        assert_eq!(advice(80), None);
        assert!(
            advice(81)
                .unwrap()
                .starts_with("a query without a date predicate")
        );
        let month = advice(1_000).unwrap();
        assert!(month.starts_with("a query over 30 days projects 510000 partitions"));
        assert!(month.contains("--projection-account injected"));
        let injected = spec(1_000, 17, AccountProjection::Injected);
        let injected = Projection::new(&injected, &HashMap::new()).unwrap();
        assert_eq!(injected.advice(), None);
    }
}
