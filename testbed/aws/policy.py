"""IAM's decision about one action on one resource, by documents alone: no AWS, no moto.

What IAM knows and this does not (NotAction, policy variables, other operators) is refused with a ValueError: a document that
is read wrongly would be a right that nobody gave.

    echo '[{"documents": [...], "action": "s3:GetObject", "resource": "arn:...", "context": {}}]' | python3 policy.py
answers `allowed`, `denied` (by a statement that says so) or `silent` for each, or why it cannot tell.
"""

import json
import re
import sys


def decide(documents, action, resource, context):
    """A statement that denies goes before any that allows; without one that allows, nothing is."""
    effects = {effect_of(statement, action, resource, context) for document in documents for statement in listed(document["Statement"])}
    if "Deny" in effects:
        return "denied"
    return "allowed" if "Allow" in effects else "silent"


KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}


def effect_of(statement, action, resource, context):
    unknown = set(statement) - KNOWN
    if unknown:
        raise ValueError(f"the statement {statement.get('Sid')} has {', '.join(sorted(unknown))}, which is not read here")
    named = any(matches(pattern, action, ignore_case=True) for pattern in listed(statement["Action"]))
    if not named or not any(arn_matches(pattern, resource) for pattern in listed(statement["Resource"])):
        return None
    return statement["Effect"] if holds(statement.get("Condition", {}), context) else None


def holds(condition, context):
    """All operators and all their keys must hold; of a key's values one is enough."""
    return all(
        compare(operator, context.get(key.lower()), listed(wanted)) for operator, keys in condition.items() for key, wanted in keys.items()
    )


def equals(wanted, given):
    return wanted == given


def like(wanted, given):
    return matches(wanted, given)


def arn_like(wanted, given):
    return arn_matches(wanted, given)


# IAM treats ArnEquals and ArnLike alike.
COMPARISONS = {"StringEquals": equals, "StringLike": like, "ArnEquals": arn_like, "ArnLike": arn_like}


def compare(operator, given, wanted):
    kind, _, name = operator.rpartition(":")
    if name not in COMPARISONS or kind not in ("", "ForAnyValue", "ForAllValues"):
        raise ValueError(f"the condition operator {operator} is not read here")
    one = COMPARISONS[name]
    for value in wanted:
        refuse_variables(value)
    if kind == "" and isinstance(given, list):
        raise ValueError(f"{operator} is asked of a key that has several values: it needs ForAnyValue or ForAllValues")
    hits = [any(one(value, each) for value in wanted) for each in ([] if given is None else listed(given))]
    if kind == "ForAllValues":
        return all(hits)
    # A key that the request does not have matches nothing.
    return any(hits)


def arn_matches(pattern, arn):
    """Part by part: a wildcard of the account does not reach into the resource."""
    refuse_variables(pattern)
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(matches(one, other) for one, other in zip(wanted, given))


def matches(pattern, text, ignore_case=False):
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(escaped, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def refuse_variables(text):
    if "${" in text:
        raise ValueError(f"{text}: variables of policies are not read here")


def listed(value):
    return value if isinstance(value, list) else [value]


def told(case):
    try:
        context = {key.lower(): value for key, value in case.get("context", {}).items()}
        return decide(case["documents"], case["action"], case["resource"], context)
    except ValueError as error:
        return str(error)


if __name__ == "__main__":
    print(json.dumps([told(case) for case in json.load(sys.stdin)]))
