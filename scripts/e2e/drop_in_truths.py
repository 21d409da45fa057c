"""The answer of each query of drop_in, by plain Python over the raw records: a function of the
query's name, given the records and the values that stand in the query."""

import json
import re
from collections import Counter, defaultdict


def at(record, path):
    """The value at a path of members and indices, or None."""
    for step in path.split("."):
        if isinstance(record, list):
            record = record[int(step)] if int(step) < len(record) else None
        else:
            record = record.get(step) if isinstance(record, dict) else None
    return record


def pick(record, *paths):
    return tuple(at(record, path) for path in paths)


def count(records, *paths):
    return [(*key, calls) for key, calls in Counter(pick(r, *paths) for r in records).items()]


def named(records, *names):
    return [r for r in records if r.get("eventName") in names]


def text(value):
    """As a string column or json_extract_scalar has it."""
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


ARN, USER = "userIdentity.arn", "userIdentity.userName"
ISSUER = "userIdentity.sessionContext.sessionIssuer.arn"


def recent_calls(records, _):
    return [pick(r, ARN, "eventName", "sourceIPAddress", "eventTime") for r in records]


def anonymous_reads(records, values):
    return [{"eventid": r["eventID"], "eventtime": r["eventTime"], "requestparameters": r["requestParameters"],
             "account": r["account"], "region": r["region"], "date": r["date"]}
            for r in named(records, "GetObject") if r["eventSource"] == "s3.amazonaws.com"
            and "anonymous" in (at(r, "userIdentity.accountId") or "") and at(r, ARN) is None
            and r["requestParameters"]["bucketName"] == values["bucket"]]


def session_issuers(records, _):
    issued = [r for r in records if at(r, ISSUER) is not None]
    return count(issued, "eventSource", "eventName", ISSUER)


def active_users(records, _):
    return list({pick(r, USER, "eventName", "eventSource") for r in records})


def console_logins(records, values):
    return [pick(r, USER, "sourceIPAddress", "eventTime", "additionalEventData")
            for r in named(records, "ConsoleLogin") if r["date"] == values["second"]]


def failed_console_logins(records, _):
    failed = [r for r in named(records, "ConsoleLogin") if at(r, "responseElements.ConsoleLogin") == "Failure"]
    return count(failed, "awsRegion", "sourceIPAddress", USER)


def logins_without_mfa(records, _):
    return [pick(r, "eventTime", USER, "sourceIPAddress", "userAgent", "additionalEventData.MFAUsed")
            for r in named(records, "ConsoleLogin") if at(r, "responseElements.ConsoleLogin") == "Success"
            and at(r, "additionalEventData.MFAUsed") == "No"]


def root_use(records, _):
    return [pick(r, "eventTime", "eventSource", "eventName", "sourceIPAddress", "userAgent", "awsRegion")
            for r in records if at(r, "userIdentity.type") == "Root" and not at(r, "userIdentity.invokedBy")
            and r["eventType"] != "AwsServiceEvent"]


def group_changes(records, values):
    def strings(value):
        if isinstance(value, (dict, list)):
            inner = value.values() if isinstance(value, dict) else value
            return [string for member in inner for string in strings(member)]
        return [str(value)]

    groups, start = (values["group"], values["other_group"]), f"{values['from']}T00:00:00Z"
    return [pick(r, "eventName", USER, "sourceIPAddress", "eventTime", "requestParameters") for r in records
            if r["eventTime"] > start and any(group in string for string in strings(r.get("requestParameters")) for group in groups)]


def open_ports(records, _):
    opened = []
    for r in named(records, "AuthorizeSecurityGroupIngress"):
        for rule in at(r, "requestParameters.ipPermissions.items") or []:
            ranges = at(rule, "ipRanges.items") or []
            if not r.get("errorCode") and any(range["cidrIp"] == "0.0.0.0/0" for range in ranges):
                opened.append((*pick(r, "eventTime", ARN, "requestParameters.groupId"),
                               text(rule.get("fromPort")), text(rule.get("toPort"))))
    return opened


def dns_changes(records, _):
    first = "requestParameters.changeBatch.changes.0"
    # json_extract gives JSON: the name with its quotes.
    return [(*pick(r, "eventTime", ARN), json.dumps(at(r, f"{first}.resourceRecordSet.name")), at(r, f"{first}.action"))
            for r in named(records, "ChangeResourceRecordSets")]


