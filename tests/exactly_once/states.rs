//! `status` says of a lane what a run would say.

use crate::history::raw::Form;
use crate::history::world::{LATE, Spec, World};
use crate::support::{asleep_after, event, in_lane, is_claim, run};
use cloudtrail2parquet::convert::{LaneStatus, status};
use cloudtrail2parquet::scope::{Scope, Shard};
use futures::FutureExt as _;

fn lane_of(world: &World) -> LaneStatus {
    let (source, destination) = (world.raw.store(), world.table.store());
    let scope = Scope::default();
    let found = status(
        &source,
        &destination,
        &scope,
        &Shard::ALL,
        LATE.parse().unwrap(),
        None,
    );
    let found = found.now_or_never().unwrap().unwrap();
    assert_eq!(found.has_failures(), found.lanes[0].waits.is_some());
    found.lanes.into_iter().next().unwrap()
}

#[test]
fn an_open_claim_that_can_be_finished_is_open_and_no_more() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    assert_eq!(
        (lane_of(&world).open_claim, lane_of(&world).waits),
        (true, None)
    );
    let moved = world.move_object(&key, false).unwrap();
    assert_eq!(lane_of(&world).waits, None, "it is read from {moved}");
    run(&world, &Spec::all());
    assert!(!lane_of(&world).open_claim);
}

#[test]
fn a_claim_whose_object_has_gone_waits_in_the_words_of_a_run() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&key);
    let waits = lane_of(&world).waits.unwrap();
    assert!(
        waits.contains(&key) && waits.contains("--give-up"),
        "{waits}"
    );
}

#[test]
fn a_lane_whose_ledger_is_damaged_waits() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    world
        .table
        .remove("_ledger/111111111111/us-east-1/log/000000000001");
    let waits = lane_of(&world).waits.unwrap();
    assert!(waits.contains("log/000000000001 is gone"), "{waits}");
}
