"""Soaks the program: see scripts/soak."""

import argparse
import os
import random
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3

import histories
from places import Bucket, Folder
from proxy import Proxy
from rounds import Round
from totals import Totals
from watch import Fault

PARTS = ["histories", "folder", "s3"]

# Kills of one table, if its raw objects last as long.
KILLS_A_ROUND = 12

FIRST_SLICE_SECONDS, LONGEST_SLICE_SECONDS = 30, 480


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("hours", type=float, nargs="?", help="how long, such as 0.1")
    until.add_argument("--kills", type=int, help="until so many runs were killed, each on a folder and on S3")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9), help="of the first; each next has the next")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    soak = Soak(arguments)
    try:
        soak.run()
        soak.clear()
    finally:
        soak.end()
    sys.exit(1 if soak.totals.wrong else 0)


class Soak:
    def __init__(self, arguments):
        self.arguments = arguments
        self.totals = Totals()
        self.seed = arguments.seed
        self.end_time = time.time() + 3600 * arguments.hours if arguments.hours else None
        self.histories_a_second = 5.0
        self.proxy = self.client = None
        self.bucket = f"soak-{int(time.time())}-{os.getpid()}"
        self.parts = [part for part in arguments.only if not (arguments.kills and part == "histories")]
        if "s3" in self.parts and not (server := os.environ.get("AWS_ENDPOINT_URL_S3")):
            say("WITHOUT S3: no server")
            self.parts.remove("s3")
        elif "s3" in self.parts:
            self.client = boto3.client("s3", region_name=os.environ["AWS_REGION"], endpoint_url=server)
            self.client.create_bucket(Bucket=self.bucket)
            self.proxy = Proxy(urlsplit(server).port).start()

    def run(self):
        """Each part for a slice of time in turn, longer each time."""
        slice_seconds = FIRST_SLICE_SECONDS
        while any(not self.done(part) for part in self.parts):
            for part in self.parts:
                end = time.time() + slice_seconds
                while time.time() < end and not self.done(part):
                    self.take(part, end - time.time())
            slice_seconds = min(2 * slice_seconds, LONGEST_SLICE_SECONDS)

    def done(self, part):
        if self.totals.wrong:
            return True
        if self.end_time:
            return time.time() >= self.end_time
        return self.totals.kills["folder" if part == "folder" else "S3"] >= self.arguments.kills

    def take(self, part, seconds):
        start, seed = time.time(), self.seed
        self.seed += 1
        if part == "histories":
            self.histories(seed, min(seconds, (self.end_time or start) - start))
        else:
            self.round(part, seed)
        say(f"{part}, seed {seed}: {'WRONG' if self.totals.wrong else 'fine'} in {time.time() - start:.0f} s")

    def histories(self, seed, seconds):
        cases, start = max(50, int(seconds * self.histories_a_second)), time.time()
        if said := histories.play(seed, cases):
            self.totals.wrong[histories.kind(said)] += 1
            say(f"{said}\nhistories, PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}: FAILED; see tests/histories.seeds")
        else:
            self.totals.histories += cases
        self.histories_a_second = cases / (time.time() - start)

    def round(self, part, seed):
        home = self.arguments.home / f"{part}-{seed}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        place = Folder(home) if part == "folder" else Bucket(self.client, self.bucket, f"round-{seed}", self.proxy)
        proxy = None if part == "folder" else self.proxy
        round = Round(self.arguments.program, place, home, seed, self.totals, proxy)
        try:
            round.play(KILLS_A_ROUND)
        except (Fault, AssertionError) as fault:
            self.totals.wrong[getattr(fault, "kind", "failed")] += 1
            say(f"{fault}\n{part}: FAILED with --only {part} --seed {seed}; kept: {home} and {place.destination}")
            return
        finally:
            round.end()
        place.remove()
        shutil.rmtree(home)

    def clear(self):
        if self.client and not self.totals.wrong:
            self.client.delete_bucket(Bucket=self.bucket)

    def end(self):
        if self.proxy:
            self.totals.faults = self.proxy.injected
            self.proxy.stop()
        print(*self.totals.lines(), sep="\n", flush=True)


def say(what):
    print(f"soak: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
