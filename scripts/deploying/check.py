"""Checks what deploy/ holds, without AWS; the lines say what was checked and what was not."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import planted
import rules
from template import Resolved, load

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
GIVEN = {"SourceBucket": "raw", "Vpc": "vpc-1", "Subnets": ["subnet-1", "subnet-2"]}
EVERYTHING = GIVEN | {
    "SourceAccount": "444455556666",
    "SourceKmsKeyArn": "arn:aws:kms:eu-central-1:444455556666:key/logs",
    "RequesterPays": "true",
    "Digests": "require",
    "DestinationBucket": "lake",
    "DestinationKmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/lake",
    "CreateDatabase": "false",
    "CreateWorkgroup": "false",
    "CreateMaintenance": "true",
    "AlarmEmail": "security@example.com",
    "Capacity": "FARGATE_SPOT",
}
FAILED = []


def say(ok, what, detail=""):
    print(f"{'ok' if ok else 'FAILED'}: {what}" + (f"\n{detail}" if detail and not ok else ""), flush=True)
    if not ok:
        FAILED.append(what)


def skip(what):
    print(f"SKIPPED: {what}", flush=True)


def run(what, *command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    say(done.returncode == 0, what, done.stdout + done.stderr)


def tool(name):
    beside = pathlib.Path(sys.executable).parent / name
    return beside if beside.exists() else shutil.which(name)


def lint():
    templates = [DEPLOY / "cloudformation.yaml", *sorted(DEPLOY.glob("questions-*.json"))]
    for template in templates:
        say(template.stat().st_size <= 51_200, f"{template.name} is taken without a bucket")
    if tool("cfn-lint"):
        run("cfn-lint", tool("cfn-lint"), *templates)
    else:
        skip("cfn-lint is not here")
    if tool("hadolint"):
        run("hadolint", tool("hadolint"), DEPLOY / "Dockerfile")
    else:
        skip("hadolint is not here")
    if tool("terraform"):
        run("terraform fmt", tool("terraform"), "fmt", "-check", "-diff", DEPLOY / "terraform")
    else:
        skip("terraform is not here")


def stacks(template):
    yield "by default", Resolved(template, GIVEN)
    yield "with all options", Resolved(template, EVERYTHING)
    for size in template["Mappings"]["Sizes"]:
        yield f"with jobs of {size}", Resolved(template, GIVEN | {"NightlySize": size, "BackfillSize": size})


def own_rules(template):
    for parameter in ("NightlySize", "BackfillSize"):
        sizes = template["Parameters"][parameter]["AllowedValues"]
        say(sizes == list(template["Mappings"]["Sizes"]), f"{parameter} has the sizes there are")
    for parameter in ("NightlyTimeoutSeconds", "BackfillTimeoutSeconds"):
        say(template["Parameters"][parameter].get("MinValue", 0) >= 60, f"{parameter} is 60 at least")
    for name, stack in stacks(template):
        found = rules.faults(stack)
        say(not found, f"the stack {name}: {len(stack.resources)} resources", "\n".join(found))
    missed = planted.unseen(Resolved(template, GIVEN))
    say(not missed, f"{len(planted.PLANTED)} planted faults are seen", "\n".join(missed))


def commands(template, program):
    """The jobs' commands are understood: they end for want of a server, not as wrong usage."""
    if not program:
        skip("the jobs' commands and the question pack: name the built program as an argument")
        return
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "eu-central-1"}
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    for given in (GIVEN, EVERYTHING):
        for name, job in Resolved(template, given).of_type("AWS::Batch::JobDefinition").items():
            command = job["ContainerProperties"]["Command"]
            done = subprocess.run([program, *command], env=os.environ | nobody | keys, capture_output=True, text=True)
            say(done.returncode == 1, f"{name}: {command[0]} takes its {len(command) - 1} arguments", done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([DEPLOY / "questions", program, folder], check=True)
        made = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
        there = {path.name: path.read_bytes() for path in DEPLOY.glob("questions-*.json")}
        say(made == there, "the templates of questions are those of queries/", "run deploy/questions PROGRAM")


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else None
    template = load(DEPLOY / "cloudformation.yaml")
    lint()
    own_rules(template)
    commands(template, program)
    print("not checked: nothing was deployed to AWS; terraform's provider, and what AWS itself makes of the values")
    if FAILED:
        sys.exit(f"deploy-check: {len(FAILED)} FAILED: {'; '.join(FAILED)}")


main()
