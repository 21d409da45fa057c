"""iam-simulate beside judge.py: another judge of the same calls, who knows which condition keys and resources
AWS has for an action, and refuses a call that has others.
"""

import json
import os
import pathlib
import subprocess

import judge
from calls import ACCOUNT

SCRIPT = pathlib.Path(__file__).with_name("simulate.mjs")


def is_here():
    return bool(os.environ.get("NODE_MODULES"))


def agrees(statements, calls):
    """Judges the calls under the statements, and each action's calls without it; the number of verdicts."""
    cases = [(statements, calls)]
    for statement in statements:
        for action in judge.as_list(statement["Action"]):
            of_action = [call for call in calls if call[0] == action]
            cases.append((judge.without(statements, statement["Sid"], action), of_action))
    given = {
        "principal": f"arn:aws:iam::{ACCOUNT}:role/job",
        "account": ACCOUNT,
        "cases": [{"statements": statements, "calls": calls} for statements, calls in cases],
    }
    done = subprocess.run(["node", SCRIPT], input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    for (some, calls), allowed in zip(cases, verdicts, strict=True):
        for call, verdict in zip(calls, allowed, strict=True):
            assert verdict == judge.allows(some, *call), f"iam-simulate {'allows' if verdict else 'denies'} {call}: {some}"
    return sum(map(len, verdicts))
