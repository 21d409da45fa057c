//! What the sentences are made of.

use crate::history::oracle::{check, check_complete};
use crate::history::raw::{Form, Place, Record};
use crate::history::snapshot::{Cache, Snapshot};
use crate::history::worker::{Side, Worker};
use crate::history::world::{Spec, World};
use cloudtrail2parquet::convert::Summary;
use cloudtrail2parquet::store::{Op, OpKind};

pub(crate) fn event(id: u8, variant: u8) -> Record {
    Record::Event {
        id: Some(id),
        variant,
        lane: 0,
        spelling: 1,
    }
}

/// The same event with its members in another order.
pub(crate) fn respelled(id: u8, variant: u8) -> Record {
    Record::Event {
        id: Some(id),
        variant,
        lane: 0,
        spelling: 3,
    }
}

pub(crate) fn in_lane(lane: u8, day: u8) -> Place {
    Place::Lane {
        lane,
        tree: 0,
        insight: false,
        day,
    }
}

pub(crate) fn run(world: &World, spec: &Spec) -> Summary {
    world.start(spec).finish().unwrap().unwrap()
}

pub(crate) fn checked(world: &World) -> Snapshot {
    check(world, &mut Cache::default()).unwrap()
}

pub(crate) fn complete(world: &World) {
    check_complete(world, &checked(world)).unwrap();
}

pub(crate) fn rows(world: &World) -> usize {
    checked(world)
        .files
        .iter()
        .map(|file| file.rows.len())
        .sum()
}

pub(crate) fn is_claim(side: Side, op: &Op) -> bool {
    side == Side::Table && op.kind == OpKind::Put && op.key.contains("/log/")
}

pub(crate) fn is_file(side: Side, op: &Op) -> bool {
    side == Side::Table && op.kind == OpKind::Put && op.key.ends_with(".parquet")
}

pub(crate) fn is_receipt(side: Side, op: &Op) -> bool {
    let is_ledger = op.key.starts_with("_ledger/") && op.key != "_ledger/format-2";
    side == Side::Table && op.kind == OpKind::Put && is_ledger && !op.key.contains("/log/")
}

/// Lets a worker go until the call is made, and no further.
pub(crate) fn asleep_after(world: &World, spec: &Spec, is: impl Fn(Side, &Op) -> bool) -> Worker {
    asleep(world.start(spec), is)
}

pub(crate) fn asleep(mut worker: Worker, is: impl Fn(Side, &Op) -> bool) -> Worker {
    assert!(worker.go_until(is), "the call is never made");
    worker
}

/// Two days, two batches, rejects, duplicates, and a dump of two lanes.
pub(crate) fn varied() -> World {
    let mut world = World::default();
    world.deliver(
        in_lane(0, 0),
        vec![event(0, 0), event(1, 0), Record::Timeless { lane: 0 }],
        Form::Delivered,
    );
    world.deliver(
        in_lane(0, 1),
        vec![respelled(0, 0), event(2, 2), Record::Number(1)],
        Form::Delivered,
    );
    world.deliver(
        in_lane(0, 2),
        vec![event(1, 0), event(1, 1)],
        Form::Truncated,
    );
    world.deliver(
        in_lane(2, 2),
        vec![event(1, 0), event(1, 1)],
        Form::Delivered,
    );
    let elsewhere = Record::Event {
        id: Some(3),
        variant: 0,
        lane: 1,
        spelling: 0,
    };
    world.deliver(
        Place::Dump,
        vec![event(1, 0), event(4, 0), elsewhere],
        Form::Delivered,
    );
    world
}
