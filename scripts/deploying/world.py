"""Fresh buckets and a fresh database with the stack that would be theirs, and what is run in them."""

import base64
import gzip
import json
import os
import pathlib
import subprocess
import sys

import boto3
from botocore.config import Config

from template import Resolved, load
from trail import Signer, Trail

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(sys.argv[1])
S3_URL, GLUE_URL = os.environ["AWS_ENDPOINT_URL_S3"], os.environ["AWS_ENDPOINT_URL_GLUE"]
SERVERS = {"AWS_ENDPOINT_URL_S3": S3_URL, "AWS_ENDPOINT_URL_GLUE": GLUE_URL}


def client(service):
    config = Config(region_name="us-east-1", s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=S3_URL, config=config)


def run(words, environment):
    """The exit code, and what was said. Nothing of this process's AWS settings is there but the keys."""
    keys = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    keep = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = keep | keys | {"AWS_REGION": "us-east-1"} | environment
    done = subprocess.run([PROGRAM, *words], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


class World:
    """A kind of it has the role that its `steps` run under, and statements which these are to use (else all)."""

    role, given, uses = "JobRole", {}, None

    def __init__(self, logs):
        self.name, self.logs, self.s3 = os.urandom(4).hex(), logs, client("s3")
        self.accounts = sorted(path.name for path in (logs / "AWSLogs").iterdir())
        self.raw, self.lake, self.database = f"raw-{self.name}", f"lake-{self.name}", f"db_{self.name}"
        for bucket in (self.raw, self.lake):
            self.s3.create_bucket(Bucket=bucket)
        given = {
            "SourceBucket": self.raw,
            "SourceKmsKeyArn": "arn:aws:kms:eu-central-1:444455556666:key/logs",
            "DestinationBucket": self.lake,
            "DestinationKmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/lake",
            "Database": self.database,
            "CreateDatabase": "false",
            "Vpc": "vpc-1",
            "Subnets": ["subnet-1"],
        }
        self.stack = Resolved(load(ROOT / "deploy/cloudformation.yaml"), given | self.given)
        role = self.stack.of_type("AWS::IAM::Role")[self.role]
        self.statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        self.used = [s for s in self.statements if self.uses is None or s["Sid"] in self.uses]
        self.source, self.table = f"s3://{self.raw}/AWSLogs", f"s3://{self.lake}/cloudtrail"
        self.signer = None
        glue = boto3.client("glue", endpoint_url=GLUE_URL, region_name="us-east-1")
        glue.create_database(DatabaseInput={"Name": self.database})

    def deliver(self, account, folder="", part=slice(None)):
        """Some of the sample's files of an account, by key."""
        paths = sorted((self.logs / "AWSLogs" / account / folder).rglob("*.gz"))[part]
        files = {str(path.relative_to(self.logs)): path.read_bytes() for path in paths}
        for key, body in files.items():
            self.s3.put_object(Bucket=self.raw, Key=key, Body=body)
        return files

    def deliver_large(self):
        """A log whose Parquet is more than goes in one put."""
        account = self.accounts[0]
        record = {"eventVersion": "1.08", "eventTime": "2024-05-02T10:00:00Z", "eventSource": "s3.amazonaws.com",
                  "eventName": "PutObject", "awsRegion": "us-east-1", "recipientAccountId": account}
        records = [
            record | {"eventID": f"{n:032x}", "requestParameters": {"x": base64.b64encode(os.urandom(768 << 10)).decode()}}
            for n in range(70)
        ]
        body = gzip.compress(json.dumps({"Records": records}).encode(), 1)
        name = f"{account}_CloudTrail_us-east-1_20240502T1005Z_large.json.gz"
        self.s3.put_object(Bucket=self.raw, Key=f"AWSLogs/{account}/CloudTrail/us-east-1/2024/05/02/{name}", Body=body)

    def command(self, job):
        """The command of one of the stack's jobs; the logs are older, and MinIO names keys otherwise."""
        words = list(self.stack.of_type("AWS::Batch::JobDefinition")[job]["ContainerProperties"]["Command"])
        if "--last" in words:
            words[words.index("--last"):words.index("--last") + 2] = ["--from", "2024-05-01"]
        words[words.index("--sse-kms-key-id") + 1] = "lake"
        return [*words, "--threads", "2"]

    def before(self):
        """What is there before anything runs under the role."""

    def broken(self):
        """A command that sends parts; run while these are not taken."""
        self.deliver_large()
        return self.command("NightlyJob")


class Nights(World):
    """Nightly runs, and what looks at the table after them."""

    def steps(self, gate, large):
        nightly = self.command("NightlyJob")
        yield "the first run", nightly, 0, lambda: self.deliver(self.accounts[0])
        yield "a run with a new account", nightly, 0, lambda: self.deliver(self.accounts[1])
        yield "a run with nothing new", nightly, 0, None
        yield "status", ["status", self.source, self.table], 0, None
        yield "verify", ["verify", self.source, self.table], 0, None
        yield "savings", ["savings", self.table, "root-use"], 0, None
        yield "the table as SQL", ["table", "ddl", self.table, "--table", f"{self.database}.cloudtrail"], 0, None
        if large:
            def break_parts():
                self.deliver_large()
                gate.breaks_parts = True

            def mend_parts():
                gate.breaks_parts = False

            yield "a run that cannot send the parts of a large file", nightly, 1, break_parts
            yield "the run after it", nightly, 0, mend_parts


class ProvenNights(World):
    """A nightly run that checks digests."""

    given, uses = {"Digests": "require"}, {"ProveDigests"}

    def before(self):
        self.signer = Signer()
        logs = self.deliver(self.accounts[0], "CloudTrail")
        _, account, _, region, *_ = next(iter(logs)).split("/")
        trail = Trail(self.signer, self.raw, account, region)
        key, body, metadata = trail.digest("2024-05-01T00:00:00Z", "2024-05-04T00:00:00Z", logs)
        self.s3.put_object(Bucket=self.raw, Key=key, Body=body, Metadata=metadata)

    def steps(self, gate, large):
        yield "a run that checks digests", self.command("NightlyJob"), 0, None


class Upkeep(World):
    """`compact` and `expire` over files of two runs that are two days old."""

    role, given = "MaintenanceRole", {"CreateMaintenance": "true"}

    def before(self):
        for part in (slice(0, None, 2), slice(1, None, 2)):
            self.deliver(self.accounts[0], part=part)
            self.convert()

    def convert(self):
        code, said = run(self.command("NightlyJob"), SERVERS)
        assert code == 0, said

    def steps(self, gate, large):
        gate.older_days = 2
        yield "compact", self.command("MaintenanceJob"), 0, None
        yield from self.expire()
        if large:
            def break_parts():
                self.deliver_large()
                self.convert()
                gate.breaks_parts = True

            def mend_parts():
                gate.breaks_parts = False

            yield "compact that cannot send the parts of a large file", self.command("MaintenanceJob"), 1, break_parts
            yield "compact after it", self.command("MaintenanceJob"), 0, mend_parts

    def expire(self):
        yield "expire", ["expire", self.table, "--before", "2024-05-02", "--sse-kms-key-id", "lake"], 0, None

    def broken(self):
        self.deliver_large()
        self.convert()
        return self.command("MaintenanceJob")


class Expiry(Upkeep):
    """`expire` alone, which deletes too."""

    uses = {"DeleteMerged"}

    def steps(self, gate, large):
        gate.older_days = 2
        yield from self.expire()
