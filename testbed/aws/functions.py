"""Lambda, as moto leaves it out: asynchronous invocations that reach a runtime, and the lines of Lambda's platform in the log."""

import json
import re
import threading
import time
import uuid
from datetime import datetime, timezone

import environments
import workers
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.logs.models import logs_backends
from moto.logs.utils import UnsupportedFilterPattern

# What the request of this thread is called, and the alias or version that it names: moto keeps neither.
here = threading.local()
invocations = []
writing = threading.Lock()


class Log:
    """A stream of the function's log group; an environment has one."""

    def __init__(self, function):
        self.backend = logs_backends[workers.ACCOUNT][function.region]
        # moto forgets a function's LoggingConfig: whoever starts this says where the log is.
        self.group = workers.worker["functionLogGroup"]
        self.stream = f"{datetime.now(timezone.utc):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        with writing:
            self.backend.ensure_log_group(self.group)
            self.backend.create_log_stream(self.group, self.stream)

    def write(self, message):
        if message:
            with writing:
                self.backend.put_log_events(self.group, self.stream, [{"timestamp": int(time.time() * 1000), "message": message}])

    def platform(self, kind, record):
        self.write(json.dumps({"time": datetime.now(timezone.utc).isoformat(), "type": f"platform.{kind}", "record": record}))


def invoke(self, body, request_headers, response_headers):
    """Takes the event; the function runs beside, as the asynchronous invocations do that we use."""
    request_id = here.request_id = str(uuid.uuid4())
    arn = ":".join(self.function_arn.split(":")[:7] + ([here.qualifier] if here.qualifier else []))
    # At least once: AWS may deliver an event twice, under the same id.
    for _ in range(2 if workers.mode["mode"] == "twice" else 1):
        threading.Thread(target=run_function, args=(self, arn, request_id, body, workers.mode["mode"]), daemon=True).start()
    return ""


# What no process of this machine can be brought to.
FORCED = {"oom": {"status": "error", "errorType": "Runtime.OutOfMemory"}, "time-out": {"status": "timeout"}}


def run_function(function, arn, request_id, body, how):
    started = {"requestId": request_id, "version": str(function.version)}
    if how in FORCED:
        log = Log(function)
        log.platform("start", started)
        return log.platform("report", {"requestId": request_id, **FORCED[how]})
    environment = environments.take(function, lambda: Log(function))
    told = {"requestId": request_id, "environment": environment.name, "pid": environment.machine.pid, "status": None}
    invocations.append(told)
    environment.log.platform("start", started)
    report = environment.invoke(function, arn, request_id, body, frozen=how == "frozen")
    environment.log.platform("report", {"requestId": request_id, **{k: v for k, v in report.items() if k != "answer"}})
    told.update({k: v for k, v in report.items() if k != "metrics"})


def matches_record(pattern, message):
    """moto lets a pattern of JSON pass everything: the one that we ask with is looked at."""
    found = re.fullmatch(r'\{ \$\.record\.requestId = "([\w-]+)" \}', pattern.term)
    if not found:
        return True
    try:
        line = json.loads(message)
        return line["record"]["requestId"] == found.group(1)
    except (ValueError, TypeError, KeyError):
        return False


UnsupportedFilterPattern.matches = matches_record

invoke_by_name = LambdaBackend.invoke


def note_qualifier(self, function_name, qualifier, *rest):
    here.qualifier = qualifier
    return invoke_by_name(self, function_name, qualifier, *rest)


LambdaBackend.invoke = note_qualifier
LambdaFunction.invoke = invoke
