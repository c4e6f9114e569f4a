"""Lambda, as moto leaves it out: asynchronous invocations that start a worker, and the lines of Lambda's platform in the log."""

import json
import threading
import time
import uuid
from datetime import datetime, timezone

import workers
from moto.awslambda.models import LambdaFunction
from moto.logs.models import logs_backends

# What the request of this thread is called: moto gives every answer a name of its own.
here = threading.local()


def invoke(self, body, request_headers, response_headers):
    """Takes the event; the function runs beside, as the asynchronous invocations do that we use."""
    request_id = here.request_id = str(uuid.uuid4())
    # At least once: AWS may deliver an event twice, under the same id.
    for turn in range(2 if workers.mode["mode"] == "twice" else 1):
        arguments = (self, request_id, json.loads(body), workers.mode["mode"], f"{request_id}-{turn}")
        threading.Thread(target=run_function, args=arguments, daemon=True).start()
    return ""


def platform_line(function, kind, record):
    group = (function.logging_config or {}).get("LogGroup") if hasattr(function, "logging_config") else None
    group = group or workers.worker["functionLogGroup"]
    backend = logs_backends[workers.ACCOUNT][function.region]
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
        session = workers.role_session(function.role, function.function_name)
        process = workers.start_process(
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
