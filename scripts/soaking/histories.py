"""The history test, with a seed and a number of cases."""

import os
import re
import subprocess


def play(seed, cases):
    """What the test said when it failed, else nothing. It keeps the failing case itself, in tests/histories.seeds."""
    environment = os.environ | {"PROPTEST_RNG_SEED": str(seed), "PROPTEST_CASES": str(cases)}
    command = ["cargo", "test", "--locked", "--quiet", "--test", "histories"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0 and not re.search(r"1 passed", done.stdout):
        return f"no test was run:\n{done.stdout}"
    return done.stdout if done.returncode else None


def kind(said):
    """What went wrong, in the oracle's word."""
    words = [word for word in ("lost", "doubled", "unreported") if word.upper() in said]
    return words[0] if words else "failing histories"
