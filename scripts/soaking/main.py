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

# Kills of one table; about ten runs convert it all.
KILLS_A_ROUND = 12


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("hours", type=float, nargs="?", help="how long, such as 0.1")
    until.add_argument("--kills", type=int, help="until so many runs were killed, each on a folder and on S3")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9), help="of the first turn; the next have the next")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    soak = Soak(arguments)
    try:
        soak.run()
    finally:
        soak.end()
    sys.exit(1 if soak.totals.wrong else 0)


class Soak:
    def __init__(self, arguments):
        self.arguments = arguments
        self.totals = Totals()
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
        end = time.time() + 3600 * self.arguments.hours if self.arguments.hours else None
        turn = 0
        while not self.totals.wrong:
            left = [part for part in self.parts if not self.done(part, end)]
            if not left:
                return
            for part in left:
                if not self.totals.wrong and not self.done(part, end):
                    self.take(part, self.arguments.seed + turn, turn)
            turn += 1

    def done(self, part, end):
        if end:
            return time.time() >= end
        return self.totals.kills["folder" if part == "folder" else "S3"] >= self.arguments.kills

    def take(self, part, seed, turn):
        start = time.time()
        if part == "histories":
            self.histories(seed, histories.cases(turn))
        else:
            self.round(part, seed)
        say(f"{part}, seed {seed}: {'WRONG' if self.totals.wrong else 'fine'} in {time.time() - start:.0f} s")

    def histories(self, seed, cases):
        if said := histories.play(seed, cases):
            self.totals.wrong["failing histories"] += 1
            say(f"{said}\nhistories, PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}: FAILED; see tests/histories.seeds")
        else:
            self.totals.histories += cases

    def round(self, part, seed):
        home = self.arguments.home / f"{part}-{seed}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        place = Folder(home) if part == "folder" else Bucket(self.client, self.bucket, f"round-{seed}", self.proxy)
        proxy = None if part == "folder" else self.proxy
        try:
            Round(self.arguments.program, place, home, seed, self.totals, proxy).play(KILLS_A_ROUND)
        except (Fault, AssertionError) as fault:
            self.totals.wrong[getattr(fault, "kind", "failed")] += 1
            say(f"{fault}\n{part}: FAILED with --only {part} --seed {seed}; kept: {home} and {place.destination}")
            return
        place.remove()
        shutil.rmtree(home)

    def end(self):
        if self.proxy:
            self.totals.faults = self.proxy.injected
            self.proxy.stop()
            if not self.totals.wrong:
                self.client.delete_bucket(Bucket=self.bucket)
        print(*self.totals.lines(), sep="\n", flush=True)


def say(what):
    print(f"soak: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
