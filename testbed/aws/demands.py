"""What a request needs rights for: its own action with the resource that IAM holds it against, and what the service checks
within the call. Resources as in AWS's service authorization reference; where its pages are silent, as in its refusals.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Demand:
    action: str
    resource: str = "*"
    context: dict = field(default_factory=dict)
    """In whose words it is refused: of IAM, or of a service that hides IAM's behind its own."""
    words: str = "iam"
    """The role that needs it; None: who calls."""
    role: str | None = None


# IAM's name for a right, where it is not that of the call.
NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}


def demands_of(service, operation, params, place):
    """`place` knows account and region, and looks up what the request only names (see Place in rights.py), when its turn comes. None: no row here."""
    action = NAMES.get(f"{service}:{operation}", f"{service}:{operation}")
    if service == "ec2" and operation.startswith("Describe"):
        return [Demand(action)]
    row = ROWS.get(action)
    return None if row is None else row(action, params, place)


def arn(place, service, resource):
    return f"arn:aws:{service}:{place.region}:{place.account}:{resource}"


# ECS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html


def cluster_arn(place, params):
    named = params.get("cluster") or "default"
    return named if named.startswith("arn:") else arn(place, "ecs", f"cluster/{named}")


def in_cluster(place, params):
    return {"ecs:cluster": cluster_arn(place, params)}


def describe_clusters(action, params, place):
    for named in params.get("clusters") or ["default"]:
        yield Demand(action, cluster_arn(place, {"cluster": named}))


def anywhere(action, params, place):
    yield Demand(action)


def register_task_definition(action, params, place):
    yield Demand(action)
    yield from passed([params.get("executionRoleArn"), params.get("taskRoleArn")], "ecs-tasks.amazonaws.com")
    if params.get("tags"):
        # Its revision is given when the right is there.
        yield tagging(action, arn(place, "ecs", f"task-definition/{params['family']}:*"))


def run_task(action, params, place):
    named = params["taskDefinition"]
    # Without a revision it is the family that is held against the policy: `family:*` does not allow it.
    definition = named if named.startswith("arn:") else arn(place, "ecs", f"task-definition/{named}")
    yield Demand(action, definition, in_cluster(place, params))
    overrides = params.get("overrides") or {}
    roles = {**place.roles_of(named), **{key: value for key, value in overrides.items() if key.endswith("RoleArn")}}
    yield from passed([roles.get("executionRoleArn"), roles.get("taskRoleArn")], "ecs-tasks.amazonaws.com")
    if params.get("tags"):
        yield tagging(action, arn(place, "ecs", f"task/{cluster_arn(place, params).split('/')[-1]}/*"))


def tagging(action, resource):
    return Demand("ecs:TagResource", resource, {"ecs:createaction": action.split(":")[1]})


def passed(roles, service):
    for role in sorted({role for role in roles if role}):
        yield Demand("iam:PassRole", role, {"iam:passedtoservice": service})


def tasks(action, params, place):
    cluster = cluster_arn(place, params).split("/")[-1]
    for named in params.get("tasks") or [params.get("task", "")]:
        task = named if named.startswith("arn:") else arn(place, "ecs", f"task/{cluster}/{named}")
        yield Demand(action, task, in_cluster(place, params))


def list_tasks(action, params, place):
    cluster = cluster_arn(place, params)
    yield Demand(action, arn(place, "ecs", f"container-instance/{cluster.split('/')[-1]}/*"), {"ecs:cluster": cluster})


# Lambda: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html


def function_arn(params, place, qualified=False):
    named = params["FunctionName"]
    base = named if named.startswith("arn:") else arn(place, "lambda", f"function:{named}")
    return f"{base}:{params['Qualifier']}" if qualified and params.get("Qualifier") else base


def function(action, params, place):
    yield Demand(action, function_arn(params, place))


def qualified_function(action, params, place):
    yield Demand(action, function_arn(params, place, qualified=True))


