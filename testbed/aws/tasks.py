"""ECS, as moto leaves it out: RunTask that starts a worker, its states, exit codes and reasons, and `clientToken`."""

import json
import threading
import time
import uuid

import containers
import execution
import machines
import workers
from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api import state_manager

tokens = {}
lock = threading.Lock()


def environment_of(task, definition):
    container = containers.container_of(definition)
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
        workers.release.wait(120)
    if task.desired_status == "STOPPED":
        return stopped(task, None, "UserInitiated", "")
    lacking = execution.why_not(task, definition)
    if lacking:
        return stopped(task, None, "TaskFailedToStart", lacking)
    image = containers.container_of(definition)["image"]
    if how == "no-image":
        return no_image(task, image)
    if how == "no-network":
        why = "ResourceInitializationError: unable to pull secrets or registry auth: there is a connection issue between the task and ECR"
        return stopped(task, None, "TaskFailedToStart", why)
    if how == "oom":
        return exited(task, 137, out_of_memory=True)
    environment = {
        **environment_of(task, definition),
        "AWS_REGION": task.region_name,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{workers.origin}/viberglass/credentials/{task.id}",
        "ECS_CONTAINER_METADATA_URI_V4": f"{workers.origin}/viberglass/v4/{task.id}",
    }
    try:
        process = machines.start_task(task.id, definition, environment)
    except containers.NoImage:
        return no_image(task, image)
    task.last_status = "RUNNING"
    for container in task.containers:
        container.last_status = "RUNNING"
    code = process.wait()
    exited(task, code if code >= 0 else 128 - code, process.out_of_memory)


def exited(task, code, out_of_memory):
    why = "OutOfMemoryError: Container killed due to memory usage" if out_of_memory else None
    stopped(task, code, "EssentialContainerExited", "Essential container in task exited", why)


def no_image(task, image):
    why = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
    stopped(task, None, "TaskFailedToStart", why)


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
    workers.sessions[task.id] = {"credentials": workers.role_session(role, task.id) if role else None, "arn": task.task_arn}
    threading.Thread(target=live, args=(task, fields["definition"], workers.mode["mode"]), daemon=True).start()
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
    process = workers.processes.get(task.id)
    if process:
        workers.end(process)
    workers.release.set()
    workers.release.clear()
    return task


define = TaskDefinition.__init__


def define_now(self, *args, **kwargs):
    define(self, *args, **kwargs)
    self.registered_at = time.time()


TaskDefinition.__init__ = define_now
EC2ContainerServiceResponse.run_task = respond_to_run_task
EC2ContainerServiceBackend.stop_task = stop_task
state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
