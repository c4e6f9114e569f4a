"""AWS on one machine: moto, in which RunTask and Invoke start the real worker as a child process.

    python3 aws.py --port 5000 --worker '{"command": ["node", "viberator.mjs"], "env": {"PATH": "..."}, "folder": "/somewhere"}'

What moto leaves out and our code relies on is added here: `clientToken` of RunTask, capacity providers, the states before
RUNNING, exit codes and reasons, asynchronous invocations, log lines of Lambda's platform, and the credentials of a task's
or a function's role. Every request is checked against botocore's own models, because moto takes bodies of any shape.

Tests talk to it under /viberglass:
    GET    /calls            what was asked since the last DELETE: [{service, action, params, problems}]
    DELETE /calls
    POST   /faults           [{action, status, body, headers?, times?, after?}]: the next calls of an action are answered so;
                             with "after" AWS carries the call out first, and only its answer is lost
    POST   /tasks            {"mode": "run" | "hold" | "oom" | "no-image" | "no-network" | "time-out" | "twice"}: what becomes of tasks started from now on
    GET    /processes        exit codes of workers by name, null while they run
    POST   /release          tasks that are held go on
    POST   /spot             the running tasks get what an interrupted Fargate Spot task gets
    GET    /credentials/<id> and /v4/<id>/task: what ECS offers to a container
"""

import argparse
import io
import json
import os
import re
import signal
import subprocess
import threading
import time
import uuid
from datetime import datetime, timezone
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.validate import ParamValidator
from moto.awslambda.models import LambdaFunction
from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMRequestBase
from moto.logs.models import logs_backends
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sts.models import sts_backends
from werkzeug.serving import run_simple

ACCOUNT = "123456789012"
# Stopped a second time before this is over, a process is killed, as ECS does after stopTimeout.
STOP_SECONDS = 30

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, required=True)
options.add_argument("--worker", default="null")
arguments = options.parse_args()
worker = json.loads(arguments.worker)
origin = f"http://127.0.0.1:{arguments.port}"

calls = []
faults = []
mode = {"mode": "run"}
release = threading.Event()
sessions = {}
processes = {}
tokens = {}
lock = threading.Lock()
# What the request of this thread is called: moto gives every answer a name of its own.
here = threading.local()
models = botocore.session.get_session()


# ---- workers


def role_session(role_arn, name):
    """Credentials as the machine of a task or a function finds them."""
    role = sts_backends[ACCOUNT]["aws"].assume_role(
        region_name="us-east-1",
        role_session_name=name,
        role_arn=role_arn,
        policy=None,
        duration=3600,
        external_id=None,
    )
    return {
        "RoleArn": role_arn,
        "AccessKeyId": role.access_key_id,
        "SecretAccessKey": role.secret_access_key,
        "Token": role.session_token,
        "Expiration": "2099-01-01T00:00:00Z",
    }


