//! A plan, and how it is written down.

use crate::lane::{Account, Lane, Region};
use crate::scope::Parts;
use serde::{Deserialize, Serialize};

/// What a plan's file says that it is.
const FORMAT: &str = "cloudtrail2parquet plan 1";

/// Which of so many workers converts which lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    format: String,
    /// The address of the source that was weighed.
    pub source: String,
    /// How many workers.
    pub parts: u32,
    /// Objects whose keys name no lane, which are the first worker's.
    pub unplaced_objects: u64,
    /// Their bytes as delivered.
    pub unplaced_delivered_bytes: u64,
    /// By account and region.
    pub lanes: Vec<PlannedLane>,
}

/// One lane of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedLane {
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
    /// The worker, from 1.
    pub part: u32,
    /// Its raw objects.
    pub objects: u64,
    /// Their bytes as delivered.
    pub delivered_bytes: u64,
}

/// What one worker has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Its lanes.
    pub lanes: u64,
    /// Its raw objects.
    pub objects: u64,
    /// Their bytes as delivered.
    pub delivered_bytes: u64,
}

/// Why a file is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON of this form.
    #[error("this is no plan ({0}): write one with `plan`")]
    NoPlan(#[from] serde_json::Error),
    /// A later program has written it, or none.
    #[error("this says that it is {0:?}, not {FORMAT:?}: write a plan with this program")]
    Format(String),
    /// A worker that there is not.
    #[error("lane {lane} is given to worker {part} of {parts}: write the plan anew")]
    Part {
        /// The lane.
        lane: Lane,
        /// The worker.
        part: u32,
        /// How many there are.
        parts: u32,
    },
    /// A lane stands twice.
    #[error("lane {0} is there twice: write the plan anew")]
    Twice(Lane),
}

impl Plan {
    pub(super) fn new(
        source: String,
        parts: u32,
        (unplaced_objects, unplaced_delivered_bytes): (u64, u64),
        lanes: Vec<PlannedLane>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            source,
            parts,
            unplaced_objects,
            unplaced_delivered_bytes,
            lanes,
        }
    }

    /// Reads a plan's file.
    ///
    /// # Errors
    /// [`PlanError`]
    pub fn parse(bytes: &[u8]) -> Result<Self, PlanError> {
        let plan: Self = serde_json::from_slice(bytes)?;
        if plan.format != FORMAT {
            return Err(PlanError::Format(plan.format));
        }
        let mut seen = Parts::new();
        for planned in &plan.lanes {
            let (lane, part, parts) = (planned.lane(), planned.part, plan.parts);
            if !(1..=parts).contains(&part) {
                return Err(PlanError::Part { lane, part, parts });
            }
            if seen.insert(lane.clone(), part).is_some() {
                return Err(PlanError::Twice(lane));
            }
        }
        Ok(plan)
    }

    /// The plan's file.
    ///
    /// # Errors
    /// None in practice: a plan has only texts and numbers.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The worker of each lane.
    pub fn by_lane(&self) -> Parts {
        let lanes = self.lanes.iter();
        lanes
            .map(|planned| (planned.lane(), planned.part))
            .collect()
    }

    /// What each worker has, in their order.
    pub fn loads(&self) -> Vec<Load> {
        let mut loads = vec![Load::default(); self.parts as usize];
        for planned in &self.lanes {
            if let Some(load) = loads.get_mut(planned.part as usize - 1) {
                load.lanes += 1;
                load.objects += planned.objects;
                load.delivered_bytes += planned.delivered_bytes;
            }
        }
        if let Some(first) = loads.first_mut() {
            first.objects += self.unplaced_objects;
            first.delivered_bytes += self.unplaced_delivered_bytes;
        }
        loads
    }
}

impl PlannedLane {
    fn lane(&self) -> Lane {
        Lane {
            account: self.account,
            region: self.region.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let lane = |account: &str, part| PlannedLane {
            account: Account::parse(account).unwrap(),
            region: Region::parse("us-east-1").unwrap(),
            part,
            objects: 2,
            delivered_bytes: 10,
        };
        let lanes = vec![lane("111122223333", 1), lane("444455556666", 2)];
        Plan::new("s3://b/AWSLogs/".to_owned(), 2, (1, 5), lanes)
    }

    #[test]
    fn a_plan_reads_back_and_adds_up() {
        let plan = plan();
        assert_eq!(Plan::parse(&plan.to_bytes().unwrap()).unwrap(), plan);
        let bytes: Vec<u64> = plan.loads().iter().map(|it| it.delivered_bytes).collect();
        assert_eq!(bytes, [15, 10]);
    }

    #[test]
    fn what_is_no_plan_is_refused_with_what_to_do() {
        let text = String::from_utf8(plan().to_bytes().unwrap()).unwrap();
        for (changed, said) in [
            (
                text.replace("plan 1", "plan 2"),
                "not \"cloudtrail2parquet plan 1\"",
            ),
            (text.replace("\"part\": 2", "\"part\": 3"), "worker 3 of 2"),
            (text.replace("\"part\": 1", "\"part\": 0"), "worker 0 of 2"),
            (text.replace("444455556666", "111122223333"), "twice"),
            (text.replace("444455556666", "4444"), "no plan"),
            ("{}".to_owned(), "no plan"),
        ] {
            assert_ne!(changed, text);
            let error = Plan::parse(changed.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
