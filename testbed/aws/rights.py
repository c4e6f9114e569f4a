"""Rights as IAM has them, in place of moto's: policy.py decides, demands.py says about what. moto goes on verifying signatures."""

import json
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl

from demands import Demand, demands_of
from moto.ecs.models import ecs_backends
from moto.iam.access_control import IAMRequest, IAMRequestBase
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.moto_server.werkzeug_app import create_backend_app
from moto.ssm.models import ssm_backends
from policy import decide, listed, matches
from werkzeug.wrappers import Response

# The call that this thread answers, as shapes.read_call has read it; None for services that are none of ours.
here = threading.local()


class Refused(Exception):
    """Answered as the service would, by the handler that `backend_app` sets."""

    def __init__(self, service, code, message, status=None):
        super().__init__(message)
        self.service, self.code, self.message = service, code, message
        self.status = status or (403 if service == "lambda" else 400)

    def response(self):
        if self.service in ("ec2", "sts", "iam"):
            return Response(xml_of(self.service, self.code, self.message), 403, content_type="text/xml")
        body = json.dumps({"__type": self.code, "message": self.message})
        return Response(body, self.status, {"x-amzn-errortype": self.code}, content_type="application/x-amz-json-1.1")


def xml_of(service, code, message):
    text = message.replace("&", "&amp;").replace("<", "&lt;")
    error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return f"<Response><Errors>{error}</Errors></Response>" if service == "ec2" else f"<ErrorResponse>{error}</ErrorResponse>"


def backend_app(service):
    app = create_backend_app(service)
    app.register_error_handler(Refused, Refused.response)
    return app


@dataclass
class Place:
    """Where a call is made, and what AWS looks up to judge it."""

    account: str
    region: str

    def roles_of(self, definition):
        found = ecs_backends[self.account][self.region].describe_task_definition(definition)
        roles = {"executionRoleArn": "execution_role_arn", "taskRoleArn": "task_role_arn"}
        return {name: getattr(found, attribute, None) for name, attribute in roles.items()}

    def sealed_with(self, name):
        parameter = ssm_backends[self.account][self.region].get_parameter(name)
        return parameter.keyid if parameter is not None and parameter.parameter_type == "SecureString" else None

    def key(self, named):
        for key in kms_backends[self.account][self.region].keys.values():
            if named in (key.id, key.arn, *key.aliases):
                return key.arn, sorted(key.aliases)
        raise Refused("ssm", "InvalidKeyId", f"Alias arn:aws:kms:{self.region}:{self.account}:{named} is not found.")


def check_action_permitted(self, resource):
    if self._action == "sts:GetCallerIdentity":
        return  # Everybody may ask that, whatever a policy says.
    documents = [document_of(policy) for policy in self._access_key.collect_policies()]
    for demand in wanted(self, documents):
        held = documents if demand.role is None else documents_of_role(demand.role)
        verdict = decide(held, demand.action, demand.resource, demand.context)
        if verdict != "allowed":
            raise refusal(self, demand, verdict)


def is_unknown(role_arn):
    return all(role.arn != role_arn for role in iam_backends[role_arn.split(":")[4]]["aws"].roles.values())


def documents_of_role(arn):
    name, backend = arn.split("/")[-1], iam_backends[arn.split(":")[4]]["aws"]
    inline = [backend.get_role_policy(name, policy)[1] for policy in backend.list_role_policies(name)]
    return [document_of(policy) for policy in [*inline, *backend.list_attached_role_policies(name)[0]]]


def wanted(request, documents):
    call = getattr(here, "call", None)
    if call is None:
        return unknown(request._action, documents)
    service, operation, params, _ = call
    given = params if params is not None else dict(parse_qsl((request._body or b"").decode()))
    found = demands_of(service, operation, given, Place(request.account_id, request._region))
    return unknown(f"{service}:{operation}", documents) if found is None else found


def unknown(action, documents):
    """An action without a row in demands.py: whoever may do it on everything may; a narrower right cannot be judged."""
    statements = [statement for document in documents for statement in listed(document["Statement"])]
    for statement in statements:
        named = any(matches(pattern, action, ignore_case=True) for pattern in listed(statement["Action"]))
        if named and "*" not in listed(statement["Resource"]):
            raise ValueError(f"demands.py has no row for {action}, which a policy limits to resources")
    return [Demand(action)]


def document_of(policy):
    """Inline policies of a user come as a dict, those of a role as text, attached ones as an object with versions."""
    if hasattr(policy, "versions"):
        return json.loads(next(version.document for version in policy.versions if version.is_default))
    return json.loads(policy if isinstance(policy, str) else policy["policy_document"])


def refusal(request, demand, verdict):
    service, _ = request._action.split(":")
    name = demand.action.split(":")[1]
    if demand.words == "lambda-ec2":
        needs = f"please make sure your request credentials have permission to {name}."
        why = "EC2 Error Code: UnauthorizedOperation. EC2 Error Message: You are not authorized to perform this operation."
        return Refused("lambda", "AccessDeniedException", f"Your access has been denied by EC2, {needs} {why}")
    if demand.words == "lambda-ecr":
        return Refused(
            "lambda", "AccessDeniedException", "Lambda does not have permission to access the ECR image. Check the ECR permissions."
        )
    if demand.words == "lambda-role":
        why = f"The provided execution role does not have permissions to call {name} on EC2"
        return Refused("lambda", "InvalidParameterValueException", why, 400)
    on = "" if service == "ec2" else f" on resource: {demand.resource}"
    why = {
        "denied": "with an explicit deny in an identity-based policy",
        "silent": f"because no identity-based policy allows the {demand.action} action",
    }[verdict]
    said = f"User: {request._access_key.arn} is not authorized to perform: {demand.action}{on} {why}"
    if service == "ec2":
        return Refused(service, "UnauthorizedOperation", f"You are not authorized to perform this operation. {said}")
    return Refused(service, "AccessDenied" if service in ("sts", "iam") else "AccessDeniedException", said)


# moto signs the headers of a request without a body in place of that body: with nothing it comes to what AWS does.
create_request = IAMRequestBase._create_aws_request


def create_aws_request(self):
    if self._method == "GET":
        self._data = {}
    return create_request(self)


IAMRequestBase._create_aws_request = create_aws_request
IAMRequest.check_action_permitted = check_action_permitted
