"""What CloudTrail adds to its logs: digests, signed by a key of their own."""

import base64
import gzip
import hashlib
import json
import pathlib
import subprocess
import tempfile


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


class Trail:
    """The digests of one account and region, each of which names the one before it; `root` is what keys in the
    bucket begin with before `AWSLogs/`."""

    def __init__(self, signer, bucket, account, region, root=""):
        self.signer, self.bucket, self.account, self.region, self.root = signer, bucket, account, region, root
        self._previous = dict.fromkeys(["Bucket", "Object", "HashValue", "HashAlgorithm", "Signature"])

    def digest(self, start, end, logs):
        """The key below the root, the body and the metadata of the next digest, of these logs by key."""
        day, time = end[:10].replace("-", "/"), end.translate(str.maketrans("", "", "-:"))
        key = (f"AWSLogs/{self.account}/CloudTrail-Digest/{self.region}/{day}/"
               f"{self.account}_CloudTrail-Digest_{self.region}_trail_us-east-1_{time}.json.gz")
        full, previous = self.root + key, self._previous
        body = json.dumps({
            "awsAccountId": self.account, "digestStartTime": start, "digestEndTime": end,
            "digestS3Bucket": self.bucket, "digestS3Object": full,
            "digestPublicKeyFingerprint": self.signer.fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None, "oldestEventTime": None,
            "previousDigestS3Bucket": previous["Bucket"], "previousDigestS3Object": previous["Object"],
            "previousDigestHashValue": previous["HashValue"], "previousDigestHashAlgorithm": previous["HashAlgorithm"],
            "previousDigestSignature": previous["Signature"],
            "logFiles": [
                {"s3Bucket": self.bucket, "s3Object": self.root + log, "hashAlgorithm": "SHA-256",
                 "hashValue": hashlib.sha256(gzip.decompress(packed)).hexdigest(),
                 "newestEventTime": end, "oldestEventTime": end}
                for log, packed in logs.items()
            ],
        }).encode()
        hashed, before = hashlib.sha256(body).hexdigest(), previous["Signature"] or "null"
        signature = self.signer.sign(f"{end}\n{self.bucket}/{full}\n{hashed}\n{before}")
        self._previous = {"Bucket": self.bucket, "Object": full, "HashValue": hashed, "HashAlgorithm": "SHA-256",
                          "Signature": signature}
        return key, gzip.compress(body), {"signature": signature, "signature-algorithm": "SHA256withRSA"}
