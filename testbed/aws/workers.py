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


class Process:
    """A worker as a child of this process, in a session of its own."""

    out_of_memory = False

    def __init__(self, command, environment, output):
        self.child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.pid = self.child.pid

    def lines(self):
        for line in self.child.stdout:
            yield line.decode(errors="replace").rstrip("\n")

    def poll(self):
        return self.child.poll()

    def wait(self):
        return self.child.wait()

    def stop(self, seconds):
        try:
            os.killpg(self.pid, signal.SIGTERM)
            threading.Timer(seconds, lambda: self.poll() is None and os.killpg(self.pid, signal.SIGKILL)).start()
        except ProcessLookupError:
            pass  # It ended in this very moment, which is what was wanted.

    def kill(self):
        self.send(signal.SIGKILL)

    def freeze(self):
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def send(self, number):
        """To whatever is in its session, also when it has ended itself, and to what that has started."""
        for pid in {one for member in session(self.pid) for one in family(member)}:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # It was a child of one that has just ended.


def session(leader):
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and session_of(int(entry)) == leader]


def session_of(pid):
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None  # It has just ended.


def family(pid):
    children = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                children += file.read().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def folder_of(name):
    folder = os.path.join(worker["folder"], name)
    os.makedirs(folder, exist_ok=True)
    return folder


def start_process(name, command, environment, output=None):
    folder = folder_of(name)
    env = {
        "HOME": folder,
        "VIBERATOR_WORK_DIR": os.path.join(folder, "work"),
        **of_this_machine(),
        **worker["env"],
        **environment,
    }
    with open(os.path.join(folder, "worker.log"), "ab") as log:
        processes[name] = Process(command, env, output or log)
    return processes[name]


def of_this_machine():
    return {"AWS_ENDPOINT_URL": origin, "AWS_EC2_METADATA_DISABLED": "true"}


def end(process):
    process.stop(STOP_SECONDS)
