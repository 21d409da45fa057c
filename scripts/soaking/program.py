"""Runs of the program: started, stopped in every way, and what they said."""

import json
import os
import signal
import subprocess

# A run that takes longer hangs.
LONGEST_SECONDS = 300


class Run:
    """One process of some command."""

    def __init__(self, program, place, options, log, command="convert"):
        self.command, self.options = command, options
        self._out, self._log = log.with_suffix(".json"), log.with_suffix(".log")
        places = [place.source, place.destination] if command in ("convert", "verify") else [place.destination]
        command = [program, command, *places, "--json", *options]
        with open(self._out, "wb") as out, open(self._log, "wb") as err:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=os.environ | place.environment)

    @property
    def alive(self):
        return self._process.poll() is None

    def kill(self, sign=signal.SIGKILL):
        """Whether there was still a process."""
        if not self.alive:
            return False
        self._process.send_signal(sign)
        return True

    def wait(self):
        """The exit code; negative by a signal."""
        try:
            return self._process.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"HANGS: a run took more than {LONGEST_SECONDS} s ({self._log})") from None

    @property
    def code(self):
        return self._process.returncode

    def summary(self):
        return json.loads(self._out.read_text() or "{}")

    def said(self):
        return self._log.read_text(errors="replace")

    def __str__(self):
        return f"{self.command} {' '.join(self.options)}: exit {self.code}, {self._log}"
