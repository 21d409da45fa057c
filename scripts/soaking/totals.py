"""What a soak has done so far."""

from collections import Counter


class Totals:
    def __init__(self):
        self.histories = 0
        self.rounds, self.kills, self.runs, self.records, self.sleepers, self.proofs = (Counter() for _ in range(6))
        self.phases, self.exits = Counter(), Counter()
        self.faults = Counter()
        self.wrong = Counter()

    def note_kill(self, kind, watch=None):
        self.kills[kind] += 1
        if watch:
            phases = list(watch.phases()) or ["no claim open"]
            self.phases.update((kind, phase) for phase in phases)

    def lines(self):
        for kind in sorted(self.runs):
            yield (f"{kind}: {self.kills[kind]} kills in {self.runs[kind]} runs on {self.rounds[kind]} tables,"
                   f" {self.sleepers[kind]} sleepers, {self.proofs[kind]} proofs by verify, {self.records[kind]} records")
            yield f"  exits: {of_kind(self.exits, kind)}"
            yield f"  claims that kills left: {of_kind(self.phases, kind)}"
        if self.faults:
            yield f"  S3 faults: {', '.join(f'{count} {fault}' for fault, count in self.faults.most_common())}"
        other = {kind: count for kind, count in self.wrong.items() if kind not in ("lost", "doubled", "unreported")}
        yield (f"soak: {self.histories} histories, {self.kills.total()} kills, {self.runs.total()} runs,"
               f" {self.records.total()} records: {self.wrong['lost']} lost, {self.wrong['doubled']} doubled,"
               f" {self.wrong['unreported']} unreported" + "".join(f", {n} {kind}" for kind, n in other.items()))


def of_kind(counter, kind):
    return ", ".join(f"{count} × {what}" for (of, what), count in sorted(counter.items(), key=str) if of == kind)
