"""The stack's jobs under the policies that the stack gives them, and under each with one action less.

A gate before S3, Glue and CloudTrail judges every call by the statements of a role in
deploy/cloudformation.yaml; iam-simulate judges the same calls. Then the servers themselves are asked to:
MinIO enforces the S3 part as a session policy.
"""

import json
import pathlib
import subprocess
import tempfile

import judge
import simulator
from gate import Gates
from world import PROGRAM, SERVERS, Expiry, Nights, ProvenNights, Upkeep, client, run

# What a policy cannot be asked about by MinIO.
ONLY_AWS = ("s3:if-none-match", "s3:ObjectCreationOperation")
PARTS = ("SendParts", "AbandonParts")


def flow(world, environment, gate=None, large=False):
    """The first step that did not end as it should, with what it said; none if all did."""
    for what, words, wanted, before in world.steps(gate, large):
        if before:
            before()
        code, said = run(words, environment)
        if code != wanted:
            return f"{what} ended with {code}", said
        if "--metrics" in words and wanted == 0:
            metrics = [line for line in said.splitlines() if '"CloudWatchMetrics"' in line]
            assert len(metrics) == 1, f"{what}: metrics are one line:\n{said}"
    return None


def gated(kind, logs, change=lambda statements: statements, large=False):
    world = kind(logs)
    world.before()
    gates = Gates(SERVERS, change(world.statements), world.raw, world.signer and world.signer.listed)
    stopped = flow(world, gates.environment, gates.s3, large)
    gates.close()
    return world, gates.all, stopped


def actions(statements):
    return [(s["Sid"], action) for s in statements for action in judge.as_list(s["Action"])]


def whole(kind, logs):
    world, gates, stopped = gated(kind, logs, large=True)
    assert stopped is None, "{} under the shipped policies: {}\n{}".format(world.role, *stopped)
    assert not any(gate.denied for gate in gates)
    asked = [(action, resource, dict(context)) for gate in gates for action, resource, context in gate.asked]
    unused = [
        f"{sid} {action}" for sid, action in actions(world.used)
        if not any(judge.allows([s for s in world.statements if s["Sid"] == sid], *call) and call[0] == action for call in asked)
    ]
    assert not unused, f"{world.role}: allowed, and never asked: {unused}"
    print(f"ok: {kind.__doc__} {world.role}: {len(asked)} different calls of {len({a for a, _, _ in asked})} actions"
          f" are allowed, and {len(actions(world.used))} allowed ones are used", flush=True)
    if simulator.is_here():
        calls = [*asked, *never(world).values()]
        print(f"ok: {world.role}: iam-simulate judges alike, {simulator.agrees(world.statements, calls)} times", flush=True)
    return world


def never(world):
    """What nobody may do with the shipped policies."""
    table, raw = f"arn:aws:s3:::{world.lake}/cloudtrail/", f"arn:aws:s3:::{world.raw}/AWSLogs/x"
    calls = {
        "overwrite the table": ("s3:PutObject", f"{table}x", {"s3:ObjectCreationOperation": "true"}),
        "delete from the ledger": ("s3:DeleteObject", f"{table}_ledger/x", {}),
        "write beside it": ("s3:PutObject", f"arn:aws:s3:::{world.lake}/x", {"s3:if-none-match": "*"}),
        "write logs": ("s3:PutObject", raw, {"s3:if-none-match": "*"}),
        "delete logs": ("s3:DeleteObject", raw, {}),
        "read beside the logs": ("s3:GetObject", f"arn:aws:s3:::{world.raw}/x", {}),
        "list the source's root": ("s3:ListBucket", f"arn:aws:s3:::{world.raw}", {"s3:prefix": ""}),
        "drop the table": ("glue:DeleteTable", f"arn:aws:glue:eu-central-1:111122223333:table/{world.database}/cloudtrail", {}),
        "use the key past S3": ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/lake", {}),
    }
    if isinstance(world, Upkeep):
        return calls | {"read logs": ("s3:GetObject", raw, {})}
    return calls | {"delete the table's files": ("s3:DeleteObject", f"{table}account=1/x", {})}


def forbidden(world):
    for what, call in never(world).items():
        assert not judge.allows(world.statements, *call), f"the policies of {world.role} let {what}"
        print(f"ok: {world.role} may not {what}")


def one_less(kind, logs, statements):
    for sid, action in actions(statements):
        def change(all_of_them, sid=sid, action=action):
            return judge.without(all_of_them, sid, action)

        _, _, stopped = gated(kind, logs, change, large=sid in PARTS)
        # A broken run ends with 1 in any case: what it says is to name the action.
        if stopped is None and sid == "AbandonParts":
            stopped = broken_without(kind, logs, change)
        assert stopped, f"{kind.role} without {action} of {sid}: nothing failed"
        what, said = stopped
        assert action in said, f"{kind.role} without {action} of {sid}: {what}, and did not name it:\n{said}"
        [named] = [line for line in said.splitlines() if action in line][:1]
        print(f"ok: {kind.role} without {action} ({sid}): {what}: {named.strip()[:300]}", flush=True)


def broken_without(kind, logs, change):
    world = kind(logs)
    world.before()
    words = world.broken()
    gates = Gates(SERVERS, change(world.statements), world.raw, world.signer and world.signer.listed)
    gates.s3.breaks_parts = True
    gates.s3.older_days = 2 if kind is Upkeep else 0
    code, said = run(words, gates.environment)
    gates.close()
    return f"{words[0]} that cannot send parts ended with {code}", said


def by_minio(logs):
    """The S3 part as a session policy that MinIO enforces, without the conditions that only AWS has."""
    world = Nights(logs)
    policy = [
        {key: value for key, value in s.items() if key != "Condition" or not any(k in str(value) for k in ONLY_AWS)}
        for s in world.statements if judge.as_list(s["Action"])[0].startswith("s3:")
    ]

    def session(statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        role = client("sts").assume_role(RoleArn="arn:minio:iam:::role/any", RoleSessionName="nightly", Policy=document)["Credentials"]
        return SERVERS | {
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
        forbidden(Nights(logs))
        forbidden(Upkeep(logs))
        for kind in (ProvenNights, Expiry, Upkeep, Nights):
            one_less(kind, logs, whole(kind, logs).used)
        by_minio(logs)
    if not simulator.is_here():
        print("SKIPPED: iam-simulate, beside the judge here: node, npm or its package is not to be had")
    print("not checked: AWS itself; what its S3 answers where a prefix may not be listed; Lake Formation; other accounts' policies")


main()
