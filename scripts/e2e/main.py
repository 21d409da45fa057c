"""Makes sample logs, converts them into S3 with a Glue table, and runs every check on it."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aws

# Each is a script here, called with the options of `common` below and its own.
CHECKS = ["columns", "questions", "projection", "drop_in", "old_dashboards", "savings", "report"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--only", nargs="*", default=CHECKS, help="some of the checks")
    arguments = parser.parse_args()
    # The server's data outlives a run, so each has names of its own.
    name = f"e2e-{int(time.time())}-{os.getpid()}"
    failed = []
    with tempfile.TemporaryDirectory() as raw, aws.scratch_bucket(name):
        aws.program(arguments.program, "sample", raw, "--size", arguments.size, "--seed", "7")
        table = f"{name.replace('-', '_')}.cloudtrail"
        done = aws.program(arguments.program, "convert", raw, f"s3://{name}/cloudtrail", "--table", table)
        print(f"{done['objects']} raw objects, {done['rows']} rows in {done['files']} files,"
              f" table {done['table']['outcome']}", flush=True)
        common = {"--program": arguments.program, "--raw": raw, "--table": table,
                  "--trino": os.environ["TRINO_URL"]}
        for check in arguments.only:
            print(f"{check}:", flush=True)
            start = time.time()
            script = Path(__file__).with_name(f"{check}.py")
            if subprocess.run([sys.executable, script, *(word for pair in common.items() for word in pair)]).returncode:
                failed.append(check)
            print(f"{check}: {'FAILED' if check in failed else 'shown'} in {time.time() - start:.0f} s", flush=True)
    if failed:
        sys.exit(f"end_to_end: FAILED: {', '.join(failed)}")
    print("end_to_end: all shown on Trino")


if __name__ == "__main__":
    main()
