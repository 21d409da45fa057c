"""Whether a policy's statements allow a call: Allow statements alone, as the shipped ones are."""

import re


def allows(statements, action, resource, context):
    return any(_fits(statement, action, resource, context) for statement in statements)


def _fits(statement, action, resource, context):
    assert statement["Effect"] == "Allow", statement
    return (
        action in as_list(statement["Action"])
        and any(like(pattern, resource) for pattern in as_list(statement["Resource"]))
        and all(
            _holds(operator, key, as_list(wanted), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator, key, wanted, context):
    value = context.get(key)
    if operator == "Null":
        return ("true" if value is None else "false") in wanted
    if value is None:
        return False
    if operator == "StringLike":
        return any(like(pattern, value) for pattern in wanted)
    assert operator in ("StringEquals", "Bool"), operator
    return value in wanted


def like(pattern, text):
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def as_list(value):
    return value if isinstance(value, list) else [value]


def without(statements, sid, action):
    """The statements without one action of one of them."""
    left = []
    for statement in statements:
        actions = [a for a in as_list(statement["Action"]) if (statement["Sid"], a) != (sid, action)]
        if actions:
            left.append(statement | {"Action": actions})
    return left
