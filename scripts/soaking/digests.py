"""The digests that a round's trails deliver with its logs, and what is wrong with the logs by them."""

from bisect import bisect_left
from datetime import datetime, timedelta

from trail import Signer, Trail
from truth import KEY

TIME = "%Y-%m-%dT%H:%M:%SZ"


class Digests:
    def __init__(self, place, home, chance):
        self._place, self._chance, self._signer = place, chance, Signer()
        self._keys = home / "keys.json"
        self._keys.write_bytes(self._signer.listed)
        # What lies beside each digest in S3, by key.
        self.metadata = {}
        # What `verify --digests` says of logs once all is delivered, by key.
        self.wrong = {}

    def options(self, *mode):
        return ["--digests", *mode, "--digest-keys", str(self._keys)]

    def draw(self, pending, whole):
        """Digests of the objects of `pending`, each with its place among them; `whole` has what was delivered of
        those that were changed since. Some logs are in no digest."""
        trails, times = {}, sorted(time_of(key) for _, key, _ in pending if KEY.search(key))
        for _, key, body in pending:
            match = KEY.search(key)
            if not match or ("copy" in key and self._chance.random() < 0.3):
                self.wrong[key] = "uncovered_log"
                continue
            if key in whole:
                self.wrong[key] = "changed_log"
            trails.setdefault((match[1], match[3]), {})[key] = whole.get(key, body)
        return [digest for lane, logs in trails.items() for digest in self._of_lane(lane, logs, times)]

    def _of_lane(self, lane, logs, times):
        trail = Trail(self._signer, self._place.trail_bucket, *lane, self._place.trail_root)
        step = timedelta(hours=self._chance.choice([3, 8, 24]))
        start, last = min(map(time_of, logs)), max(map(time_of, logs))
        # One more lists nothing, and has the signature of the last, which a folder lacks.
        while start <= last + step:
            end = start + step
            of_time = {key: body for key, body in logs.items() if start <= time_of(key) < end}
            key, body, self.metadata[key] = trail.digest(start.strftime(TIME), end.strftime(TIME), of_time)
            late = self._chance.randrange(len(times)) if self._chance.random() < 0.1 else 0
            yield bisect_left(times, end) + late, key, body
            start = end


def time_of(key):
    return datetime.strptime(key.rsplit("/", 1)[1].split("_")[3], "%Y%m%dT%H%MZ")
