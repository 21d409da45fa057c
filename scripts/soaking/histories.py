"""The history test with other seeds and more cases each time."""

import os
import re
import subprocess

FIRST_CASES = 200
MOST_CASES = 5000


def cases(turn):
    return min(MOST_CASES, FIRST_CASES << turn)


def play(seed, cases):
    """What the test said when it failed, else nothing. It keeps the failing case itself, in tests/histories.seeds."""
    environment = os.environ | {"PROPTEST_RNG_SEED": str(seed), "PROPTEST_CASES": str(cases)}
    command = ["cargo", "test", "--locked", "--quiet", "--test", "histories"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0 and not re.search(r"1 passed", done.stdout):
        return f"no test was run:\n{done.stdout}"
    return done.stdout if done.returncode else None
