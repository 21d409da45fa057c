"""A backfill as AWS Batch runs it: the parts of an array job, killed and tried again by the retry rules of
deploy/cloudformation.yaml, with nightly runs beside them, all on one S3 server. Then `compact`, and the
question pack. A gate judges every call by the statements of the stack's roles."""

import concurrent.futures
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config

import rules
from calls import SOURCE_KEY, TABLE_KEY
from gate import Gates
from questions import ask
from template import Resolved, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM, SIZE, SEED = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
PARTS, NIGHTS, KILLS = 8, 3, 12


def client(service, url):
    return boto3.client(service, endpoint_url=url, config=Config(region_name="us-east-1", s3={"addressing_style": "path"}))


class Stack:
    """The stack's commands and retry rules, for fresh buckets with sample logs."""

    def __init__(self, folder):
        name = os.urandom(4).hex()
        self.raw, self.lake, self.database = f"raw-{name}", f"lake-{name}", f"db_{name}"
        given = {"SourceBucket": self.raw, "DestinationBucket": self.lake, "Database": self.database,
                 "SourceKmsKeyArn": SOURCE_KEY, "DestinationKmsKeyArn": TABLE_KEY, "CreateMaintenance": "true", "Vpc": "v", "Subnets": ["s"]}
        stack = Resolved(load(ROOT / "deploy/cloudformation.yaml"), given)
        self.jobs = stack.of_type("AWS::Batch::JobDefinition")
        self.gates = {
            role: Gates(os.environ, list(rules.statements(properties)), self.raw)
            for role, properties in stack.of_type("AWS::IAM::Role").items() if role in ("JobRole", "MaintenanceRole")
        }
        self.source, self.table = f"s3://{self.raw}/AWSLogs", f"s3://{self.lake}/cloudtrail"
        self.plan = f"{self.table}/_plans/backfill.json"
        logs = folder / "logs"
        sample = [PROGRAM, "sample", logs, "--size", SIZE, "--accounts", "12", "--regions", "5", "--tiny-lanes", "--seed", str(SEED), "--json", "-q"]
        self.truth = json.loads(subprocess.run(sample, check=True, capture_output=True).stdout)
        self.s3 = client("s3", os.environ["AWS_ENDPOINT_URL_S3"])
        for bucket in (self.raw, self.lake):
            self.s3.create_bucket(Bucket=bucket)
        delivered = sorted(path for path in logs.rglob("*") if path.is_file())
        # What comes after the backfill gives partitions a second file, for compact.
        self.logs, self.late = logs, delivered[::7]
        self.deliver(path for path in delivered if path not in set(self.late))
        glue = client("glue", os.environ["AWS_ENDPOINT_URL_GLUE"])
        glue.create_database(DatabaseInput={"Name": self.database})

    def deliver(self, paths):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda p: self.s3.upload_file(str(p), self.raw, str(p.relative_to(self.logs))), paths))

    def command(self, job):
        words = list(self.jobs[job]["ContainerProperties"]["Command"])
        if "--last" in words:  # The sample's days are past.
            words[words.index("--last"):words.index("--last") + 2] = ["--from", "2024-05-01"]
        words[words.index("--sse-kms-key-id") + 1] = "lake"  # As MinIO names keys.
        return words + ["--threads", "1"] + (["--plan", self.plan] if job == "BackfillJob" else [])


    def under(self, role="JobRole"):
        return os.environ | self.gates[role].environment

    def run(self, *words, role="JobRole"):
        done = subprocess.run([PROGRAM, *words], env=self.under(role), capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


def check_plan(stack):
    # By a person: a plan may be made again, and the jobs' role overwrites nothing.
    words = [PROGRAM, "plan", stack.source, stack.plan, "--parts", str(PARTS), "--json"]
    plan = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    loads = [part["delivered_bytes"] for part in plan["parts"]]
    body = stack.s3.get_object(Bucket=stack.lake, Key="cloudtrail/_plans/backfill.json")["Body"].read()
    lanes = [lane["delivered_bytes"] for lane in json.loads(body)["lanes"]]
    bound = max(sum(loads) / PARTS, max(lanes))
    assert max(loads) <= 1.3 * bound, f"the largest part has {max(loads)} bytes, allowed are 1.3 of {bound}"
    print(f"plan: {len(lanes)} lanes, {sum(loads):,} bytes; the largest part {max(loads):,}, the mean {sum(loads) // PARTS:,},"
          f" the largest lane {max(lanes):,}: {max(loads) / bound:.2f} of the larger")


class Child:
    """One part of the array job, with its attempts."""

    def __init__(self, stack, index):
        self.words, self.retry = stack.command("BackfillJob"), stack.jobs["BackfillJob"]["RetryStrategy"]
        self.environment = stack.under()
        self.index, self.attempt, self.ended = index, 0, None
        self.start()

    def start(self):
        self.attempt += 1
        batch = {"AWS_BATCH_JOB_ARRAY_INDEX": str(self.index), "AWS_BATCH_JOB_ARRAY_SIZE": str(PARTS), "AWS_BATCH_JOB_ATTEMPT": str(self.attempt)}
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, *self.words], env=self.environment | batch, stdout=self.log, stderr=self.log)

    def look(self):
        """Whether it is done; one that failed is started again, if Batch would."""
        code = self.process.poll()
        if code is None or self.ended is not None:
            return self.ended is not None
        code = 128 - code if code < 0 else code
        self.log.seek(0)
        said = self.log.read()
        if code == 0:
            self.ended = said
        else:
            action = rules.outcome(self.retry["EvaluateOnExit"], str(code))
            assert action == "RETRY" and self.attempt < self.retry["Attempts"], f"part {self.index} ended with {code} after {self.attempt} attempts:\n{said}"
            print(f"  part {self.index}: attempt {self.attempt} ended with {code}: {action}")
            self.start()
        return self.ended is not None


