"""What the program itself says of a round's table: `verify`, and what `restore` gives back."""

from truth import Truth
from watch import Fault

# What may be found while objects and digests are still to come, and kills leave claims open.
UNFINISHED = {"open_claim", "not_converted", "changed_log", "missing_log", "uncovered_log", "missing_digest",
              "invalid_digest", "broken_digest_chain", "digest_gap", "no_digests"}


def prove_what_stands(round, level):
    if wrong := [finding for finding in verify(round, level) if finding["kind"] not in UNFINISHED]:
        raise Fault("found", f"{wrong} ({round.runs[-1]})")


def prove_all(round):
    """What is wrong with the raw logs is found, and nothing else."""
    root = f"{round.place.source}/"
    found = {(finding["url"].removeprefix(root), finding["kind"]) for finding in verify(round, "raw")}
    wanted = set(round.digests.wrong.items()) | {(key, "not_converted") for key in round.truth.unread}
    if found != wanted:
        raise Fault("found", f"{found - wanted}, and not {wanted - found} ({round.runs[-1]})")


def verify(round, level):
    """What it finds; it writes nothing."""
    round.watch.look()
    before = round.watch.known
    run = round.start(["--level", level, *round.digests.options()], "verify")
    round.judge(run, alone=True, calm=True)
    round.totals.proofs[round.place.kind] += 1
    if round.watch.known != before:
        raise Fault("written", f"{round.watch.known.keys() ^ before.keys()} ({run})")
    return run.summary()["findings"]


def restore(round):
    """What comes back gives the rows of the table."""
    back, out = Truth(), round.home / "restored"
    round.judge(round.start([str(out)], "restore"), alone=True, calm=True)
    for path in out.rglob("*.json.gz"):
        back.add(path.relative_to(out).as_posix(), path.read_bytes())
    if back.rows != round.watch.rows:
        raise Fault("lost", f"{round.watch.rows - back.rows} is not restored, {back.rows - round.watch.rows} is")
