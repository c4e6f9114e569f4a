"""Where tasks and functions run here: in containers of their images, or as processes of this machine."""

import os
import subprocess
import threading

import containers
import workers


def start_task(task_id, definition, environment):
    if not workers.worker.get("docker"):
        return workers.start_process(task_id, workers.worker["command"], environment)
    machine = containers.task_container(task_id, definition, environment)
    threading.Thread(target=keep_output, args=(machine, workers.folder_of(task_id)), daemon=True).start()
    return machine


def keep_output(machine, folder):
    with open(os.path.join(folder, "worker.log"), "a") as log:
        for line in machine.lines():
            print(line, file=log, flush=True)


def start_runtime(name, function, environment):
    if workers.worker.get("docker"):
        return containers.function_container(name, function, environment)
    # Lambda's folder for temporary files is its machine's own; this machine's is everybody's.
    tmp = os.path.join(workers.folder_of(name), "tmp")
    os.makedirs(tmp, exist_ok=True)
    return workers.start_process(name, workers.worker["runtime"], {**environment, "TMPDIR": tmp}, output=subprocess.PIPE)
