"""Each request held against botocore's own models, because moto takes bodies of any shape."""

import json
import re
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.validate import ParamValidator

models = botocore.session.get_session()


def scope_of(environ):
    found = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    return found.group(2) if found else None


SERVICES = {"ecs": "ecs", "ssm": "ssm", "logs": "logs", "ecr": "ecr", "lambda": "lambda", "sts": "sts", "ec2": "ec2"}


def read_call(environ, body):
    """Service, action and parameters as botocore names them; None for what is none of ours."""
    service = scope_of(environ)
    if service is None and b"Action=AssumeRoleWithWebIdentity" in body:
        service = "sts"  # The one call that nobody signs: its token speaks for itself.
    if service not in SERVICES:
        return None
    model = models.get_service_model(SERVICES[service])
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return service, target.split(".")[-1], json.loads(body or b"{}"), model
    if service == "lambda":
        return rest_call(service, model, environ, body)
    fields = dict(parse_qsl(body.decode()))
    return service, fields.get("Action", "?"), None, model


def rest_call(service, model, environ, body):
    path, query = environ["PATH_INFO"].rstrip("/"), dict(parse_qsl(environ.get("QUERY_STRING", "")))
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri = operation.http["requestUri"].split("?")[0].rstrip("/")
        pattern = "^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(uri)) + "$"
        found = re.match(pattern, path)
        if not found or operation.http["method"] != environ["REQUEST_METHOD"]:
            continue
        payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
        params = {key: unquote(value) for key, value in found.groupdict().items()}
        params |= query
        if payload:
            params[payload] = body
        else:
            params |= json.loads(body or b"{}")
        if environ.get("HTTP_X_AMZ_INVOCATION_TYPE"):
            params["InvocationType"] = environ["HTTP_X_AMZ_INVOCATION_TYPE"]
        return service, name, params, model
    return service, "?", {}, model


def problems_of(action, params, model):
    if params is None:
        return []
    if action not in model.operation_names:
        return [f"there is no action {action}"]
    shape = model.operation_model(action).input_shape
    if shape is None:
        return []
    report = ParamValidator().validate(params, shape)
    return ([report.generate_report()] if report.has_errors() else []) + list(deep(params, shape, action))


def deep(value, shape, where):
    """What the validator leaves out: enumerations, patterns, upper bounds, names that are in no model."""
    limits = shape.metadata
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, inner in value.items():
            if key in shape.members:
                yield from deep(inner, shape.members[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is in no model"
    elif shape.type_name == "list" and isinstance(value, list):
        if len(value) > limits.get("max", len(value)):
            yield f"{where} has {len(value)} of at most {limits['max']}"
        for index, inner in enumerate(value):
            yield from deep(inner, shape.member, f"{where}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, inner in value.items():
            yield from deep(key, shape.key, f"{where}.{key}")
            yield from deep(inner, shape.value, f"{where}.{key}")
    elif isinstance(value, str):
        allowed = getattr(shape, "enum", None)
        if allowed and value not in allowed:
            yield f"{where} is {value}, not one of {', '.join(allowed)}"
        if len(value) > limits.get("max", len(value)):
            yield f"{where} is {len(value)} characters long, of at most {limits['max']}"
        pattern = limits.get("pattern")
        if pattern and not matches(pattern, value):
            yield f"{where} is {value}, which is not {pattern}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value > limits.get("max", value) or value < limits.get("min", value):
            yield f"{where} is {value}, outside {limits.get('min')} to {limits.get('max')}"


def matches(pattern, value):
    try:
        return re.search(f"^(?:{pattern})$", value) is not None
    except re.error:
        return True  # A dialect that Python does not know: nothing can be said.