def start_process(name, environment):
    folder = os.path.join(worker["folder"], name)
    os.makedirs(folder, exist_ok=True)
    env = {
        "HOME": folder,
        "VIBERATOR_WORK_DIR": os.path.join(folder, "work"),
        "AWS_ENDPOINT_URL": origin,
        "AWS_EC2_METADATA_DISABLED": "true",
        **worker["env"],
        **environment,
    }
    with open(os.path.join(folder, "worker.log"), "ab") as log:
        process = subprocess.Popen(worker["command"], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    processes[name] = process
    return process


def environment_of(task, definition):
    container = next((c for c in definition.container_definitions if c["name"] == "worker"), definition.container_definitions[0])
    pairs = list(container.get("environment") or [])
    for override in (task.overrides or {}).get("containerOverrides", []):
        if override["name"] == container["name"]:
            pairs += override.get("environment") or []
    return {pair["name"]: pair["value"] for pair in pairs}


def stopped(task, code, stop_code, reason, container_reason=None):
    task.stop_code = getattr(task, "stop_code", None) or stop_code
    task.stopped_reason = task.stopped_reason or reason
    task.desired_status = "STOPPED"
    for container in task.containers:
        container.last_status = "STOPPED"
        container.exitCode = container.exit_code = code
        if container_reason:
            container.reason = container_reason
    task.last_status = "STOPPED"


def live(task, definition, how):
    """The life of one task, in a thread of its own."""
    task.last_status = "PENDING"
    if how == "hold":
        release.wait(120)
    if task.desired_status == "STOPPED":
        return stopped(task, None, "UserInitiated", "")
    image = definition.container_definitions[0]["image"]
    if how == "no-image":
        why = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        return stopped(task, None, "TaskFailedToStart", why)
    if how == "no-network":
        why = "ResourceInitializationError: unable to pull secrets or registry auth: there is a connection issue between the task and ECR"
        return stopped(task, None, "TaskFailedToStart", why)
    if how == "oom":
        why = "OutOfMemoryError: Container killed due to memory usage"
        return stopped(task, 137, "EssentialContainerExited", "Essential container in task exited", why)
    environment = {
        **environment_of(task, definition),
        "AWS_REGION": task.region_name,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{origin}/viberglass/credentials/{task.id}",
        "ECS_CONTAINER_METADATA_URI_V4": f"{origin}/viberglass/v4/{task.id}",
    }
    process = start_process(task.id, environment)
    task.last_status = "RUNNING"
    for container in task.containers:
        container.last_status = "RUNNING"
    code = process.wait()
    stopped(task, code if code >= 0 else 128 - code, "EssentialContainerExited", "Essential container in task exited")


def end(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        threading.Timer(STOP_SECONDS, lambda: process.poll() is None and os.killpg(process.pid, signal.SIGKILL)).start()
    except ProcessLookupError:
        pass  # It ended in this very moment, which is what was wanted.


def run_task(self, **fields):
    with lock:
        task = Task(
            cluster=fields["cluster"],
            task_definition=fields["definition"],
            container_instance_arn=None,
            resource_requirements={},
            backend=self,
            group=f"family:{fields['definition'].family}",
            overrides=fields["overrides"],
            started_by=fields["started_by"],
            tags=fields["tags"],
            launch_type="FARGATE",
            networking_configuration=fields["network"],
        )
        # As on AWS: the session of a task's role is named after the task, 32 hexadecimal digits.
        task.id = uuid.uuid4().hex
        task.last_status = "PROVISIONING"
        self.tasks.setdefault(fields["cluster"].name, {})[task.task_arn] = task
    role = fields["definition"].task_role_arn
    sessions[task.id] = {"credentials": role_session(role, task.id) if role else None, "arn": task.task_arn}
    threading.Thread(target=live, args=(task, fields["definition"], mode["mode"]), daemon=True).start()
    return task


def respond_to_run_task(self):
    backend, param = self.ecs_backend, self._get_param
    key, body = param("clientToken"), json.dumps(json.loads(self.body), sort_keys=True)
    if key in tokens:
        task, former = tokens[key]
        if former != body:
            raise ValueError(f"ConflictException: another request with the token {key}")
        return ActionResult({"tasks": [task], "failures": []})
    task = run_task(
        backend,
        cluster=backend._get_cluster(param("cluster", "default")),
        definition=backend.describe_task_definition(param("taskDefinition")),
        overrides=param("overrides") or {},
        started_by=param("startedBy") or "",
        tags=param("tags") or [],
        network=param("networkConfiguration"),
    )
    if key:
        tokens[key] = (task, body)
    return ActionResult({"tasks": [task], "failures": []})


def stop_task(self, cluster_str, task_str, reason):
    task = next(t for t in self.tasks[self._get_cluster(cluster_str).name].values() if t.id == task_str.split("/")[-1])
    if task.last_status == "STOPPED":
        return task
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", "UserInitiated", reason
    process = processes.get(task.id)
    if process:
        end(process)
    release.set()
    release.clear()
    return task


EC2ContainerServiceResponse.run_task = respond_to_run_task
EC2ContainerServiceBackend.stop_task = stop_task
state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})


# ---- functions


def invoke(self, body, request_headers, response_headers):
    """Takes the event; the function runs beside, as the asynchronous invocations do that we use."""
    request_id = here.request_id = str(uuid.uuid4())
    # At least once: AWS may deliver an event twice, under the same id.
    for turn in range(2 if mode["mode"] == "twice" else 1):
        arguments = (self, request_id, json.loads(body), mode["mode"], f"{request_id}-{turn}")
        threading.Thread(target=run_function, args=arguments, daemon=True).start()
    return ""


def platform_line(function, kind, record):
    group = (function.logging_config or {}).get("LogGroup") if hasattr(function, "logging_config") else None
    group = group or worker["functionLogGroup"]
    backend = logs_backends[ACCOUNT][function.region]
    backend.ensure_log_group(group)
    stream = f"{datetime.now(timezone.utc):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
    backend.create_log_stream(group, stream)
    message = json.dumps({"time": datetime.now(timezone.utc).isoformat(), "type": kind, "record": record})
    backend.put_log_events(group, stream, [{"timestamp": int(time.time() * 1000), "message": message}])


