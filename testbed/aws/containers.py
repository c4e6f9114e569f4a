"""The containers that tasks and functions are where a Docker engine is given: with the bounds that AWS would set."""

import queue
import re
import threading

import docker
import workers

# ECS waits so long for a container that was told to end, where its definition says nothing else.
STOP_SECONDS = 30
# Fargate gives 1,024 units of a processor, and Docker counts in billionths of one.
NANO_CPUS_A_UNIT = 1_000_000_000 // 1024


class NoImage(Exception):
    pass


def task_container(task_id, definition, environment):
    own = container_of(definition)
    linux = own.get("linuxParameters") or {}
    return Container(
        task_id,
        own["image"],
        environment,
        stop_seconds=own.get("stopTimeout") or STOP_SECONDS,
        command=own.get("command"),
        user=own.get("user"),
        read_only=own.get("readonlyRootFilesystem") or False,
        cap_drop=(linux.get("capabilities") or {}).get("drop"),
        init=linux.get("initProcessEnabled") or None,
        nano_cpus=min(int(definition.cpu) * NANO_CPUS_A_UNIT, engine().info()["NCPU"] * 1_000_000_000),
        **memory(definition.memory),
    )


def function_container(name, function, environment):
    return Container(
        name,
        function.code["ImageUri"],
        {**environment, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"},
        # Nobody whom the image knows, and /tmp is all that can be written to.
        user="993:990",
        read_only=True,
        tmpfs={"/tmp": f"rw,exec,mode=1777,size={function.ephemeral_storage}m"},
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        **memory(function.memory_size),
    )


def container_of(definition):
    """The one that is called "worker", else the first."""
    every = definition.container_definitions
    return next((one for one in every if one["name"] == "worker"), every[0])


def memory(megabytes):
    return {"mem_limit": f"{megabytes}m", "memswap_limit": f"{megabytes}m"}


def engine():
    return docker.DockerClient(base_url=workers.worker["docker"])


def local_name(address):
    """An engine has an image of ECR under its repository's name."""
    return re.split("[@:]", address.split("/", 1)[1])[0] + ":latest"


class Container:
    """What `workers.Process` is, as a container."""

    out_of_memory = False

    def __init__(self, name, image, environment, stop_seconds=STOP_SECONDS, **bounds):
        self.said, self.code, self.ended, self.stop_seconds = queue.SimpleQueue(), None, threading.Event(), stop_seconds
        self.paused = False
        variables = {**workers.of_this_machine(), **environment}
        try:
            # `run` would go and look for it in the registry of Docker.
            self.container = engine().containers.create(local_name(image), name=name, environment=variables, network_mode="host", **bounds)
        except docker.errors.ImageNotFound:
            raise NoImage(image) from None
        self.container.start()
        self.container.reload()
        self.pid = self.container.attrs["State"]["Pid"]
        workers.processes[name] = self
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        rest = ""
        for chunk in self.container.logs(stream=True, follow=True):
            *lines, rest = (rest + chunk.decode(errors="replace")).split("\n")
            for line in lines:
                self.said.put(line)
        self.said.put(None)
        code = self.container.wait()["StatusCode"]
        self.container.reload()
        # The engine notes it of any process inside; it is the container's end only where its first process was killed.
        self.out_of_memory = self.container.attrs["State"]["OOMKilled"] and code == 137
        self.container.remove(v=True)
        self.code = code
        self.ended.set()

    def lines(self):
        return iter(self.said.get, None)

    def poll(self):
        return self.code

    def wait(self):
        self.ended.wait()
        return self.code

    def stop(self, _seconds):
        threading.Thread(target=self.unless_gone, args=(self.container.stop,), kwargs={"timeout": self.stop_seconds}, daemon=True).start()

    def kill(self):
        self.unless_gone(self.container.kill)

    def unless_gone(self, act, **how):
        try:
            act(**how)
        except docker.errors.APIError:
            if self.container in engine().containers.list():
                raise

    def freeze(self):
        if not self.paused:
            self.container.pause()
        self.paused = True

    def thaw(self):
        if self.paused:
            self.container.unpause()
        self.paused = False
