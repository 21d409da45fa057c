"""The nightly run under the policies that the stack gives it, and under each with one action less.

A gate before S3 and Glue judges every call by the statements of JobRole in deploy/cloudformation.yaml.
Then the servers themselves are asked to: MinIO enforces the S3 part as a session policy.
"""

import base64
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

import judge
from gate import Gate
from template import Resolved, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(sys.argv[1])
S3_URL, GLUE_URL = os.environ["AWS_ENDPOINT_URL_S3"], os.environ["AWS_ENDPOINT_URL_GLUE"]
ACCOUNTS = ("012345678901", "112345678912")
# What a policy cannot be asked about by MinIO.
ONLY_AWS = ("s3:if-none-match", "s3:ObjectCreationOperation")


def client(service):
    config = Config(region_name="us-east-1", s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=S3_URL, config=config)


class World:
    """Fresh buckets and a fresh database, with the stack that would be theirs."""

    def __init__(self, logs):
        self.name, self.logs, self.s3 = os.urandom(4).hex(), logs, client("s3")
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
        self.stack = Resolved(load(ROOT / "deploy/cloudformation.yaml"), given)
        role = self.stack.of_type("AWS::IAM::Role")["JobRole"]
        self.statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        glue = boto3.client("glue", endpoint_url=GLUE_URL, region_name="us-east-1")
        glue.create_database(DatabaseInput={"Name": self.database})

    def deliver(self, account):
        for path in sorted((self.logs / "AWSLogs" / account).rglob("*.gz")):
            self.s3.put_object(Bucket=self.raw, Key=str(path.relative_to(self.logs)), Body=path.read_bytes())

    def deliver_large(self):
        """A log whose Parquet is more than goes in one put."""
        record = {"eventVersion": "1.08", "eventTime": "2024-05-02T10:00:00Z", "eventSource": "s3.amazonaws.com",
                  "eventName": "PutObject", "awsRegion": "us-east-1", "recipientAccountId": ACCOUNTS[0]}
        records = [
            record | {"eventID": f"{n:032x}", "requestParameters": {"x": base64.b64encode(os.urandom(768 << 10)).decode()}}
            for n in range(70)
        ]
        body = gzip.compress(json.dumps({"Records": records}).encode(), 1)
        name = f"{ACCOUNTS[0]}_CloudTrail_us-east-1_20240502T1005Z_large.json.gz"
        self.s3.put_object(Bucket=self.raw, Key=f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/us-east-1/2024/05/02/{name}", Body=body)

    def nightly(self):
        """The command of the stack's nightly job; the logs are older, and MinIO names keys otherwise."""
        job = self.stack.of_type("AWS::Batch::JobDefinition")["NightlyJob"]
        words = list(job["ContainerProperties"]["Command"])
        words[words.index("--last"):words.index("--last") + 2] = ["--from", "2024-05-01"]
        words[words.index("--sse-kms-key-id") + 1] = "lake"
        return [*words, "--threads", "2"]

    def steps(self, gate, large):
        raw, lake = f"s3://{self.raw}/AWSLogs", f"s3://{self.lake}/cloudtrail"
        yield "the first run", self.nightly(), 0, lambda: self.deliver(ACCOUNTS[0])
        yield "a run with a new account", self.nightly(), 0, lambda: self.deliver(ACCOUNTS[1])
        yield "a run with nothing new", self.nightly(), 0, None
        yield "status", ["status", raw, lake], 0, None
        yield "verify", ["verify", raw, lake], 0, None
        yield "savings", ["savings", lake, "root-use"], 0, None
        yield "the table as SQL", ["table", "ddl", lake, "--table", f"{self.database}.cloudtrail"], 0, None
        if large:
            def break_parts():
                self.deliver_large()
                gate.breaks_parts = True

            def mend_parts():
                gate.breaks_parts = False

            yield "a run that cannot send the parts of a large file", self.nightly(), 1, break_parts
            yield "the run after it", self.nightly(), 0, mend_parts


def run(words, environment):
    keep = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run([PROGRAM, *words], env=keep | environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def flow(world, environment, gate=None, large=False):
    """The first step that did not end as it should, with what it said; none if all did."""
    for what, words, wanted, before in world.steps(gate, large):
        if before:
            before()
        code, said = run(words, environment)
        if code != wanted:
            return f"{what} ended with {code}", said
    return None


def through(gates):
    return {
        "AWS_ENDPOINT_URL_S3": gates[0].url, "AWS_ENDPOINT_URL_GLUE": gates[1].url, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"], "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
    }


def gated(logs, change=lambda statements: statements, large=False):
    world = World(logs)
    gates = Gate(urlsplit(S3_URL).netloc, world.raw), Gate(urlsplit(GLUE_URL).netloc)
    for gate in gates:
        gate.statements = change(world.statements)
    stopped = flow(world, through(gates), gates[0], large)
    for gate in gates:
        gate.close()
    return world, gates, stopped


def actions(statements):
    return [(s["Sid"], action) for s in statements for action in judge.as_list(s["Action"])]


def whole(logs):
    world, gates, stopped = gated(logs, large=True)
    assert stopped is None, "under the shipped policies: {}\n{}".format(*stopped)
    assert not gates[0].denied and not gates[1].denied
    asked = [(action, resource, dict(context)) for gate in gates for action, resource, context in gate.asked]
    unused = [
        f"{sid} {action}" for sid, action in actions(world.statements)
        if not any(judge.allows([s for s in world.statements if s["Sid"] == sid], *call) and call[0] == action for call in asked)
    ]
    assert not unused, f"allowed, and never asked: {unused}"
    print(f"ok: the flow runs; {len(asked)} different calls of {len({a for a, _, _ in asked})} actions are allowed, none allowed is unused")
    return world.statements


def forbidden(statements, world):
    """What nobody may do with the shipped policies."""
    table, raw = f"arn:aws:s3:::{world.lake}/cloudtrail/x", f"arn:aws:s3:::{world.raw}/AWSLogs/x"
    for what, call in {
        "overwrite the table": ("s3:PutObject", table, {"s3:ObjectCreationOperation": "true"}),
        "delete from the table": ("s3:DeleteObject", table, {}),
        "write beside it": ("s3:PutObject", f"arn:aws:s3:::{world.lake}/x", {"s3:if-none-match": "*"}),
        "write logs": ("s3:PutObject", raw, {"s3:if-none-match": "*"}),
        "delete logs": ("s3:DeleteObject", raw, {}),
        "read beside the logs": ("s3:GetObject", f"arn:aws:s3:::{world.raw}/x", {}),
        "list the source's root": ("s3:ListBucket", f"arn:aws:s3:::{world.raw}", {"s3:prefix": ""}),
        "drop the table": ("glue:DeleteTable", f"arn:aws:glue:eu-central-1:111122223333:table/{world.database}/cloudtrail", {}),
        "use the key past S3": ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/lake", {}),
    }.items():
        assert not judge.allows(statements, *call), f"the shipped policies let {what}"
        print(f"ok: nobody may {what}")


def one_less(logs, statements):
    for sid, action in actions(statements):
        def change(all_of_them, sid=sid, action=action):
            return judge.without(all_of_them, sid, action)

        _, _, stopped = gated(logs, change, large=sid in ("SendParts", "AbandonParts"))
        # A broken run ends with 1 in any case: what it says is to name the action.
        if stopped is None and sid == "AbandonParts":
            stopped = broken_without(logs, change)
        assert stopped, f"without {action} of {sid} nothing failed"
        what, said = stopped
        assert action in said, f"without {action} of {sid} {what}, and did not name it:\n{said}"
        [named] = [line for line in said.splitlines() if action in line][:1]
        print(f"ok: without {action} ({sid}) {what}: {named.strip()[:300]}")


def broken_without(logs, change):
    world = World(logs)
    gate = Gate(urlsplit(S3_URL).netloc, world.raw)
    glue = Gate(urlsplit(GLUE_URL).netloc)
    gate.statements = glue.statements = change(world.statements)
    world.deliver_large()
    gate.breaks_parts = True
    code, said = run(world.nightly(), through((gate, glue)))
    return f"a run that cannot send parts ended with {code}", said


def by_minio(logs):
    """The S3 part as a session policy that MinIO enforces, without the conditions that only AWS has."""
    world = World(logs)
    policy = [
        {key: value for key, value in s.items() if key != "Condition" or not any(k in str(value) for k in ONLY_AWS)}
        for s in world.statements if judge.as_list(s["Action"])[0].startswith("s3:")
    ]

    def session(statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        role = client("sts").assume_role(RoleArn="arn:minio:iam:::role/any", RoleSessionName="nightly", Policy=document)["Credentials"]
        return {
            "AWS_ENDPOINT_URL_S3": S3_URL, "AWS_ENDPOINT_URL_GLUE": GLUE_URL, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        }

    stopped = flow(world, session(policy))
    assert stopped is None, "MinIO under the shipped policies: {}\n{}".format(*stopped)
    print("ok: MinIO runs the flow under the shipped S3 policies as a session policy")
    for action in ("s3:ListBucket", "s3:GetObject", "s3:PutObject"):
        fewer = [s for s in policy if action not in judge.as_list(s["Action"])]
        stopped = flow(world, session(fewer))
        assert stopped and action in stopped[1], f"MinIO without {action}: {stopped}"
        print(f"ok: MinIO without {action}: {stopped[0]}, which names it")


def main():
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder) / "logs"
        sample = [PROGRAM, "sample", str(logs), "--size", "300KB", "--accounts", "2", "--regions", "1", "--days", "2", "-q"]
        subprocess.run(sample, check=True, stdout=subprocess.DEVNULL)
        found = sorted(path.name for path in (logs / "AWSLogs").iterdir())
        assert len(found) == 2, found
        global ACCOUNTS
        ACCOUNTS = tuple(found)
        statements = whole(logs)
        forbidden(statements, World(logs))
        one_less(logs, statements)
        by_minio(logs)
    print("not checked: AWS itself; what its S3 answers where a prefix may not be listed; Lake Formation; other accounts' policies")


main()