def changed_function(action, params, place):
    yield Demand(action, function_arn(params, place))
    yield from passed([params.get("Role")], "lambda.amazonaws.com")
    if params.get("Tags"):
        yield Demand("lambda:TagResource", function_arn(params, place))
    image = (params.get("Code") or params).get("ImageUri")
    if image:
        yield from readable(image)
    if (params.get("VpcConfig") or {}).get("SubnetIds"):
        for name in ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"):
            yield Demand(f"ec2:{name}", words="lambda-ec2")
        for name in ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface") if params.get("Role") else ():
            yield Demand(f"ec2:{name}", words="lambda-role", role=params["Role"])


def readable(image):
    """Lambda reads an image with the rights of who hands it over."""
    account, region, repository = re.match(r"(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)", image).groups()
    for name in ("BatchGetImage", "GetDownloadUrlForLayer"):
        yield Demand(f"ecr:{name}", f"arn:aws:ecr:{region}:{account}:repository/{repository}", words="lambda-ecr")


# What ECS does with a task's execution role before its container starts.


def image_demands(image):
    found = re.match(r"(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)", image)
    if found is None:
        return
    account, region, repository = found.groups()
    yield Demand("ecr:GetAuthorizationToken", words="ecs-registry")
    for name in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Demand(f"ecr:{name}", f"arn:aws:ecr:{region}:{account}:repository/{repository}", words="ecs-image")


def log_demands(options, stream, place):
    group = options.get("awslogs-group")
    if group:
        yield Demand("logs:CreateLogStream", arn(place, "logs", f"log-group:{group}:log-stream:{stream}"), words="ecs-log")


# The others.


def repository(action, params, place):
    account = params.get("registryId") or place.account
    yield Demand(action, f"arn:aws:ecr:{place.region}:{account}:repository/{params['repositoryName']}")


def log_events(action, params, place):
    """In its refusals the group is followed by an empty stream: a policy without `:*` at its end allows nothing."""
    yield Demand(action, arn(place, "logs", f"log-group:{params['logGroupName']}:log-stream:"))


def parameter_arn(name, place):
    return name if name.startswith("arn:") else arn(place, "ssm", f"parameter/{name.removeprefix('/')}")


def put_parameter(action, params, place):
    """A standard parameter is encrypted by KMS itself, an advanced one with a data key of it."""
    yield Demand(action, parameter_arn(params["Name"], place))
    if params.get("Type") == "SecureString":
        yield from with_key("kms:GenerateDataKey" if params.get("Tier") == "Advanced" else "kms:Encrypt", params.get("KeyId"), place)


def one_parameter(action, params, place):
    yield Demand(action, parameter_arn(params["Name"], place))


def get_parameters(action, params, place):
    for name in params["Names"]:
        yield Demand(action, parameter_arn(name, place))
    if params.get("WithDecryption"):
        for key in sorted({place.sealed_with(name) for name in params["Names"]} - {None}):
            yield from with_key("kms:Decrypt", key, place)


def with_key(action, named, place):
    """AWS's own keys (alias/aws/ssm) let in the whole account by their own policy: no right of the caller is asked for."""
    if named is None or named.startswith("alias/aws/"):
        return
    key, aliases = place.key(named)
    yield Demand(action, key, {"kms:resourcealiases": aliases})


FUNCTION = "CreateAlias GetAlias GetFunctionEventInvokeConfig PublishVersion PutFunctionEventInvokeConfig UpdateAlias"

ROWS = {
    "ecs:DescribeClusters": describe_clusters,
    "ecs:DescribeTaskDefinition": anywhere,
    "ecs:RegisterTaskDefinition": register_task_definition,
    "ecs:RunTask": run_task,
    "ecs:StopTask": tasks,
    "ecs:DescribeTasks": tasks,
    "ecs:ListTasks": list_tasks,
    **{f"lambda:{name}": function for name in FUNCTION.split()},
    "lambda:InvokeFunction": qualified_function,
    "lambda:GetFunction": qualified_function,
    "lambda:CreateFunction": changed_function,
    "lambda:UpdateFunctionCode": changed_function,
    "lambda:UpdateFunctionConfiguration": changed_function,
    "ecr:DescribeImages": repository,
    "logs:FilterLogEvents": log_events,
    "ssm:PutParameter": put_parameter,
    "ssm:DeleteParameter": one_parameter,
    "ssm:GetParameter": one_parameter,
    "ssm:GetParameters": get_parameters,
}
