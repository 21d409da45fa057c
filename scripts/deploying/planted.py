"""Faults put into the resources, each of which the rules must see."""

import copy

from rules import faults


def _set(*path):
    *steps, last, value = path

    def planted(resources):
        node = resources
        for step in steps:
            node = node[step]
        node[last] = value

    return planted


def _without(*path):
    *steps, last = path

    def planted(resources):
        node = resources
        for step in steps:
            node = node[step]
        del node[last]

    return planted


JOB = ("NightlyJob", "Properties")
CONTAINER = (*JOB, "ContainerProperties")
TARGET = ("Nightly", "Properties", "Target")
POLICY = ("JobRole", "Properties", "Policies", 1, "PolicyDocument", "Statement")
PLANTED = {
    "2 vCPU with 3,000 MiB": _set(*CONTAINER, "ResourceRequirements", 1, "Value", "3000"),
    "an exit code as a range": _set(*JOB, "RetryStrategy", "EvaluateOnExit", 0, "OnExitCode", "1-9"),
    "50 attempts": _set(*JOB, "RetryStrategy", "Attempts", 50),
    "what is kept aside is tried again": _set(*JOB, "RetryStrategy", "EvaluateOnExit", 1, "Action", "RETRY"),
    "an interruption is final": _set(*JOB, "RetryStrategy", "EvaluateOnExit", 3, "Action", "EXIT"),
    "a time-out of 10 seconds": _set(*JOB, "Timeout", "AttemptDurationSeconds", 10),
    "the processor ARM": _set(*CONTAINER, "RuntimePlatform", "CpuArchitecture", "ARM"),
    "no execution role": _without(*CONTAINER, "ExecutionRoleArn"),
    "20 GiB of disk": _set(*CONTAINER, "EphemeralStorage", "SizeInGiB", 20),
    "minute 99": _set("Nightly", "Properties", "ScheduleExpression", "cron(99 2 * * ? *)"),
    "the queue as the target": _set(*TARGET, "Arn", "arn:aws:batch:eu-central-1:1:job-queue/q"),
    "SubmitJob in camel case": _set(*TARGET, "Input", '{"jobName":"n","jobQueue":"q","jobDefinition":"d"}'),
    "a misspelt principal": _set(
        "ScheduleRole", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service",
        "schedule.amazonaws.com",
    ),
    "SubmitJob on the queue alone": _set(
        "ScheduleRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource", ["q"]
    ),
    "the right to delete": _set(*POLICY, 4, "Action", ["s3:AbortMultipartUpload", "s3:DeleteObject"]),
    "any action": _set(*POLICY, 0, "Action", "s3:*"),
    "no limit in RUNNABLE": _set("JobQueue", "Properties", "JobStateTimeLimitActions", []),
    "a minute in RUNNABLE": _set(
        "JobQueue", "Properties", "JobStateTimeLimitActions", 0, "MaxTimeSeconds", 60
    ),
    "digests without the right to their keys": _set(*CONTAINER, "Command", ["convert", "--digests", "check"]),
    "the right to keys that nothing asks for": _set(*POLICY[:3], 0, *POLICY[4:], 0, "Action", "cloudtrail:ListPublicKeys"),
    "instances": _set("ComputeEnvironment", "Properties", "ComputeResources", "Type", "EC2"),
    "a metric that nobody writes": _set("Rejects", "Properties", "MetricName", "Rejected"),
    "no data is fine": _set("NoSuccess", "Properties", "TreatMissingData", "notBreaching"),
    "exit code 3 told as a failure": _set(
        "JobFailed", "Properties", "EventPattern", "detail", "$or", 0, "container", "exitCode", [{"anything-but": [2]}]
    ),
    "exit code 3 as a text": _set(
        "KeptAside", "Properties", "EventPattern", "detail", "container", "exitCode", ["3"]
    ),
    "the table expires": _set(
        "TableBucket", "Properties", "LifecycleConfiguration", "Rules", 1, "Prefix", "cloud"
    ),
}


def unseen(stack):
    """The planted faults that no rule sees."""
    missed = []
    for what, plant in PLANTED.items():
        broken = copy.copy(stack)
        broken.resources = copy.deepcopy(stack.resources)
        plant(broken.resources)
        try:
            seen = faults(broken)
        except (KeyError, StopIteration):
            seen = ["a member is missing"]
        if not seen:
            missed.append(what)
    return missed
