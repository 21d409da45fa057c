"""What AWS asks of a template that cfn-lint does not see, by its documented limits."""

import json
import re

from events import matches

# vCPU: the MiB that Fargate has with it.
FARGATE = {
    "0.25": [512, 1024, 2048],
    "0.5": range(1024, 4097, 1024),
    "1": range(2048, 8193, 1024),
    "2": range(4096, 16385, 1024),
    "4": range(8192, 30721, 1024),
    "8": range(16384, 61441, 4096),
    "16": range(32768, 122881, 8192),
    "32": [61440, 122880, 249856],
}
PRINCIPALS = {
    "JobRole": "ecs-tasks.amazonaws.com",
    "MaintenanceRole": "ecs-tasks.amazonaws.com",
    "ExecutionRole": "ecs-tasks.amazonaws.com",
    "ScheduleRole": "scheduler.amazonaws.com",
}
# What becomes of a job by the program's exit codes; 137 is a kill.
RETRIES = {"1": "RETRY", "2": "EXIT", "3": "EXIT", "130": "RETRY", "137": "RETRY", "143": "RETRY"}
# What IAM grants on everything or not at all.
FOR_EVERYTHING = (["ecr:GetAuthorizationToken"], ["cloudtrail:ListPublicKeys"])
SUBMIT_JOB = {"JobName", "JobQueue", "JobDefinition", "ContainerOverrides", "ArrayProperties", "Parameters"}


def faults(stack):
    """Each fault of the resources, as text."""
    found = []
    for rule in (jobs, queues, computing, schedules, digests, roles, alarms, rules, storage):
        found += [f"{rule.__name__}: {fault}" for fault in rule(stack)]
    return found


def jobs(stack):
    for name, job in stack.of_type("AWS::Batch::JobDefinition").items():
        container = job["ContainerProperties"]
        need = {r["Type"]: r["Value"] for r in container["ResourceRequirements"]}
        vcpu, memory = need.get("VCPU"), need.get("MEMORY")
        if not (isinstance(vcpu, str) and isinstance(memory, str)):
            yield f"{name}: vCPU and memory are to be texts"
        elif int(memory) not in FARGATE.get(vcpu, []):
            yield f"{name}: Fargate has no {vcpu} vCPU with {memory} MiB"
        if job.get("PlatformCapabilities") != ["FARGATE"]:
            yield f"{name}: not for Fargate"
        for role in ("ExecutionRoleArn", "JobRoleArn"):
            if ":role/" not in container.get(role, ""):
                yield f"{name}: no {role}"
        if container.get("LogConfiguration", {}).get("LogDriver") != "awslogs":
            yield f"{name}: Fargate logs by awslogs"
        if container.get("RuntimePlatform", {}).get("CpuArchitecture") not in ("X86_64", "ARM64"):
            yield f"{name}: no such processor"
        if not 21 <= container.get("EphemeralStorage", {}).get("SizeInGiB", 21) <= 200:
            yield f"{name}: disk is 21 to 200 GiB"
        if container.keys() & {"Privileged", "Ulimits", "Vcpus", "Memory", "InstanceType"}:
            yield f"{name}: Fargate has none of these members"
        if any(e["Name"].startswith("AWS_BATCH") for e in container.get("Environment", [])):
            yield f"{name}: AWS_BATCH… is reserved"
        if job.get("Timeout", {}).get("AttemptDurationSeconds", 0) < 60:
            yield f"{name}: a time-out is 60 seconds at least"
        yield from (f"{name}: {fault}" for fault in retries(job["RetryStrategy"]))


def retries(strategy):
    conditions = strategy.get("EvaluateOnExit", [])
    if not 1 <= strategy.get("Attempts", 0) <= 10:
        yield "attempts are 1 to 10"
    if len(conditions) > 5:
        yield "at most 5 conditions decide about a retry"
    for condition in conditions:
        if condition.get("Action") not in ("RETRY", "EXIT"):
            yield f"no such action: {condition}"
        if not re.fullmatch(r"\d*\*?", condition.get("OnExitCode", "")):
            yield f"an exit code is digits and at most a * at their end: {condition}"
        for text in ("OnReason", "OnStatusReason"):
            if not re.fullmatch(r"[A-Za-z0-9.: ]*\*?", condition.get(text, "")):
                yield f"{text} is letters, digits, dots, colons, spaces and a * at their end: {condition}"
    for code, wanted in RETRIES.items():
        if outcome(conditions, code) != wanted:
            yield f"exit code {code} is to {wanted}"


