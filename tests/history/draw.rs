//! How random histories are drawn.

use super::chores::Chore;
use super::raw::{DAYS, Form, LANES, NAMELESS, Place, Record, UNWRAP};
use super::steps::{History, Step};
use super::worker::{Call, Planned};
use super::world::{AMPLE, LATE, Spec, TINY};
use cloudtrail2parquet::store::ErrorKind;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Any history of up to `length` steps.
pub(crate) fn histories(length: usize) -> impl Strategy<Value = History> {
    (
        prop::bool::weighted(0.15),
        vec(step(), 1..length),
        any::<bool>(),
    )
        .prop_map(|(keep_duplicates, steps, wake)| History {
            keep_duplicates,
            steps,
            wake,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        Just(None),
        Just(Some(ErrorKind::Denied)),
        Just(Some(ErrorKind::Transient))
    ];
    prop_oneof![
        12 => (place(), records(), form()).prop_map(|(place, records, form)| Step::Deliver { place, records, form }),
        2 => (any::<u8>(), records(), form()).prop_map(|(which, records, form)| Step::Replace { which, records, form }),
        1 => any::<u8>().prop_map(|which| Step::Remove { which }),
        1 => any::<u8>().prop_map(|which| Step::Touch { which }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, stays)| Step::Move { which, stays }),
        1 => any::<u8>().prop_map(|which| Step::Copy { which }),
        2 => (any::<u8>(), how).prop_map(|(which, how)| Step::Obstruct { which, how }),
        3 => spec().prop_map(Step::Run),
        6 => (spec(), 10u8..120).prop_map(|(spec, calls)| Step::Start(spec, calls)),
        4 => (10u8..60, overtaker()).prop_map(|(calls, other)| Step::Overtaken(calls, other)),
        4 => (any::<u8>(), 1u8..40).prop_map(|(which, calls)| Step::Resume { which, calls }),
        2 => any::<u8>().prop_map(|which| Step::Finish { which }),
        1 => any::<u8>().prop_map(|which| Step::Stop { which }),
        2 => any::<u8>().prop_map(|which| Step::Kill { which }),
        1 => Just(Step::GiveUp),
        1 => option::weighted(0.8, any::<u8>()).prop_map(Step::RunWithout),
        3 => Just(Step::Day),
        2 => (chore(), planned()).prop_map(|(chore, planned)| Step::Tidy(chore, planned)),
        3 => (chore(), planned(), 5u8..80).prop_map(|(chore, planned, calls)| Step::StartTidying(chore, planned, calls)),
        3 => (chore(), 5u8..80, beside()).prop_map(|(chore, calls, other)| Step::TidyOvertaken(chore, calls, Box::new(other))),
    ]
}

/// Bytes of two or three files of the histories.
const SMALL: u64 = 25_000;

/// Mostly compactions; what is expired is out of play.
fn chore() -> impl Strategy<Value = Chore> {
    prop_oneof![
        4 => Just(Chore::Compact),
        4 => Just(Chore::CompactInto(SMALL)),
        3 => Just(Chore::Rewrite),
        1 => prop::sample::select(&DAYS[1..3]).prop_map(Chore::Expire),
    ]
}

/// What goes to its end while upkeep sleeps.
fn beside() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => overtaker().prop_map(Step::Run),
        1 => chore().prop_map(|chore| Step::Tidy(chore, Vec::new())),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let lane = || few(LANES.len() as u8);
    prop_oneof![
        8 => (lane(), few(3), prop::bool::weighted(0.2), 0..DAYS.len() as u8)
            .prop_map(|(lane, tree, insight, day)| Place::Lane { lane, tree, insight, day }),
        1 => lane().prop_map(|lane| Place::Stray { lane }),
        2 => Just(Place::Dump),
    ]
}

/// Mostly the first, so that much meets there.
fn few(count: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 1 => 0..count]
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    vec(record(), 0..5)
}

