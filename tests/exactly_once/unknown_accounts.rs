//! Records that name no account: wherever runs are told to place them, they are there once.

use crate::history::raw::{Form, Place, Record, gzip};
use crate::history::worker::{Side, Worker};
use crate::history::world::{Spec, World};
use crate::support::{asleep_after, event, is_claim, is_receipt, run};
use cloudtrail2parquet::ledger::Receipt;
use cloudtrail2parquet::store::{Op, OpKind};
use futures::FutureExt as _;
use std::cell::Cell;

const ONE: Option<&str> = Some("111122223333");
const OTHER: Option<&str> = Some("999988887777");

/// What a first and a second run are told.
const TOLD: [(Option<&str>, Option<&str>); 5] = [
    (ONE, OTHER),
    (None, ONE),
    (ONE, None),
    (OTHER, None),
    (None, OTHER),
];

fn told(account_of_unknown: Option<&'static str>) -> Spec {
    Spec {
        account_of_unknown,
        ..Spec::all()
    }
}

/// A dump with two records of lanes of their own, and two that name none; and its key.
fn dumped() -> (World, String) {
    let mut world = World::default();
    let elsewhere = Record::Event {
        id: Some(3),
        variant: 0,
        lane: 1,
        spelling: 0,
    };
    let records = vec![Record::Number(1), event(1, 0), elsewhere, Record::Number(2)];
    let key = world.deliver(Place::Dump, records, Form::Delivered);
    (world, key)
}

/// Rows, rejects, and the accounts that rejects are kept in, by the receipts.
fn kept(world: &World) -> (u64, u64, Vec<String>) {
    let (mut rows, mut rejects, mut accounts) = (0, 0, Vec::new());
    let is_receipt = |key: &&String| {
        key.starts_with("_ledger/") && !key.contains("/log/") && !key.contains("/format")
    };
    for key in world.table.keys().iter().filter(is_receipt) {
        let body = world
            .table
            .store()
            .get(key)
            .now_or_never()
            .unwrap()
            .unwrap();
        let claim = serde_json::from_slice::<Receipt>(&body).unwrap().claim;
        rows += claim.rows();
        rejects += claim.rejected();
        if claim.rejected() > 0 {
            accounts.push(claim.lane.account.to_string());
        }
    }
    (rows, rejects, accounts)
}

fn kept_in(account: Option<&str>) -> (u64, u64, Vec<String>) {
    (2, 2, vec![account.unwrap_or("000000000000").to_owned()])
}

/// A run that sleeps after the call of this number that `is` tells, if there are so many.
fn asleep(world: &World, spec: &Spec, number: u32, is: fn(Side, &Op) -> bool) -> Worker {
    let met = Cell::new(0);
    asleep_after(world, spec, |side, op| {
        met.set(met.get() + u32::from(is(side, op)));
        is(side, op) && met.get() == number
    })
}

#[test]
fn they_are_placed_as_told_and_a_run_that_is_told_otherwise_moves_nothing() {
    for (first, _) in TOLD {
        let (world, _) = dumped();
        run(&world, &told(first));
        assert_eq!(kept(&world), kept_in(first));
        for account in [None, ONE, OTHER] {
            assert!(run(&world, &told(account)).is_idle(), "{account:?}");
        }
    }
}

#[test]
fn of_two_runs_that_are_told_differently_one_decides_wherever_the_other_sleeps() {
    for (first, second) in TOLD {
        // With its third receipt the first run may be over.
        for (is, most) in [(is_claim as fn(Side, &Op) -> bool, 3), (is_receipt, 2)] {
            for number in 1..=most {
                let (world, _) = dumped();
                let mut sleeper = asleep(&world, &told(first), number, is);
                run(&world, &told(second));
                sleeper.finish().unwrap().unwrap();
                run(&world, &Spec::all());
                assert_eq!(kept(&world), kept_in(first), "{second:?} {number}");
                assert!(run(&world, &told(second)).is_idle());
            }
        }
    }
}

#[test]
fn a_run_that_comes_in_before_anything_is_claimed_decides() {
    for (first, second) in TOLD {
        let (world, _) = dumped();
        let is_read = |side, _: &Op| side == Side::Raw;
        let mut sleeper = asleep(&world, &told(first), 2, is_read);
        run(&world, &told(second));
        sleeper.finish().unwrap().unwrap();
        run(&world, &told(first));
        assert_eq!(kept(&world), kept_in(second), "{first:?}");
    }
}

#[test]
fn a_run_that_goes_on_after_a_kill_goes_by_what_the_first_was_told() {
    for (first, second) in TOLD {
        for number in 1..=3 {
            let (world, _) = dumped();
            drop(asleep(&world, &told(first), number, is_receipt));
            run(&world, &told(second));
            assert_eq!(kept(&world), kept_in(first), "{second:?} {number}");
            assert!(run(&world, &told(second)).is_idle());
        }
    }
}

#[test]
fn a_dump_that_was_moved_stays_where_it_was_placed() {
    for (first, second) in TOLD {
        let (mut world, key) = dumped();
        run(&world, &told(first));
        world.move_object(&key, false).unwrap();
        run(&world, &told(second));
        assert_eq!(kept(&world), kept_in(first), "{second:?}");
        assert!(run(&world, &told(second)).is_idle());
    }
}

#[test]
fn a_run_for_one_account_settles_it_for_a_run_that_has_read_already() {
    let of = "111111111111";
    let nameless = event(2, 0).text().replace("recipientAccountId", "otherId");
    let text = format!("{}\n{nameless}", event(1, 0).text());
    let world = World::default();
    world.raw.replace("dump/export.json.gz", gzip(&text));
    let is_read = |side, op: &Op| side == Side::Raw && op.kind == OpKind::Get;
    let mut sleeper = asleep(&world, &told(Some(of)), 1, is_read);
    let of_account = Spec {
        account: Some(of),
        ..told(None)
    };
    run(&world, &of_account);
    sleeper.finish().unwrap().unwrap();
    run(&world, &Spec::all());
    assert_eq!(kept(&world).0, 2);
}