def outcome(conditions, code, reason="Essential container in task exited"):
    def fits(glob, text):
        return text.startswith(glob[:-1]) if glob.endswith("*") else text == glob

    for condition in conditions:
        pairs = (("OnExitCode", code), ("OnReason", reason), ("OnStatusReason", reason))
        if all(fits(condition[key], text) for key, text in pairs if key in condition):
            return condition["Action"]
    return "RETRY"


def queues(stack):
    for name, queue in stack.of_type("AWS::Batch::JobQueue").items():
        limits = queue.get("JobStateTimeLimitActions", [])
        if not limits:
            yield f"{name}: a job that cannot start waits for ever"
        for limit in limits:
            if not 600 <= limit["MaxTimeSeconds"] <= 86_400:
                yield f"{name}: a limit is 600 to 86,400 seconds"
            if (limit["State"], limit["Action"]) != ("RUNNABLE", "CANCEL"):
                yield f"{name}: Fargate's jobs are cancelled in RUNNABLE"


def computing(stack):
    for name, environment in stack.of_type("AWS::Batch::ComputeEnvironment").items():
        resources = environment["ComputeResources"]
        if resources["Type"] not in ("FARGATE", "FARGATE_SPOT"):
            yield f"{name}: not Fargate"
        if resources.keys() & {"InstanceTypes", "MinvCpus", "DesiredvCpus", "AllocationStrategy", "InstanceRole"}:
            yield f"{name}: Fargate has none of these members"
        if "ReplaceComputeEnvironment" in environment:
            yield f"{name}: not for Fargate: ReplaceComputeEnvironment"
        if not 1 <= len(resources["Subnets"]) <= 16 or not resources["SecurityGroupIds"]:
            yield f"{name}: 1 to 16 subnets and a security group are needed"


def schedules(stack):
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        target = schedule["Target"]
        if not re.fullmatch(r"arn:aws[a-z-]*:scheduler:::aws-sdk:batch:submitJob", target["Arn"]):
            yield f"{name}: the target is not SubmitJob"
        given = json.loads(target["Input"])
        if not {"JobName", "JobQueue", "JobDefinition"} <= given.keys() <= SUBMIT_JOB:
            yield f"{name}: SubmitJob does not take {sorted(given)}"
        if given.get("JobQueue") != stack.identifier("JobQueue"):
            yield f"{name}: the job goes to no queue of the stack"
        if not re.fullmatch(r"arn:.*:job-definition/NightlyJob:\d+", given.get("JobDefinition", "")):
            yield f"{name}: it is not the nightly job that is run"
        retry = target.get("RetryPolicy", {})
        if not 0 <= retry.get("MaximumRetryAttempts", 0) <= 185:
            yield f"{name}: retries are 0 to 185"
        if not 60 <= retry.get("MaximumEventAgeInSeconds", 60) <= 86_400:
            yield f"{name}: an event's age is 60 to 86,400 seconds"
        if schedule.get("FlexibleTimeWindow", {}).get("Mode") not in ("OFF", "FLEXIBLE"):
            yield f"{name}: a time window is OFF or FLEXIBLE"
        yield from (f"{name}: {fault}" for fault in cron(schedule["ScheduleExpression"]))


def cron(expression):
    found = re.fullmatch(r"cron\((.*)\)", expression)
    fields = found[1].split(" ") if found else []
    if len(fields) != 6:
        yield f"not a cron of six fields: {expression}"
        return
    for field, least, most in zip(fields, (0, 0, 1, 1, 1, 1970), (59, 23, 31, 12, 7, 2199)):
        if any(not least <= int(number) <= most for number in re.findall(r"\d+", field.split("/")[0])):
            yield f"out of range: {field} in {expression}"
    if (fields[2] == "?") == (fields[4] == "?"):
        yield f"either the day of the month or of the week is ?: {expression}"


def digests(stack):
    role = stack.of_type("AWS::IAM::Role")["JobRole"]
    may = any("cloudtrail:ListPublicKeys" in as_list(s["Action"]) for s in statements(role))
    for name, job in stack.of_type("AWS::Batch::JobDefinition").items():
        asks = "--digests" in job["ContainerProperties"]["Command"]
        if job["ContainerProperties"]["Command"][0] == "convert" and asks != may:
            yield f"{name}: it {'checks' if asks else 'does not check'} digests, and may {'' if may else 'not '}list public keys"


