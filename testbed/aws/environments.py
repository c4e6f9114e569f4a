"""Execution environments of Lambda: in each a runtime asks a Runtime API of its own for one event after the other.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import re
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import machines
import workers

PREFIX = "/2018-06-01/runtime"
pool = []
lock = threading.Lock()


def take(function, open_log):
    """One that waits for an event of this version, else a new one: an environment does one thing at a time."""
    key = (function.function_name, function.version)
    with lock:
        free = next((one for one in pool if one.key == key and not one.busy and not one.over), None)
        if free:
            free.busy = True
            return free
    made = Environment(key, function, open_log())
    with lock:
        pool.append(made)
    return made


class Environment:
    def __init__(self, key, function, log):
        self.key, self.log, self.busy = key, log, True
        self.name = f"{function.function_name}-{uuid.uuid4().hex[:12]}"
        self.changed = threading.Condition()
        # Whether the runtime asks for an event, which one it gets, what it said to it, and whether it has ended.
        self.asks, self.event, self.request_id, self.answer, self.over = False, None, None, None, False
        self.api = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (RuntimeApi,), {"environment": self}))
        self.api.daemon_threads = True
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        self.machine = machines.start_runtime(self.name, function, self.variables(function))
        threading.Thread(target=self.keep_output, daemon=True).start()
        threading.Thread(target=self.watch, daemon=True).start()

    def variables(self, function):
        session = workers.role_session(function.role, function.function_name)
        return {
            **function.environment_vars,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log.stream,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["Token"],
            "TZ": ":UTC",
        }

    def keep_output(self):
        for line in self.machine.lines():
            self.log.write(line)

    def watch(self):
        self.machine.wait()
        with self.changed:
            self.over = True
            self.changed.notify_all()

    def invoke(self, function, arn, request_id, body, frozen=False):
        """Until the runtime has answered and asks for the next event, has ended, or the function's time is over."""
        begun, limit = time.monotonic(), function.timeout
        with self.changed:
            self.changed.wait_for(lambda: self.asks or self.over, limit)
            self.asks, self.request_id = False, request_id
            deadline = str(int((time.time() + limit) * 1000))
            self.event = (request_id, deadline, arn, body)
            (self.machine.freeze if frozen else self.machine.thaw)()
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.over or (self.asks and self.answer), limit)
            report = self.report()
            again = "answer" in report and self.asks and not self.over
            self.answer = None
        self.settle(again)
        spent = round((time.monotonic() - begun) * 1000, 3)
        return {**report, "metrics": {"durationMs": spent, "memorySizeMB": function.memory_size}}

    def report(self):
        kind, text, error_type = self.answer or (None, None, None)
        if kind == "response" and self.asks:
            return {"status": "success", "answer": text}
        if kind == "init/error" or (kind == "error" and self.asks):
            return {"status": "error", "errorType": error_type, "answer": text}
        if self.over:
            return {"status": "error", "errorType": "Runtime.OutOfMemory" if self.machine.out_of_memory else "Runtime.ExitError"}
        return {"status": "timeout"}

    def settle(self, again):
        """Between two events nothing runs. An environment whose runtime has ended, or was too slow, gets no other event."""
        if again:
            self.machine.freeze()
            with lock:
                self.busy = False
            return
        with lock:
            pool.remove(self)
        self.machine.kill()
        self.api.shutdown()
        self.api.server_close()


class RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        here = self.environment
        if self.path != f"{PREFIX}/invocation/next":
            return self.say(404, {"errorType": "InvalidPath"})
        with here.changed:
            here.asks = True
            here.changed.notify_all()
            here.changed.wait_for(lambda: here.over or here.event)
            event, here.event = here.event, None
        if event:
            request_id, deadline, arn, body = event
            self.say(200, json.loads(body), {"aws-request-id": request_id, "deadline-ms": deadline, "invoked-function-arn": arn})

    def do_POST(self):
        here = self.environment
        text = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        found = re.fullmatch(PREFIX + r"/(?:invocation/([^/]+)/(response|error)|init/error)", self.path)
        if not found:
            return self.say(404, {"errorType": "InvalidPath"})
        request_id, kind = found.groups()
        with here.changed:
            if request_id and request_id != here.request_id:
                return self.say(400, {"errorType": "InvalidRequestID"})
            error_type = self.headers.get("lambda-runtime-function-error-type") or "Runtime.Unknown"
            here.answer = (kind or "init/error", text, error_type)
        self.say(202, {"status": "OK"})

    def say(self, status, body, headers={}):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(f"lambda-runtime-{name}", value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass  # What matters is in the function's own log.