def key_uses(records, values):
    return [pick(r, "eventTime", "eventSource", "eventName", "sourceIPAddress", "errorCode") for r in records
            if at(r, "userIdentity.accessKeyId") == values["access_key"]]


def denied_calls(records, _):
    denied = [r for r in records if re.search("Denied|Unauthorized", r.get("errorCode") or "")]
    return [(calls, *key) for *key, calls in
            count(denied, ARN, "eventSource", "eventName", "errorCode", "errorMessage")]


def started_instances(records, _):
    return [pick(r, "eventTime", ARN, "responseElements.instancesSet.items.0.instanceId",
                 "requestParameters.instanceType") for r in named(records, "RunInstances") if not r.get("errorCode")]


def new_access_keys(records, _):
    made = "responseElements.accessKey"
    return [pick(r, "eventTime", ARN, USER, "eventName", f"{made}.userName", f"{made}.accessKeyId")
            for r in named(records, "CreateAccessKey") if not r.get("errorCode")]


def bytes_out(records, _):
    calls = defaultdict(list)
    for r in named(records, "GetObject"):
        if r["eventSource"] == "s3.amazonaws.com":
            calls[pick(r, ARN, "sourceIPAddress")].append(r)
    answer = []
    for key, reads in calls.items():
        sizes = [at(r, "additionalEventData.bytesTransferredOut") for r in reads]
        known = [float(size) for size in sizes if size is not None]
        times = [r["eventTime"] for r in reads]
        if len(reads) > 1:
            answer.append((*key, sum(known) if known else None, min(times), max(times)))
    return answer


def resource_arns(records, _):
    return [(*key, times) for key, times in Counter(
        (r["eventName"], resource["ARN"]) for r in records for resource in r.get("resources") or []
        if resource.get("ARN") is not None).items()]


def first_resource(records, _):
    acted = [r for r in records if r.get("eventSource") == "kms.amazonaws.com" and r.get("resources")]
    return count(acted, "eventName", "resources.0.ARN", "resources.0.accountId", "resources.0.type")


def sessions_without_mfa(records, _):
    attributes = "userIdentity.sessionContext.attributes"
    written = [r for r in records if at(r, f"{attributes}.mfaAuthenticated") == "false" and r.get("readOnly") is False]
    return count(written, ARN, f"{attributes}.creationDate")


def federated_sessions(records, values):
    federations = [at(r, "userIdentity.sessionContext.webIdFederationData") for r in records]
    return [(*key, calls) for key, calls in Counter(
        (f["federatedProvider"], f["attributes"].get(values["attribute"])) for f in federations
        if f and f.get("federatedProvider")).items()]


def events_by_hour(records, values):
    hours = defaultdict(lambda: [0, 0])
    for r in records:
        if values["second"] <= r["date"] <= values["third"]:
            hour = hours[r["eventTime"][:13].replace("T", " ")]
            hour[0] += 1
            hour[1] += bool(r.get("errorCode"))
    return [(hour, *counts) for hour, counts in hours.items()]


def public_addresses(records, _):
    public = [r for r in records if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", r.get("sourceIPAddress") or "")
              and not r["sourceIPAddress"].startswith("10.")]
    return count(public, "sourceIPAddress")


def user_summary(records, _):
    principals = defaultdict(lambda: (set(), set()))
    for r in records:
        name = r.get("eventName")
        if name and name != "AssumeRole" and not name.startswith(("Get", "List", "Describe")):
            names, addresses = principals[pick(r, ARN, USER, "userIdentity.principalId")]
            names.add(name)
            addresses.add(r.get("sourceIPAddress"))
    def in_order(values):
        return sorted(values, key=lambda value: (value is None, value))
    return [(arn, user, in_order(names), in_order(addresses))
            for (arn, user, _), (names, addresses) in principals.items()]


def old_tls(records, _):
    old = [r for r in records if at(r, "tlsDetails.tlsVersion") in ("TLSv1", "TLSv1.1", "TLSv1.2")]
    return count(old, "tlsDetails.tlsVersion", "tlsDetails.clientProvidedHostHeader", "recipientAccountId")
