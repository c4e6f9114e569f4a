"""What ends a task before its container starts, for lack of rights of its execution role: in ECS's words."""

import rights
from demands import image_demands, log_demands
from policy import decide


def why_not(task, definition):
    """None: it may pull its images and write its log. A definition without the role, or with one of nobody, is not looked at."""
    role = getattr(definition, "execution_role_arn", None)
    if not role or rights.is_unknown(role):
        return None
    place = rights.Place(role.split(":")[4], task.region_name)
    documents = rights.documents_of_role(role)
    for container in definition.container_definitions:
        options = (container.get("logConfiguration") or {}).get("options") or {}
        stream = f"{options.get('awslogs-stream-prefix', '')}/{container['name']}/{task.id}"
        for demand in (*image_demands(container["image"]), *log_demands(options, stream, place)):
            if decide(documents, demand.action, demand.resource, demand.context) != "allowed":
                return said(demand, container["image"], f"arn:aws:sts::{place.account}:assumed-role/{role.split('/')[-1]}/{task.id}")
    return None


def said(demand, image, who):
    denied = (
        f"AccessDeniedException: User: {who} is not authorized to perform: {demand.action} on resource: {demand.resource} "
        f"because no identity-based policy allows the {demand.action} action"
    )
    return {
        "ecs-registry": "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        f"unable to retrieve ecr registry auth: service call has been retried 1 time(s): {denied}",
        "ecs-image": f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: "
        "unexpected status from HEAD request: 403 Forbidden",
        "ecs-log": "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        f"failed to create Cloudwatch log stream: {denied}: exit status 1",
    }[demand.words]