def run_function(function, request_id, event, how, name):
    platform_line(function, "platform.start", {"requestId": request_id, "version": str(function.version)})
    report = {"requestId": request_id, "status": "success", "metrics": {"durationMs": 1}}
    if how == "oom":
        report |= {"status": "error", "errorType": "Runtime.OutOfMemory"}
    elif how == "time-out":
        report |= {"status": "timeout"}
    else:
        session = role_session(function.role, function.function_name)
        process = start_process(
            name,
            {
                "VIBERATOR_JOB_ID": event["jobId"],
                "VIBERATOR_ATTEMPT": str(event["attempt"]),
                "CONTROL_PLANE_URL": event["controlPlaneUrl"],
                "VIBERATOR_LAUNCH_TOKEN": event["launchToken"],
                "VIBERATOR_COMPUTE_KIND": "lambda",
                "VIBERATOR_COMPUTE_ID": request_id,
                "AWS_REGION": function.region,
                "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["Token"],
            },
        )
        if process.wait() != 0:
            report |= {"status": "error", "errorType": "Runtime.ExitError"}
    platform_line(function, "platform.report", report)


LambdaFunction.invoke = invoke

# moto signs the headers of a request without a body in place of that body: with nothing it comes to what AWS does.
create_request = IAMRequestBase._create_aws_request


def create_aws_request(self):
    if self._method == "GET":
        self._data = {}
    return create_request(self)


IAMRequestBase._create_aws_request = create_aws_request


# ---- every request, before moto


def scope_of(environ):
    found = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    return found.group(2) if found else None


SERVICES = {"ecs": "ecs", "ssm": "ssm", "logs": "logs", "ecr": "ecr", "lambda": "lambda", "sts": "sts", "ec2": "ec2"}


def read_call(environ, body):
    """Service, action and parameters as botocore names them; None for what is none of ours."""
    service = scope_of(environ)
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


def fault_for(action):
    with lock:
        for fault in faults:
            if fault["action"] == action and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                return fault
    return None


def named(start_response):
    here.request_id = None

    def start(status, headers, *rest):
        if here.request_id:
            headers = [(k, v) for k, v in headers if k.lower() != "x-amzn-requestid"] + [("x-amzn-requestid", here.request_id)]
        return start_response(status, headers, *rest)

    return start


class Front:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"].startswith("/viberglass/"):
            return self.control(environ, body, start_response)
        call = read_call(environ, body)
        if call is None:
            return self.app(environ, start_response)
        service, action, params, model = call
        given = params or dict(parse_qsl(body.decode(errors="replace")))
        shown = {k: json.loads(v or b"null") if isinstance(v, bytes) else v for k, v in given.items()}
        calls.append({"service": service, "action": action, "params": shown, "problems": problems_of(action, params, model)})
        fault = fault_for(action)
        if fault is None:
            return self.app(environ, named(start_response))
        if fault.get("after"):
            list(self.app(environ, lambda *_: None))
        headers = [("content-type", "application/x-amz-json-1.1"), *(fault.get("headers") or {}).items()]
        start_response(f"{fault['status']} Fault", headers)
        return [json.dumps(fault["body"]).encode()]

    def control(self, environ, body, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/viberglass")
        answer = self.act(method, path, json.loads(body) if body else None)
        start_response("200 OK" if answer is not None else "404 Not Found", [("content-type", "application/json")])
        return [json.dumps(answer, default=str).encode()]

    def act(self, method, path, body):
        if path.startswith("/credentials/"):
            return (sessions.get(path.split("/")[2]) or {}).get("credentials")
        if path.startswith("/v4/"):
            session = sessions.get(path.split("/")[2])
            return session and {"TaskARN": session["arn"]}
        if (method, path) == ("GET", "/calls"):
            return calls
        if (method, path) == ("GET", "/processes"):
            return {name: process.poll() for name, process in processes.items()}
        if (method, path) == ("DELETE", "/calls"):
            calls.clear()
        elif (method, path) == ("POST", "/faults"):
            faults[:] = body
        elif (method, path) == ("POST", "/tasks"):
            mode.update(body)
        elif (method, path) == ("POST", "/release"):
            release.set()
            release.clear()
        elif (method, path) == ("POST", "/spot"):
            for process in processes.values():
                if process.poll() is None:
                    end(process)
        else:
            return None
        return {}


def close(*_):
    for process in processes.values():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    os._exit(0)


signal.signal(signal.SIGTERM, close)
signal.signal(signal.SIGINT, close)
os.environ["MOTO_PORT"] = str(arguments.port)
run_simple("127.0.0.1", arguments.port, Front(DomainDispatcherApplication(create_backend_app)), threaded=True)
