"""HTTP requests to S3, Glue and CloudTrail as IAM sees them: actions on resources, with condition keys."""

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import unescape

ACCOUNT, REGION = "111122223333", "eu-central-1"
SOURCE_KEY = "arn:aws:kms:eu-central-1:444455556666:key/logs"
TABLE_KEY = "arn:aws:kms:eu-central-1:111122223333:key/lake"


def of_s3(method, target, headers, body, source_bucket):
    """The calls that one request is, as (action, resource, context)."""
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    is_source = bucket == source_bucket
    kms = (SOURCE_KEY if is_source else TABLE_KEY, {"kms:ViaService": f"s3.{REGION}.amazonaws.com"})
    if method == "POST" and "delete" in query:
        return [("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{one}", {}) for one in deleted(body)]
    if not key:
        assert method == "GET" and "list-type" in query, f"an unknown call: {method} {target}"
        return [("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": query.get("prefix", [""])[0]})]
    resource = f"arn:aws:s3:::{bucket}/{key}"
    if method in ("GET", "HEAD"):
        return [("s3:GetObject", resource, {}), ("kms:Decrypt", *kms)]
    if method == "DELETE":
        action = "s3:AbortMultipartUpload" if "uploadId" in query else "s3:DeleteObject"
        return [(action, resource, {})]
    makes_parts = "uploads" in query or "partNumber" in query
    context = {"s3:ObjectCreationOperation": "false" if makes_parts else "true"}
    if "if-none-match" in headers:
        context["s3:if-none-match"] = headers["if-none-match"]
    calls = [("s3:PutObject", resource, context), ("kms:GenerateDataKey", *kms)]
    return calls + [("kms:Decrypt", *kms)] * (makes_parts or "uploadId" in query)


def deleted(body):
    """The keys of a request that deletes several objects."""
    return [unescape(key) for key in re.findall(r"<Key>([^<]*)</Key>", body.decode())]


def of_glue(headers, body):
    action = headers["x-amz-target"].removeprefix("AWSGlue.")
    given = json.loads(body)
    database = given.get("DatabaseName") or given["DatabaseInput"]["Name"]
    table = given.get("Name") or given.get("TableName") or given.get("TableInput", {}).get("Name")
    arn = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
    resources = [arn + "catalog", f"{arn}database/{database}"] + ([f"{arn}table/{database}/{table}"] if table else [])
    return [(f"glue:{action}", resource, {}) for resource in resources]


def of_cloudtrail(headers):
    action = headers["x-amz-target"].rpartition(".")[2]
    return [(f"cloudtrail:{action}", "*", {})]
