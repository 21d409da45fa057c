"""One round: a table from its first raw object to its last, under kills and whatever else happens.

What happens is drawn from the round's seed. When it hits is not: that is the machine's own chance.
"""

import random
import signal
import threading
import time

import proofs
from deliveries import Deliveries
from program import Run
from proxy import FAULTS
from truth import Truth
from watch import Fault, Watch

# The last delivery days of `sample`.
DAYS = ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-04", "2024-05-05"]

# What `rewrite` adds.
FURTHER_COLUMNS = "requestparameters_maxresults\tstring\trequestParameters.maxResults\n"

# How often each thing happens, as a weight.
STEPS = {"kill": 60, "pair": 15, "sleeper": 15, "terminate": 4, "whole": 6, "tidy": 15, "expire": 2, "prove": 8}


class Round:
    def __init__(self, program, place, home, seed, totals, proxy=None):
        self.program, self.place, self.home, self.totals, self.proxy = program, place, home, totals, proxy
        self.chance = random.Random(seed)
        self.truth = Truth()
        self.watch = Watch(place, self.truth)
        self.deliveries = Deliveries(program, place, home, self.chance, self.truth)
        self.digests = self.deliveries.digests
        self.runs = []
        # How far a run may go before it is stopped, in time and in puts; learned from how far they go.
        self.patience_seconds, self.patience_puts = 0.5, 10.0

    def play(self, kills):
        """Until so many runs were killed, and then to the end."""
        wanted = self.totals.kills[self.place.kind] + kills
        self.deliveries.deliver(len(self.deliveries.pending) // 6)
        while self.totals.kills[self.place.kind] < wanted:
            if self.proxy:
                self.proxy.break_things(self.fault_rates(), self.chance.random())
            if self.chance.random() < 0.5 or not self.watch.missing():
                self.deliveries.deliver(self.chance.randint(1, len(self.deliveries.pending) // 8 + 1))
            (step,) = self.chance.choices(list(STEPS), STEPS.values())
            getattr(self, step)()
            self.watch.look()
            if not self.deliveries.pending and not self.watch.missing():
                break
        self.finish()
        self.totals.rounds[self.place.kind] += 1
        self.totals.records[self.place.kind] += self.truth.records

    def end(self):
        """No run stays, asleep or not."""
        for run in self.runs:
            if run.kill():
                run.wait()

    def fault_rates(self):
        """Some faults, often or seldom."""
        some = self.chance.sample(list(FAULTS), self.chance.randint(2, len(FAULTS)))
        return {fault: self.chance.choice([0.005, 0.02, 0.06]) for fault in some}

    # What can happen.

    def kill(self):
        run = self.start(self.options())
        self.stop_somewhere(run, signal.SIGKILL)
        self.judge(run, alone=True)

    def terminate(self):
        run = self.start(self.options())
        self.stop_somewhere(run, signal.SIGTERM)
        self.judge(run, alone=True, codes={143})

    def whole(self):
        self.judge(self.start(self.options(whole=True)), alone=True)

    def pair(self):
        """Two at once, on the same lanes or each on its own; perhaps one is killed."""
        shards = self.chance.choice([((), ()), ((), ()), ("1/2", "2/2"), ("1/2", ())])
        runs = [self.start(self.options() + (["--shard", shard] if shard else [])) for shard in shards]
        if self.chance.random() < 0.5:
            self.stop_somewhere(runs[0], signal.SIGKILL)
        for run in runs:
            run.wait()
        self.watch.look()
        for run in runs:
            self.judge(run)

    def sleeper(self):
        """One falls asleep, another works to its end or is killed, the first goes on."""
        sleeping = self.start(self.options())
        slept = self.stop_somewhere(sleeping, signal.SIGSTOP)
        other = self.start(self.options())
        if self.chance.random() < 0.3:
            self.stop_somewhere(other, signal.SIGKILL)
        self.judge(other)
        self.watch.look()
        if slept:
            self.totals.sleepers[self.place.kind] += 1
            sleeping.kill(signal.SIGCONT)
        if self.chance.random() < 0.3:
            self.stop_somewhere(sleeping, signal.SIGKILL)
        self.judge(sleeping)

    def tidy(self):
        """Files are merged or made anew."""
        self.keep_up(self.chance.choice(["compact", "compact", "rewrite", "convert"]))

    def expire(self):
        self.keep_up("expire", ["--before", self.chance.choice(DAYS[:4])])

    def prove(self):
        """What stands is proven, though more is to come."""
        if self.proxy:
            self.proxy.settle()
        proofs.prove_what_stands(self, self.chance.choice(["ledger", "files", "rows", "raw"]))

    def keep_up(self, command, options=()):
        """By one or two, of which one may be killed; then by one that comes to its end."""
        rates = self.fault_rates()
        self.grow_old()
        if self.proxy:
            self.proxy.break_things(rates, self.chance.random())
        runs = [self.start_upkeep(command, options) for _ in range(self.chance.choice([1, 1, 2]))]
        if self.chance.random() < 0.7:
            self.stop_somewhere(runs[0], signal.SIGKILL)
        for run in runs:
            run.wait()
        for run in runs:
            self.judge(run, alone=len(runs) == 1)
        self.keep_up_calmly(self.chance.choice([command, "compact"]), options)

    def keep_up_calmly(self, command, options=()):
        self.grow_old()
        last = self.start_upkeep(command, options, whole=True)
        self.judge(last, alone=True, calm=True)
        self.place.grow_young()
        if claims := self.watch.open_claims(of_upkeep=True):
            raise Fault("unfinished", f"{claims} after {last}")
        return last

    def grow_old(self):
        """No run is under way, nor a put of one that was killed: then two days may pass."""
        if self.proxy:
            self.proxy.settle()
        self.place.age()

    def finish(self):
        """All is delivered, and runs go on until nothing is left; one more writes nothing."""
        self.deliveries.deliver(len(self.deliveries.pending))
        for _ in range(3):
            if self.proxy and self.judge(self.start(self.options(whole=True)), alone=True) == 0:
                break
        if self.proxy:
            self.proxy.settle()
        last = self.start([])
        self.judge(last, alone=True, calm=True)
        if missing := self.watch.missing():
            raise Fault("lost", f"{missing} ({last})")
        before = self.watch.known
        again = self.start([])
        self.judge(again, alone=True, calm=True)
        if self.watch.known != before or again.summary().get("records"):
            new = sorted(self.watch.known.keys() ^ before.keys())
            raise Fault("written again", f"a run with nothing to do wrote {new} ({again})")
        for command in ["compact", "rewrite"]:
            self.keep_up_calmly(command)
            if missing := self.watch.missing():
                raise Fault("lost", f"{missing} after {command}")
        before = self.watch.known
        check = self.digests.options("check")
        for last in [self.keep_up_calmly("rewrite"), self.keep_up_calmly("compact"), self.start([]), self.start(check)]:
            self.judge(last, alone=True, calm=True)
            if self.watch.known != before:
                raise Fault("written again", f"{self.watch.known.keys() ^ before.keys()} ({last})")
        proofs.prove_all(self)
        proofs.restore(self)

    # Parts of it.

    def options(self, whole=False):
        draw = self.chance
        options = ["--threads", draw.choice("123"), "--memory", draw.choice(["50kB", "200kB", "1MB", "64MB"])]
        if draw.random() < 0.1:
            options += ["--compression", "zstd"]
        if not whole and draw.random() < 0.15:
            days = sorted(draw.sample(DAYS, 2))
            options += ["--from", days[0], "--to", days[1]]
        if draw.random() < 0.25:
            options += self.digests.options(draw.choice(["check", "require"]))
        return options

    def start(self, options, command="convert"):
        self.totals.runs[self.place.kind] += 1
        log = self.home / f"run-{len(self.runs):03}"
        self.runs.append(Run(self.program, self.place, options, log, command))
        return self.runs[-1]

    def start_upkeep(self, command, options=(), whole=False):
        draw = self.chance.choice
        options = list(options) if command == "expire" else ["--threads", draw("123")]
        if command == "rewrite":
            columns = self.home / "columns.tsv"
            columns.write_text(FURTHER_COLUMNS)
            options += ["--columns", str(columns)]
        if command == "convert":
            options += ["--compact"]
        if command != "expire" and not whole:
            options += ["--memory", draw(["1MB", "64MB"])]
        if command == "compact" and not whole:
            options += ["--target-size", draw(["50kB", "1GB"])]
        return self.start(options, command)

    def stop_somewhere(self, run, sign):
        """Sends a signal after some time or some progress; whether the run was still there."""
        if self.chance.random() < 0.3:
            hit = self.stop_in_time(run, sign)
            self.patience_seconds = max(0.05, self.patience_seconds * (1.1 if hit else 0.7))
        else:
            stop = self.stop_at_put if self.proxy else self.stop_at_name
            hit = stop(run, sign, 1 + int(self.chance.uniform(0, 2 * self.patience_puts)))
            self.patience_puts = max(2, self.patience_puts * (1.1 if hit else 0.7))
        return hit

    def stop_in_time(self, run, sign):
        end = time.monotonic() + self.chance.uniform(0, 2 * self.patience_seconds)
        while run.alive and time.monotonic() < end:
            time.sleep(0.002)
        return run.kill(sign)

    def stop_at_name(self, run, sign, count):
        wanted = len(self.place.listing()) + count
        while run.alive and len(self.place.listing()) < wanted:
            time.sleep(0.001)
        return run.kill(sign)

    def stop_at_put(self, run, sign, count):
        """As some PUT arrives and is lost, or when it is done and before its answer."""
        left, moment, hit = count, self.chance.choice(["before", "after"]), threading.Event()

        def trap(kind, now):
            nonlocal left
            if kind != "put" or now != moment:
                return False
            left -= 1
            if left != 0:
                return False
            if run.kill(sign):
                hit.set()
            return sign == signal.SIGKILL

        self.proxy.trap = trap
        while run.alive and not hit.is_set():
            time.sleep(0.002)
        self.proxy.trap = None
        return hit.is_set()

    def judge(self, run, alone=False, calm=False, codes=frozenset()):
        """Whether a run ended as it may, and told the truth; its exit code."""
        temporary = self.watch.temporary()
        code = run.wait()
        self.watch.look()
        self.totals.exits[self.place.kind, code] += 1
        if code == -signal.SIGKILL:
            self.totals.note_kill(self.place.kind, self.watch if alone else None)
            return code
        if code == -signal.SIGTERM and not run.said():
            return code  # It was stopped before it listened, and began.
        # A lane with an open claim of a conversion is left; so is what no digest lists yet, or it is named, also
        # by a run that finishes a claim of one that checks digests.
        may_leave = run.command != "convert" or (not calm and {"--digests", "--compact"} & set(run.options))
        codes |= {3} if may_leave or run.summary().get("unproven_objects") else set()
        if "panicked" in run.said() or code not in self.codes(calm) | codes:
            raise Fault("failed", str(run))
        if code in (1, 3) and not run.said().strip() and run.command != "verify":
            raise Fault("unreported", f"no word of what failed: {run}")
        if alone and self.watch.temporary() - temporary:
            raise Fault("left behind", f"{self.watch.temporary() - temporary} by {run}")
        # Who is asked to stop need not have seen everything.
        if run.command == "convert" and code != 143 and not {"--shard", "--from"} & set(run.options):
            self.judge_whole(run, alone, sure=calm or not self.proxy)
        return code

    def codes(self, calm):
        """The exit codes that a run may have."""
        if self.proxy and not calm:
            return {0, 1, 3}
        return {0, 3} if self.truth.unread or self.truth.rejects else {0}

    def judge_whole(self, run, alone, sure):
        """A run over everything must say what is not in the table; `sure` if nothing kept it from seeing it all. One
        beside it that checks digests may since have claimed what only these tell of, and died."""
        missing = self.watch.missing() if alone else self.watch.missing_rows()
        if run.code == 0 and missing:
            raise Fault("unreported", f"exit 0, but {missing}: {run}")
        unsaid = [key for key in self.truth.unread if key not in run.said()]
        if unsaid and (sure or run.code == 0):
            raise Fault("unreported", f"objects that cannot be read, {unsaid}: {run}")
