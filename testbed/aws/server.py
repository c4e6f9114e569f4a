"""AWS on one machine: moto, in which RunTask and Invoke start the real worker as a child process.

    python3 server.py --port 5000 --worker '{"command": ["node", "viberator.mjs"], "env": {"PATH": "..."}, "folder": "/somewhere"}'

What moto leaves out and our code relies on is added here: `clientToken` of RunTask, capacity providers, the states before
RUNNING, exit codes and reasons, asynchronous invocations, log lines of Lambda's platform, the credentials of a task's or a
function's role, policies with their resources and conditions (rights.py), and roles for web identities (federation.py). Every request is checked against botocore's own models, because moto takes bodies of any shape.

Tests talk to it under /viberglass:
    GET    /calls            what was asked since the last DELETE: [{service, action, params, problems}]
    DELETE /calls
    POST   /faults           [{action, status, body, headers?, times?, after?}]: the next calls of an action are answered so;
                             with "after" AWS carries the call out first, and only its answer is lost
    POST   /tasks            {"mode": "run" | "hold" | "oom" | "no-image" | "no-network" | "time-out" | "frozen" | "twice"}: what becomes of tasks started from now on
    GET    /processes        exit codes of workers by name, null while they run; of functions those of their runtimes
    GET    /invocations      what became of each: [{requestId, environment, pid, status, errorType, answer}]; status is null while it runs
    POST   /release          tasks that are held go on
    POST   /spot             the running tasks get what an interrupted Fargate Spot task gets
    GET    /credentials/<id> and /v4/<id>/task: what ECS offers to a container
"""

import argparse
import io
import json
import os
import signal
import threading
from urllib.parse import parse_qsl

import federation
import functions
import rights
import shapes
import tasks  # noqa: F401 (it replaces parts of moto)
import workers
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.serving import run_simple

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, required=True)
options.add_argument("--worker", default="null")
arguments = options.parse_args()
workers.configure(f"http://127.0.0.1:{arguments.port}", json.loads(arguments.worker))

calls = []
faults = []
lock = threading.Lock()


def fault_for(action):
    with lock:
        for fault in faults:
            if fault["action"] == action and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                return fault
    return None


def named(start_response):
    functions.here.request_id = None

    def start(status, headers, *rest):
        if functions.here.request_id:
            headers = [(k, v) for k, v in headers if k.lower() != "x-amzn-requestid"] + [("x-amzn-requestid", functions.here.request_id)]
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
        call = rights.here.call = shapes.read_call(environ, body)
        if call is None:
            return self.app(environ, start_response)
        service, action, params, model = call
        given = params or dict(parse_qsl(body.decode(errors="replace")))
        shown = {k: json.loads(v or b"null") if isinstance(v, bytes) else v for k, v in given.items()}
        calls.append({"service": service, "action": action, "params": shown, "problems": shapes.problems_of(action, params, model)})
        fault = fault_for(action)
        if fault is None and action == federation.ACTION:
            return federation.answer(given)(environ, start_response)
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
            return (workers.sessions.get(path.split("/")[2]) or {}).get("credentials")
        if path.startswith("/v4/"):
            session = workers.sessions.get(path.split("/")[2])
            return session and {"TaskARN": session["arn"]}
        if (method, path) == ("GET", "/calls"):
            return calls
        if (method, path) == ("GET", "/processes"):
            return {name: process.poll() for name, process in workers.processes.items()}
        if (method, path) == ("GET", "/invocations"):
            return functions.invocations
        if (method, path) == ("DELETE", "/calls"):
            calls.clear()
        elif (method, path) == ("POST", "/faults"):
            faults[:] = body
        elif (method, path) == ("POST", "/tasks"):
            workers.mode.update(body)
        elif (method, path) == ("POST", "/release"):
            workers.release.set()
            workers.release.clear()
        elif (method, path) == ("POST", "/spot"):
            for name, process in workers.processes.items():
                if process.poll() is None and name in workers.sessions:
                    workers.end(process)
        else:
            return None
        return {}


def close(*_):
    for process in workers.processes.values():
        if process.poll() is None:
            process.kill()
    os._exit(0)


signal.signal(signal.SIGTERM, close)
signal.signal(signal.SIGINT, close)
os.environ["MOTO_PORT"] = str(arguments.port)
run_simple("127.0.0.1", arguments.port, Front(DomainDispatcherApplication(rights.backend_app)), threaded=True)
