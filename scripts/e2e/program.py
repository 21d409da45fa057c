"""The program under test."""

import json
import subprocess


def program(path, *arguments, text=False):
    """Runs the program; its result as a document, or with `text` as it is printed."""
    form = [] if text else ["--json"]
    done = subprocess.run([path, "--quiet", *arguments, *form], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout if text else json.loads(done.stdout)
