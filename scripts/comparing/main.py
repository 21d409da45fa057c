"""Runs converters in turn on the same logs, checks that their rows agree, prints a table:
LOGS WORK PROGRAM ROUNDS THREADS TOOL…"""

import glob
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

import duckdb
from columns import COMPARED

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = {
    "DuckDB": ["duckdb"],
    "chDB": ["chdb"],
    "Polars": ["polars", "orjson", "isal"],
    "pyarrow": ["pyarrow", "orjson", "isal"],
}


def command(tool, program, logs, dest, threads):
    if tool == "cloudtrail2parquet":
        return [program, "convert", logs, dest, "--threads", threads, "--quiet"]
    return [sys.executable, f"{HERE}/with_{tool.lower()}.py", logs, dest, threads]


def measure(command):
    """Wall and CPU seconds of a command and all that it started, and the most memory of one process."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {said[-2000:]}")
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
    }


def files(dest):
    return [path for path in glob.glob(f"{dest}/**/*.parquet", recursive=True) if "/_" not in path]


def content(dest):
    """The number of different events, and one number for what they are, whatever their order."""
    columns = ", ".join(COMPARED)
    lane = "regexp_extract(filename, 'account=([0-9]+)', 1), regexp_extract(filename, 'region=([^/,]+)', 1)"
    return duckdb.connect().execute(
        f"""SELECT count(*), bit_xor(hash(event)) FROM (
            SELECT DISTINCT ({lane}, {columns})::VARCHAR AS event
            FROM read_parquet({files(dest)!r}, filename = true, hive_partitioning = false, union_by_name = true))"""
    ).fetchone()


def facts(logs):
    raw = delivered = 0
    for path in glob.glob(f"{logs}/**/*.json.gz", recursive=True):
        if "CloudTrail-Digest" not in path:
            delivered += os.path.getsize(path)
            with gzip.open(path) as file:
                raw += len(file.read())
    return raw, delivered


def main():
    logs, work, program, rounds, threads, *tools = sys.argv[1:]
    raw, delivered = facts(logs)
    dest = f"{work}/out"
    runs = {tool: [] for tool in tools}
    sizes, contents, failed = {}, {}, {}
    for _ in range(int(rounds)):
        for tool in [tool for tool in tools if tool not in failed]:
            shutil.rmtree(dest, ignore_errors=True)
            try:
                runs[tool].append(measure(command(tool, program, logs, dest, threads)))
            except RuntimeError as error:
                failed[tool] = str(error)
                continue
            if tool not in contents:
                contents[tool] = content(dest)
                sizes[tool] = sum(os.path.getsize(path) for path in files(dest))
    shutil.rmtree(dest, ignore_errors=True)
    ours, *_ = tools
    print(f"{raw / 1e6:.1f} MB of JSON, {delivered / 1e6:.1f} MB of gzip; medians of {rounds} alternating runs, {threads} threads")
    print("\n| tool | wall s | CPU s | MB raw per CPU-s | CPU / ours | peak MiB of a process | output MB | rows agree |")
    print("|---|---|---|---|---|---|---|---|")
    median = lambda tool, of: statistics.median(run[of] for run in runs[tool])  # noqa: E731
    agreed = True
    for tool in tools:
        if tool in failed:
            print(f"| {tool} | failed | | | | | | |")
            continue
        cpu = median(tool, "cpu")
        agrees = contents[tool] == contents[ours]
        agreed &= agrees
        versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES.get(tool, []))
        name = f"{tool} ({versions})" if versions else f"{tool} {program_version(program)}"
        print(
            f"| {name} | {median(tool, 'wall'):.2f} | {cpu:.2f} | {raw / 1e6 / cpu:.0f} | "
            f"{cpu / median(ours, 'cpu'):.2f} | {median(tool, 'peak'):.0f} | {sizes[tool] / 1e6:.1f} | "
            f"{'yes' if agrees else 'NO: ' + json.dumps(contents[tool], default=str)} |"
        )
    print(f"\n{contents[ours][0]:,} different events")
    for tool, error in failed.items():
        print(f"compare: {tool} failed: {error}", file=sys.stderr)
    return 0 if agreed and not failed else 1


def program_version(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[-1]


if __name__ == "__main__":
    sys.exit(main())
