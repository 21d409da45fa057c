"""A round's raw objects: drawn from its seed, and delivered bit by bit."""

import gzip
import json
import subprocess

from digests import Digests


class Deliveries:
    def __init__(self, program, place, home, chance, truth):
        self._place, self._chance, self._truth = place, chance, truth
        self.digests = Digests(place, home, chance)
        # What is still to come: its place in the order, key and body.
        self.pending = []
        # What was cut, whole, by key.
        self._whole = {}
        self._make_sample(program, home / "sample")
        self._add_trouble()
        self.pending += self.digests.draw(self.pending, self._whole)
        self.pending.sort(key=lambda object: object[0])

    def deliver(self, count):
        for _, key, body in self.pending[:count]:
            self._truth.add(key, body)
            self._place.deliver(key, body, self.digests.metadata.get(key, {}))
        del self.pending[:count]

    def _make_sample(self, program, sample):
        """Raw objects in about the order in which they were delivered."""
        draw = self._chance.choice
        options = ["--size", draw(["1MB", "2MB", "4MB", "8MB"]), "--seed", str(self._chance.randrange(10**6)),
                   "--accounts", draw("123"), "--regions", draw("123"), "--days", draw("234")]
        subprocess.run([program, "sample", sample, "--quiet", *options], check=True, stdout=subprocess.DEVNULL)
        # Digests of this round's own stand for the sample's, which nobody signed.
        paths = [path for path in sample.rglob("*.json.gz") if "Digest" not in path.name]
        paths.sort(key=lambda path: path.name.split("_")[3] + path.name)
        for number, path in enumerate(paths):
            key, body = path.relative_to(sample).as_posix(), path.read_bytes()
            # Some come late, some twice, and some under a key that names no lane.
            late = self._chance.randrange(len(paths)) if self._chance.random() < 0.15 else 0
            at = min(len(paths), number + late)
            if self._chance.random() < 0.04:
                self.pending.append((at, f"dump-{number}.json.gz", body))
                continue
            self.pending.append((at, key, body))
            if self._chance.random() < 0.04:
                self.pending.append((at + 5, beside(key, "copy"), body))

    def _add_trouble(self):
        """Perhaps an object that is cut, and some with a record that can be no row."""
        usual = [object for object in self.pending if "/CloudTrail/" in object[1]]
        if self._chance.random() < 0.25:
            at, key, body = self._chance.choice(usual)
            self._whole[beside(key, "cut")] = body
            self.pending.append((at, beside(key, "cut"), body[: len(body) // 2]))
        if self._chance.random() < 0.4:
            for at, key, body in self._chance.sample(usual, min(5, len(usual))):
                first, *_ = json.loads(gzip.decompress(body))["Records"]
                timeless = {name: value for name, value in first.items() if name != "eventTime"}
                body = gzip.compress(json.dumps({"Records": [timeless | {"at": at}, first]}).encode())
                self.pending.append((at, beside(key, "odd"), body))


def beside(key, word):
    """The key of another object of the same lane and day."""
    return key.replace(".json.gz", f"{word}.json.gz")
