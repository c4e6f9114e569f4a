"""Where tasks and functions run here: a process of this machine."""

import os
import subprocess

import workers


def start_task(name, environment):
    return workers.start_process(name, workers.worker["command"], environment)


def start_runtime(name, function, environment):
    # Lambda's own folder for temporary files is its machine's; this machine's is everybody's.
    tmp = os.path.join(workers.folder_of(name), "tmp")
    os.makedirs(tmp, exist_ok=True)
    return workers.start_process(name, workers.worker["runtime"], {**environment, "TMPDIR": tmp}, output=subprocess.PIPE)