def backfill(stack):
    chance = random.Random(SEED)
    children = [Child(stack, index) for index in range(PARTS)]
    nights, killed, nightly = 0, 0, None
    while not all([child.look() for child in children]):
        time.sleep(chance.uniform(0.1, 0.5))
        running = [child for child in children if child.ended is None and child.process.poll() is None]
        if running and killed < KILLS and chance.random() < 0.4:
            # Spot warns with SIGTERM; a host that is lost does not.
            chance.choice(running).process.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM]))
            killed += 1
        if nightly is None or nightly.poll() is not None:
            check_night(nightly)
            nightly = subprocess.Popen([PROGRAM, *stack.command("NightlyJob")], env=stack.under(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) if nights < NIGHTS else None
            nights += nightly is not None
    if nightly:
        nightly.wait()
        check_night(nightly)
    attempts = sum(child.attempt for child in children)
    assert attempts > PARTS, "nothing was killed: give a larger SIZE"
    print(f"backfill: {PARTS} parts in {attempts} attempts, {killed} signals sent, {nights} nightly runs beside")


def check_night(process):
    if process and process.returncode != 0:
        sys.exit(f"a nightly run ended with {process.returncode}: {process.stderr.read().decode()}")


def check_table(stack):
    code, out, err = stack.run(*stack.command("NightlyJob"))
    assert code == 0 and "Nothing new" in out, f"the run after it: {code}\n{out}{err}"
    code, out, err = stack.run("verify", stack.source, stack.table, "--json")
    assert code == 0, f"verify: {code}\n{out}{err}"
    code, out, err = stack.run("status", stack.source, stack.table, "--json")
    rows = sum(lane["rows"] for lane in json.loads(out)["lanes"])
    assert code == 0 and rows == stack.truth["rows"], f"{rows} rows of {stack.truth['rows']}\n{err}"
    print(f"table: {rows:,} rows, each once; verify has nothing to say; the run after it wrote nothing")


def check_upkeep(stack):
    """Files of two days ago are merged, by the one role that may delete."""
    stack.gates["MaintenanceRole"].s3.older_days = 2
    before = files(stack)
    code, out, err = stack.run(*stack.command("MaintenanceJob"), role="MaintenanceRole")
    assert code == 0, f"compact: {code}\n{out}{err}"
    after = files(stack)
    assert len(after) < len(before), f"{len(before)} files became {len(after)}"
    print(f"compact: {len(before):,} files became {len(after):,}")


def files(stack):
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.lake, Prefix="cloudtrail/account=")
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def check_questions(stack, folder):
    """DuckDB, where Athena would be: the pack over a copy of the table's files."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for key in files(stack):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            pool.submit(stack.s3.download_file, stack.lake, key, str(folder / key))
    rows, answered, asked = ask(PROGRAM, folder / "cloudtrail")
    assert rows == stack.truth["rows"], f"DuckDB counts {rows} rows of {stack.truth['rows']}"
    print(f"questions: DuckDB counts {rows:,} rows, and runs {asked} questions, {answered} with rows")


def main():
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(pathlib.Path(folder))
        check_plan(stack)
        backfill(stack)
        stack.deliver(stack.late)
    code, out, err = stack.run(*stack.command("NightlyJob"))
    assert code == 0 and "Nothing new" not in out, f"the night of late logs: {code}\n{out}{err}"
    check_table(stack)
    check_upkeep(stack)
    check_table(stack)
    with tempfile.TemporaryDirectory() as folder:
        check_questions(stack, pathlib.Path(folder))
    for role, gates in stack.gates.items():
        assert not gates.denied(), f"{role} was denied {gates.denied()}"
    print("policies: under the statements of JobRole and MaintenanceRole nothing was denied")


main()
