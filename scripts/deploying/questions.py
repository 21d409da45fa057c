"""The question pack, asked of DuckDB over a folder."""

import json
import subprocess

import duckdb


def ask(program, table):
    """The table's rows, how many questions had rows in their answer, and how many were asked."""
    def printed(*words):
        return json.loads(subprocess.run([program, *words, "--json"], check=True, capture_output=True).stdout)

    connection = duckdb.connect()
    connection.execute(printed("table", "ddl", str(table), "--dialect", "duckdb")["ddl"])
    questions = [question["name"] for question in printed("queries")]
    answers = [
        connection.execute(printed("queries", name, "--dialect", "duckdb", "--examples")["sql"]).fetchall()
        for name in questions
    ]
    rows, = connection.execute("SELECT count(*) FROM cloudtrail").fetchone()
    return rows, sum(bool(answer) for answer in answers), len(questions)
