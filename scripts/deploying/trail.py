"""What CloudTrail adds to its logs: digests, signed by a key of their own."""

import base64
import gzip
import hashlib
import json
import pathlib
import subprocess
import tempfile

END = "2024-05-04T00:00:00Z"


class Signer:
    """A key as CloudTrail has one; `listed` is what ListPublicKeys answers of it."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._key = str(pathlib.Path(self._folder.name) / "key")
        subprocess.run(["openssl", "genrsa", "-out", self._key, "2048"], check=True, capture_output=True)
        public = self._openssl(["rsa", "-in", self._key, "-RSAPublicKey_out", "-outform", "DER"])
        self.fingerprint = hashlib.md5(public).hexdigest()
        key = {"Value": base64.b64encode(public).decode(), "Fingerprint": self.fingerprint}
        self.listed = json.dumps({"PublicKeyList": [key]}).encode()

    def sign(self, text):
        return self._openssl(["dgst", "-sha256", "-sign", self._key], text.encode()).hex()

    @staticmethod
    def _openssl(words, given=None):
        return subprocess.run(["openssl", *words], input=given, check=True, capture_output=True).stdout


def digest(signer, bucket, logs):
    """The key, body and metadata of a trail's first digest, of these logs of one account and region by key."""
    _, account, _, region, *_ = next(iter(logs)).split("/")
    day, time = END[:10].replace("-", "/"), END.translate(str.maketrans("", "", "-:"))
    key = (f"AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/"
           f"{account}_CloudTrail-Digest_{region}_trail_us-east-1_{time}.json.gz")
    body = json.dumps({
        "awsAccountId": account, "digestStartTime": "2024-05-01T00:00:00Z", "digestEndTime": END,
        "digestS3Bucket": bucket, "digestS3Object": key, "digestPublicKeyFingerprint": signer.fingerprint,
        "digestSignatureAlgorithm": "SHA256withRSA", "newestEventTime": None, "oldestEventTime": None,
        "previousDigestS3Bucket": None, "previousDigestS3Object": None, "previousDigestHashValue": None,
        "previousDigestHashAlgorithm": None, "previousDigestSignature": None,
        "logFiles": [
            {"s3Bucket": bucket, "s3Object": log, "hashAlgorithm": "SHA-256",
             "hashValue": hashlib.sha256(gzip.decompress(packed)).hexdigest(),
             "newestEventTime": END, "oldestEventTime": END}
            for log, packed in logs.items()
        ],
    }).encode()
    signature = signer.sign(f"{END}\n{bucket}/{key}\n{hashlib.sha256(body).hexdigest()}\nnull")
    return key, gzip.compress(body), {"signature": signature, "signature-algorithm": "SHA256withRSA"}
