"""A CloudFormation template, and what it becomes with given parameters."""

import re

import yaml

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Region": "eu-central-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "trail",
}
NO_VALUE = object()


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _short_form)


def load(path):
    return yaml.load(path.read_text(), Loader)


class Resolved:
    """The resources of a template with given parameters, each function replaced by its value."""

    def __init__(self, template, given):
        self.template = template
        self.values = {name: p.get("Default") for name, p in template["Parameters"].items()} | given
        missing = [name for name, value in self.values.items() if value is None]
        assert not missing and given.keys() <= template["Parameters"].keys(), missing or given
        resources = template["Resources"]
        self.kept = {name for name, r in resources.items() if "Condition" not in r or self.holds(r["Condition"])}
        self.resources = {name: self.value(resources[name]) for name in resources if name in self.kept}
        self.outputs = {
            name: self.value(output["Value"])
            for name, output in template["Outputs"].items()
            if "Condition" not in output or self.holds(output["Condition"])
        }

    def of_type(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def holds(self, name):
        return self._holds(self.template["Conditions"][name])

    def _holds(self, condition):
        [(function, argument)] = condition.items()
        if function == "Fn::Not":
            return not self._holds(argument[0])
        assert function == "Fn::Equals", function
        return self.value(argument[0]) == self.value(argument[1])

    def value(self, node):
        if isinstance(node, list):
            return [v for v in map(self.value, node) if v is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function == "Ref":
                return self.ref(argument)
            if function.startswith("Fn::"):
                return self.function(function, argument)
        values = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.values:
            return self.values[name]
        assert name in self.kept, f"Ref of {name}, which is not created"
        return self.identifier(name)

    def identifier(self, name):
        """What Ref gives of a resource: an ARN, with a revision for a job definition, or a name."""
        kind = self.template["Resources"][name]["Type"]
        arn = f"arn:aws:{{}}:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:{{}}"
        return {
            "AWS::Batch::JobQueue": arn.format("batch", f"job-queue/{name}"),
            "AWS::Batch::JobDefinition": arn.format("batch", f"job-definition/{name}:1"),
            "AWS::Batch::ComputeEnvironment": arn.format("batch", f"compute-environment/{name}"),
            "AWS::SNS::Topic": arn.format("sns", name),
            "AWS::S3::Bucket": "made-by-the-stack",
            "AWS::EC2::SecurityGroup": "sg-0123456789",
            "AWS::Logs::LogGroup": f"/cloudtrail2parquet/{PSEUDO['AWS::StackName']}",
        }.get(kind, name)

    def function(self, function, argument):
        if function == "Fn::If":
            return self.value(argument[1 if self.holds(argument[0]) else 2])
        if function == "Fn::GetAtt":
            assert argument[0] in self.kept, f"GetAtt of {argument[0]}, which is not created"
            return f"arn:aws:iam::{PSEUDO['AWS::AccountId']}:role/{argument[0]}"
        if function == "Fn::FindInMap":
            first, second, third = (self.value(part) for part in argument)
            return self.template["Mappings"][first][second][third]
        assert function == "Fn::Sub", function
        text, own = (argument, {}) if isinstance(argument, str) else argument
        own = {name: self.value(value) for name, value in own.items()}

        def filled(match):
            name = match[1]
            if name in own:
                return str(own[name])
            return str(self.function("Fn::GetAtt", name.split(".", 1)) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", filled, text)
