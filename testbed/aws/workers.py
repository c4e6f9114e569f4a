"""The processes that tasks and functions are here, and what their machines would give them."""

import os
import signal
import subprocess
import threading

from moto.sts.models import sts_backends

ACCOUNT = "123456789012"
# Stopped a second time before this is over, a process is killed, as ECS does after stopTimeout.
STOP_SECONDS = 30

origin = ""
worker = None
mode = {"mode": "run"}
release = threading.Event()
sessions = {}
processes = {}


def configure(address, told):
    global origin, worker
    origin, worker = address, told


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


def end(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        threading.Timer(STOP_SECONDS, lambda: process.poll() is None and os.killpg(process.pid, signal.SIGKILL)).start()
    except ProcessLookupError:
        pass  # It ended in this very moment, which is what was wanted.
