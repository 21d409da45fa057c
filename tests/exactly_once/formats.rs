//! Tables of other programs, older and newer.

use crate::history::raw::Form;
use crate::history::world::{Spec, World};
use crate::support::{asleep_after, event, in_lane, is_claim, run};

fn refused(world: &World, because: &str) {
    let before = world.table.keys();
    let error = world.start(&Spec::all()).finish().unwrap().unwrap_err();
    assert!(error.to_string().contains(because), "{error}");
    assert_eq!(world.table.keys(), before, "nothing is written");
}

fn delivered() -> World {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    world
}

#[test]
fn a_table_of_the_first_format_is_refused() {
    let world = delivered();
    world.table.replace("_ledger/format", r#"{"format":1}"#);
    refused(&world, "has ledger format 1");
}

#[test]
fn a_table_whose_format_was_raised_is_refused() {
    let world = delivered();
    run(&world, &Spec::all());
    world.table.replace("_ledger/format-10", r#"{"format":10}"#);
    refused(&world, "newer program");
}

fn with_open_claim(from: &str, to: &str) -> World {
    let world = delivered();
    drop(asleep_after(&world, &Spec::all(), is_claim));
    let key = "_ledger/111111111111/us-east-1/log/000000000001";
    let claim = futures::executor::block_on(world.table.store().get(key)).unwrap();
    let claim = String::from_utf8(claim.to_vec()).unwrap();
    let changed = claim.replacen(from, to, 1);
    assert_ne!(changed, claim);
    world.table.replace(key, changed);
    world
}

#[test]
fn an_open_claim_of_a_newer_format_is_left_to_the_program_that_knows_it() {
    refused(
        &with_open_claim(r#""format":2"#, r#""format":3"#),
        "newer program",
    );
}

#[test]
fn an_open_claim_of_unknown_work_is_left_to_the_program_that_knows_it() {
    refused(
        &with_open_claim(r#""work":{"convert""#, r#""work":{"reorder""#),
        r#"newer program (work "reorder""#,
    );
}