def roles(stack):
    for name, role in stack.of_type("AWS::IAM::Role").items():
        trust = role["AssumeRolePolicyDocument"]["Statement"]
        services = [statement["Principal"]["Service"] for statement in trust]
        if services != [PRINCIPALS.get(name)]:
            yield f"{name}: trusts {services}"
        for statement in statements(role):
            actions = as_list(statement["Action"])
            if any("*" in action for action in actions):
                yield f"{name}: allows {actions}"
            if any("Delete" in action for action in actions):
                if name != "MaintenanceRole" or not all("/account=" in r for r in as_list(statement["Resource"])):
                    yield f"{name}: may delete {statement['Resource']}"
            if "*" in as_list(statement["Resource"]) and actions not in FOR_EVERYTHING:
                yield f"{name}: {actions} on everything"
    submit = list(statements(stack.of_type("AWS::IAM::Role")["ScheduleRole"]))
    given = json.loads(next(iter(stack.of_type("AWS::Scheduler::Schedule").values()))["Target"]["Input"])
    allowed = [r for s in submit if s["Action"] == "batch:SubmitJob" for r in as_list(s["Resource"])]
    if sorted(allowed) != sorted([given["JobQueue"], given["JobDefinition"]]):
        yield "ScheduleRole: SubmitJob needs the queue and the job definition, and no more"


def statements(role):
    return (s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"])


def as_list(value):
    return value if isinstance(value, list) else [value]


def alarms(stack):
    wanted = {"Rows", "Bytes", "LagSeconds", "Rejects", "Unread", "Failures"}
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        window = alarm["Period"] * alarm["EvaluationPeriods"]
        if window > (604_800 if alarm["Period"] >= 3600 else 86_400):
            yield f"{name}: an alarm looks at no more than a day, or seven of hours"
        if alarm["Namespace"] != "cloudtrail2parquet" or alarm["MetricName"] not in wanted:
            yield f"{name}: convert --metrics emf has no such metric"
    absence = stack.of_type("AWS::CloudWatch::Alarm")["NoSuccess"]
    if absence["TreatMissingData"] != "breaching" or absence["Period"] * absence["EvaluationPeriods"] != 26 * 3600:
        yield "NoSuccess: 26 hours without a run are to be told"


def rules(stack):
    patterns = {name: rule["EventPattern"] for name, rule in stack.of_type("AWS::Events::Rule").items()}
    queue = stack.identifier("JobQueue")

    def event(status, code=None, index=None, queue=queue):
        container = {} if code is None else {"exitCode": code}
        array = {} if index is None else {"arrayProperties": {"index": index}}
        detail = {"status": status, "jobQueue": queue, "container": container} | array
        return {"source": "aws.batch", "detail-type": "Batch Job State Change", "detail": detail}

    cases = [
        ("exit code 1", event("FAILED", 1), {"JobFailed"}),
        ("killed", event("FAILED", 137), {"JobFailed"}),
        ("never started", event("FAILED"), {"JobFailed"}),
        ("exit code 3", event("FAILED", 3), {"KeptAside"}),
        ("done", event("SUCCEEDED", 0), set()),
        ("running", event("RUNNING"), set()),
        ("a part of an array job", event("FAILED", 1, index=4), set()),
        ("another queue's", event("FAILED", 1, queue="arn:other"), set()),
    ]
    for what, happened, wanted in cases:
        told = {name for name, pattern in patterns.items() if matches(pattern, happened)}
        if told != wanted:
            yield f"{what} is told by {sorted(told)}, not {sorted(wanted)}"


def storage(stack):
    for name, bucket in stack.of_type("AWS::S3::Bucket").items():
        for rule in bucket["LifecycleConfiguration"]["Rules"]:
            removes = rule.keys() & {"ExpirationInDays", "ExpirationDate", "Transitions", "NoncurrentVersionExpiration"}
            table = stack.values["DestinationPrefix"] + "/"
            prefix = rule.get("Prefix", "")
            if removes and (table.startswith(prefix) or prefix.startswith(table)):
                yield f"{name}: the rule {rule['Id']} would take the table's ledger"
