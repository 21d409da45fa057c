"""EventBridge's patterns, as far as the template uses them."""


def matches(pattern, event):
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
        elif isinstance(wanted, dict):
            inner = event.get(key, {})
            if not matches(wanted, inner if isinstance(inner, dict) else {}):
                return False
        elif not any(_fits(one, event, key) for one in wanted):
            return False
    return True


def _fits(one, event, key):
    if isinstance(one, dict):
        [(how, values)] = one.items()
        if how == "exists":
            return (key in event) == values
        assert how == "anything-but", how
        return key in event and event[key] not in values
    return key in event and event[key] == one