fn record() -> impl Strategy<Value = Record> {
    let id =
        prop_oneof![4 => (0u8..2).prop_map(Some), 2 => (2u8..5).prop_map(Some), 1 => Just(None)];
    let lane = || few(NAMELESS + 1);
    let variant = prop_oneof![5 => few(4), 1 => 4u8..28];
    prop_oneof![
        12 => (id, variant, lane(), 0u8..9)
            .prop_map(|(id, variant, lane, spelling)| Record::Event { id, variant, lane, spelling }),
        1 => lane().prop_map(|lane| Record::Timeless { lane }),
        1 => (0u8..3).prop_map(Record::Number),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![8 => Just(Form::Delivered), 2 => Just(Form::Lines), 1 => Just(Form::Truncated), 1 => Just(Form::Garbage), 1 => Just(Form::Note), 2 => Just(Form::Wrapped)]
}

/// Over a window without objects a run only finishes what is open.
const EMPTY: (&str, &str) = ("2024-05-29", "2024-05-29");

fn overtaker() -> impl Strategy<Value = Spec> {
    let finisher = Spec {
        days: Some(EMPTY),
        ..Spec::all()
    };
    prop_oneof![Just(finisher), spec()]
}

fn spec() -> impl Strategy<Value = Spec> {
    let memory = prop_oneof![1 => Just(AMPLE), 1 => Just(6_000), 2 => Just(TINY)];
    let shard = prop_oneof![4 => Just((1, 1)), 1 => Just((1, 2)), 1 => Just((2, 2))];
    let days = prop_oneof![
        3 => Just(EMPTY),
        1 => Just((DAYS[0], DAYS[1])),
        1 => Just((DAYS[2], DAYS[3])),
        1 => Just((DAYS[1], DAYS[2])),
        1 => Just((DAYS[3], DAYS[3])),
    ];
    let days = option::weighted(0.4, days);
    let account = option::weighted(0.1, Just(LANES[2].0));
    let call = prop_oneof![
        1 => Just(Call::PutLost), 1 => Just(Call::AnswerLost), 3 => Just(Call::PutRetried), 1 => Just(Call::ReadFails),
        2 => Just(Call::RawDenied), 2 => Just(Call::RawThrottled),
    ];
    let planned = vec(
        (call, 0u8..12).prop_map(|(call, nth)| Planned { call, nth }),
        0..3,
    );
    let root = prop_oneof![8 => Just(""), 1 => Just("AWSLogs/"), 1 => Just("dump/"), 1 => Just("mounted elsewhere/")];
    let where_and_how = (root, memory, shard, days, account, planned);
    (where_and_how, asked()).prop_map(|((root, memory, shard, days, account, planned), asked)| {
        Spec {
            root,
            memory,
            shard,
            days,
            account,
            planned,
            ..asked
        }
    })
}

/// The faults of upkeep.
fn planned() -> impl Strategy<Value = Vec<Planned>> {
    let call = prop_oneof![
        1 => Just(Call::PutLost), 1 => Just(Call::AnswerLost), 3 => Just(Call::PutRetried), 1 => Just(Call::ReadFails),
    ];
    vec(
        (call, 0u8..12).prop_map(|(call, nth)| Planned { call, nth }),
        0..2,
    )
}

/// Options that change what a run makes of the same objects.
fn asked() -> impl Strategy<Value = Spec> {
    let keep = option::weighted(0.2, any::<bool>());
    // Some of the objects of the histories are larger, some are not.
    let cap = option::weighted(0.15, Just(600));
    let early = prop_oneof![Just("2024-05-29T00:00:00Z"), Just("2024-05-30T12:00:00Z")];
    let now = prop_oneof![5 => Just(LATE), 1 => early];
    let seldom = || prop::bool::weighted(0.1);
    let unwrap =
        prop_oneof![3 => Just(None), 2 => Just(Some(UNWRAP)), 1 => Just(Some("elsewhere"))];
    let account_of_unknown =
        option::weighted(0.2, prop::sample::select(vec![LANES[0].0, LANES[2].0]));
    let told = (unwrap, account_of_unknown);
    (keep, cap, now, told, seldom(), seldom(), seldom(), seldom()).prop_map(
        |(
            keep_duplicates,
            max_object_bytes,
            now,
            (unwrap, account_of_unknown),
            retry_rejects,
            accept_unread,
            give_up_missing,
            finish_upkeep,
        )| {
            Spec {
                keep_duplicates,
                max_object_bytes,
                now,
                unwrap,
                account_of_unknown,
                retry_rejects,
                accept_unread,
                give_up_missing,
                finish_upkeep,
                ..Spec::all()
            }
        },
    )
}
