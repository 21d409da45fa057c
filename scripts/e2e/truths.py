"""Answers worked out in plain Python from the raw records, with no SQL: each is the columns of a
question that it gives, and a function of the records and the question's parameters."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone


def get(record, *path):
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def listed(record, *path):
    """The elements of a list, or what stands in its place."""
    found = get(record, *path)
    return found if isinstance(found, list) else [] if found is None else [found]


def at(record):
    return datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")).astimezone(timezone.utc)


def time(record):
    return at(record).strftime("%Y-%m-%d %H:%M:%S.") + f"{at(record).microsecond // 1000:03}"


def request(record, *path):
    return get(record, "requestParameters", *path)


def identity(record, *path):
    return get(record, "userIdentity", *path)


def issuer(record):
    """The role, user or service behind a call."""
    for path in (("sessionContext", "sessionIssuer", "arn"), ("arn",), ("invokedBy",), ("principalId",)):
        if identity(record, *path) is not None:
            return identity(record, *path)


def named(record, *names):
    return record.get("eventName") in names


def opens_port(record):
    return named(record, "AuthorizeSecurityGroupIngress") and "errorCode" not in record


def counted(records, key):
    return [(*of, count) for of, count in Counter(map(key, records)).items()]


# --- What a question with a parameter is asked about

def _asked(question, parameter, record):
    """What the question could be asked about because of this record, if anything."""
    match question, parameter:
        case "made-with-access-key", _ if named(record, "CreateAccessKey") and not record.get("errorCode"):
            return identity(record, "accessKeyId")
        case "who-created-access-key", _:
            return get(record, "responseElements", "accessKey", "accessKeyId")
        case "who-got-session-key", _:
            return get(record, "responseElements", "credentials", "accessKeyId")
        case ("access-key-activity" | "access-key-timeline"), _ if identity(record, "type") == "IAMUser":
            return identity(record, "accessKeyId")
        case "ip-activity", _ if identity(record, "type") == "AssumedRole" and not identity(record, "invokedBy"):
            return record["sourceIPAddress"]
        case "user-activity", _:
            return identity(record, "sessionContext", "sourceIdentity") or identity(record, "userName")
        case "role-session-activity", _ if identity(record, "type") == "AssumedRole":
            return identity(record, "arn").split(":assumed-role/")[1]
        case "who-created-user", _ if named(record, "CreateUser"):
            return request(record, "userName")
        case "who-created-role", _ if named(record, "CreateRole"):
            return request(record, "roleName")
        case "who-assumed-role", _ if named(record, "AssumeRole"):
            return request(record, "roleArn")
        case "who-created-security-group", _ if named(record, "CreateSecurityGroup"):
            return get(record, "responseElements", "groupId")
        case ("changes-of-security-group" | "who-opened-port"), _ if opens_port(record):
            return request(record, "groupId")
        case "who-created-instance", _ if named(record, "RunInstances") and not record.get("errorCode"):
            return listed(record, "responseElements", "instancesSet", "items")[-1]["instanceId"]
        case "bucket-activity", _:
            return request(record, "bucketName")
        case "who-made-bucket", _ if named(record, "PutBucketPolicy", "DeleteBucket"):
            return request(record, "bucketName")
        case "key-use", _ if named(record, "ScheduleKeyDeletion"):
            return request(record, "keyId")


def asked_about(question, parameter, records):
    """What to ask about so that there are answers: what most records give, and for users also
    what most give that is an address, since sessions are named so."""
    found = Counter(of for record in records if (of := _asked(question, parameter, record)))
    if not found:
        raise LookupError(f"no record gives a {parameter} to ask about")
    most = sorted(found, key=lambda of: (-found[of], of))
    addresses = [of for of in most if "@" in of] if parameter == "user" else []
    return dict.fromkeys([most[0], *addresses[:1]])


# --- The truths

def failed_console_logins(records):
    failed = [r for r in records if named(r, "ConsoleLogin") and get(r, "responseElements", "ConsoleLogin") == "Failure"]
    return counted(failed, lambda r: (r["awsRegion"], r["sourceIPAddress"]))


def logins_after_failures(records):
    logins = [r for r in records if named(r, "ConsoleLogin")]
    outcome = lambda r: get(r, "responseElements", "ConsoleLogin")
    for login in logins:
        before = [r for r in logins if outcome(r) == "Failure" and r["account"] == login["account"]
                  and r["sourceIPAddress"] == login["sourceIPAddress"]
                  and timedelta() < at(login) - at(r) <= timedelta(days=1)]
        if outcome(login) == "Success" and before:
            yield time(login), login["sourceIPAddress"], len(before), time(min(before, key=at))


def console_logins_without_mfa(records):
    for r in records:
        users = identity(r, "type") in ("IAMUser", "Root")
        if named(r, "ConsoleLogin") and users and get(r, "responseElements", "ConsoleLogin") == "Success":
            if get(r, "additionalEventData", "MFAUsed") == "No":
                yield time(r), r["account"], r["sourceIPAddress"]


def root_use(records):
    for r in records:
        if identity(r, "type") == "Root" and "invokedBy" not in r["userIdentity"] and r["eventType"] != "AwsServiceEvent":
            yield time(r), r["account"], r["eventName"], r["sourceIPAddress"]


def failed_assume_role(records):
    failed = [r for r in records if named(r, "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
              and "errorCode" in r]
    return counted(failed, lambda r: (issuer(r), request(r, "roleArn")))


def ports_open_to_world(records):
    for r in records:
        rules = listed(r, "requestParameters", "ipPermissions", "items") if opens_port(r) else []
        ranges = [x.get("cidrIp") for rule in rules for x in listed(rule, "ipRanges", "items")]
        ranges += [x.get("cidrIpv6") for rule in rules for x in listed(rule, "ipv6Ranges", "items")]
        ports = [str(rule["fromPort"]) for rule in rules if "fromPort" in rule]
        # A rule in the form of EC2-Classic's time stands in the request itself.
        if opens_port(r) and request(r, "cidrIp"):
            ranges, ports = [*ranges, request(r, "cidrIp")], [str(request(r, "fromPort"))]
        modified = request(r, "ModifySecurityGroupRulesRequest")
        if modified and "errorCode" not in r:
            changed = [x.get("SecurityGroupRule") for x in listed(modified, "SecurityGroupRule")]
            ranges += [get(rule, key) for rule in changed for key in ("CidrIpv4", "CidrIpv6")]
        if {"0.0.0.0/0", "::/0"} & set(ranges):
            group = get(modified, "GroupId") or request(r, "groupId")
            yield time(r), group, None if modified else ", ".join(ports), identity(r, "arn")


def who_created_instance(records, instance_id):
    for r in records:
        made = [x.get("instanceId") for x in listed(r, "responseElements", "instancesSet", "items")]
        if named(r, "RunInstances") and instance_id in made:
            yield time(r), identity(r, "arn") or identity(r, "invokedBy"), r["sourceIPAddress"], ", ".join(made)


def access_key_activity(records, access_key):
    used = [r for r in records if identity(r, "accessKeyId") == access_key]
    return counted(used, lambda r: (r["eventSource"], r["eventName"], r["awsRegion"], r["sourceIPAddress"]))


def user_activity(records, user):
    for r in records:
        names = [identity(r, "userName"), identity(r, "sessionContext", "sourceIdentity")]
        names += (identity(r, "principalId") or "").split(":")[1:2]
        if user in names:
            yield (r["eventID"],)


def role_session_activity(records, role_session):
    role, session = role_session.split("/")
    for r in records:
        if (identity(r, "arn") or "").startswith("arn:aws:sts:") and identity(r, "arn").split("/")[1:] == [role, session]:
            yield r["eventID"], r["eventName"]


def object_reads(records):
    read = defaultdict(lambda: [0, None])
    for r in records:
        if named(r, "GetObject"):
            by = issuer(r) if identity(r, "arn") or identity(r, "invokedBy") else identity(r, "accountId")
            totals = read[request(r, "bucketName"), by]
            totals[0] += 1
            out = get(r, "additionalEventData", "bytesTransferredOut")
            if out is not None:
                totals[1] = (totals[1] or 0) + float(out)
    return [(*key, *totals) for key, totals in read.items()]


def events_by_region(records):
    lanes = defaultdict(lambda: [0, 0, 0])
    for r in records:
        totals = lanes[r["date"], r["awsRegion"]]
        totals[0] += 1
        totals[1] += r.get("readOnly") is False
        totals[2] += "errorCode" in r
    return [(*key, *totals) for key, totals in lanes.items()]


def users_against_roles(records):
    of = defaultdict(lambda: [0, set(), set()])
    for r in records:
        totals = of[r["account"]]
        totals[0] += 1
        if identity(r, "type") == "IAMUser":
            totals[1].add(identity(r, "arn"))
        if identity(r, "type") == "AssumedRole":
            totals[2].add(identity(r, "sessionContext", "sessionIssuer", "arn"))
    return [(account, n, len(users - {None}), len(roles - {None})) for account, (n, users, roles) in of.items()]


def dns_changes(records):
    for r in records:
        if named(r, "ChangeResourceRecordSets") and "errorCode" not in r:
            changes = request(r, "changeBatch", "changes")
            names = [change["resourceRecordSet"]["name"] for change in changes]
            yield time(r), ", ".join(change["action"] for change in changes), ", ".join(names), names[0]


def cross_account_access(records):
    across = [r for r in records if identity(r, "accountId") not in (None, "anonymous", r["recipientAccountId"])]
    return counted(across, lambda r: (r["recipientAccountId"], identity(r, "accountId"), r["eventSource"], r["eventName"]))


TRUTHS = {
    "failed-console-logins": (["awsregion", "sourceipaddress", "failures"], failed_console_logins),
    "logins-after-failures": (["eventtimestamp", "sourceipaddress", "failures_before", "first_failure"],
                              logins_after_failures),
    "console-logins-without-mfa": (["eventtimestamp", "account", "sourceipaddress"], console_logins_without_mfa),
    "root-use": (["eventtimestamp", "account", "eventname", "sourceipaddress"], root_use),
    "failed-assume-role": (["issuer", "role_arn", "failures"], failed_assume_role),
    "ports-open-to-world": (["eventtimestamp", "group_id", "from_ports", "useridentity_arn"], ports_open_to_world),
    "who-created-instance": (["eventtimestamp", "identity", "sourceipaddress", "instances"], who_created_instance),
    "access-key-activity": (["eventsource", "eventname", "awsregion", "sourceipaddress", "calls"], access_key_activity),
    "user-activity": (["eventid"], user_activity),
    "role-session-activity": (["eventid", "eventname"], role_session_activity),
    "object-reads": (["bucket", "identity", "reads", "bytes_out"], object_reads),
    "events-by-region": (["date", "awsregion", "events", "changes", "errors"], events_by_region),
    "users-against-roles": (["account", "events", "iam_users", "roles"], users_against_roles),
    "dns-changes": (["eventtimestamp", "actions", "names", "first_name"], dns_changes),
    "cross-account-access": (["recipientaccountid", "calling_account", "eventsource", "eventname", "calls"],
                             cross_account_access),
}
