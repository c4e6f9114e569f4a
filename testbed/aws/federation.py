"""AssumeRoleWithWebIdentity as AWS answers it: for a provider that IAM knows, a role that trusts it, and a token that verifies
against the keys that its issuer serves at this moment. The real one takes https issuers only; this one http on loopback too.
"""

import base64
import json
import time
from urllib.parse import urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from policy import decide, listed
from werkzeug.wrappers import Response

ACTION = "AssumeRoleWithWebIdentity"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
AGE_LIMIT_SECONDS = 24 * 3600
LEEWAY_SECONDS = 300
FETCH_SECONDS = 4

# By issuer, the keys as they were last fetched; one that is not among them is looked for anew.
fetched = {}


class NotLent(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def answer(form):
    try:
        return lent(form)
    except NotLent as refused:
        error = f"<Error><Type>Sender</Type><Code>{refused.code}</Code><Message>{escaped(refused.message)}</Message></Error>"
        return Response(f"<ErrorResponse>{error}</ErrorResponse>", refused.status, content_type="text/xml")


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def lent(form):
    role_arn, token = form.get("RoleArn", ""), form.get("WebIdentityToken", "")
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    header, claims = read(token)
    provider = provider_of(account, str(claims.get("iss", "")))
    check_claims(claims, provider)
    verify(token, header, claims["iss"])
    check_trust(account, role_arn, provider, claims)
    role = sts_backends[account]["aws"].assume_role(
        region_name="us-east-1",
        role_session_name=form["RoleSessionName"],
        role_arn=role_arn,
        policy=None,
        duration=int(form.get("DurationSeconds", 3600)),
        external_id=None,
    )
    credentials = f"""<AccessKeyId>{role.access_key_id}</AccessKeyId><SecretAccessKey>{escaped(role.secret_access_key)}</SecretAccessKey>
      <SessionToken>{escaped(role.session_token)}</SessionToken><Expiration>{role.expiration:%Y-%m-%dT%H:%M:%SZ}</Expiration>"""
    user = f"<AssumedRoleUser><Arn>{role.arn}</Arn><AssumedRoleId>{role.user_id}</AssumedRoleId></AssumedRoleUser>"
    subject = f"<SubjectFromWebIdentityToken>{escaped(claims['sub'])}</SubjectFromWebIdentityToken>"
    result = f"<{ACTION}Result>{subject}<Credentials>{credentials}</Credentials>{user}</{ACTION}Result>"
    return Response(f"<{ACTION}Response>{result}</{ACTION}Response>", 200, content_type="text/xml")


def read(token):
    """What a token says of itself, unverified: who is to be asked whether it is true."""
    try:
        header, claims = (json.loads(decoded(part)) for part in token.split(".")[:2])
        if isinstance(header, dict) and isinstance(claims, dict):
            return header, claims
    except ValueError:
        pass  # Neither three parts, nor base64, nor JSON: all the same to AWS.
    raise NotLent("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def provider_of(account, issuer):
    url = urlsplit(issuer)
    arn = f"arn:aws:iam::{account}:oidc-provider/{url.netloc}{url.path}"
    found = iam_backends[account]["aws"].open_id_providers.get(arn) if account else None
    if found is None or not (url.scheme == "https" or (url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1"))):
        raise NotLent("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    return found


def check_claims(claims, provider):
    if not set(listed(claims.get("aud", []))) & set(provider.client_id_list):
        raise NotLent("InvalidIdentityToken", "Incorrect token audience")
    for name, kind in (("sub", str), ("iat", int), ("exp", int)):
        if type(claims.get(name)) is not kind:
            raise NotLent("InvalidIdentityToken", f"Missing a required claim: {name}")
    now, issued, expires = time.time(), claims["iat"], claims["exp"]
    if expires <= now:
        raise NotLent(
            "ExpiredTokenException", f"Token expired: current date/time {int(now)} must be before the expiration date/time {expires}"
        )
    if issued > now + LEEWAY_SECONDS or issued < now - AGE_LIMIT_SECONDS:
        raise NotLent("InvalidIdentityToken", "Token issued at a time that is not acceptable")


def verify(token, header, issuer):
    if header.get("alg") != "RS256":
        raise NotLent("InvalidIdentityToken", "The signature algorithm of the token is not RS256")
    kid = header.get("kid")
    if kid not in fetched.get(issuer, {}):
        fetched[issuer] = keys_of(issuer)
    key = fetched[issuer].get(kid)
    if key is None:
        raise NotLent("InvalidIdentityToken", "No matching key found in the provider's JWKS for the token's kid")
    try:
        jwt.decode(token, KeySet.import_key_set({"keys": [key]}), algorithms=["RS256"])
    except JoseError:
        raise NotLent("InvalidIdentityToken", "The token's signature is not that of its issuer's key")


def keys_of(issuer):
    """As its discovery document says, now."""
    try:
        document = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=FETCH_SECONDS, allow_redirects=False)
        document.raise_for_status()
        if document.json().get("issuer") != issuer:
            raise NotLent("InvalidIdentityToken", "The issuer of the discovery document is not that of the token")
        served = requests.get(document.json()["jwks_uri"], timeout=FETCH_SECONDS, allow_redirects=False)
        served.raise_for_status()
        return {key["kid"]: key for key in served.json()["keys"]}
    except (requests.ConnectionError, requests.Timeout):
        raise NotLent("IDPCommunicationError", "Could not communicate with the identity provider to verify the token")
    except (requests.RequestException, KeyError, ValueError):
        raise NotLent(
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
        )


def check_trust(account, role_arn, provider, claims):
    """The role's own document says who may take it on: the provider as principal, its claims as conditions."""
    role = next((each for each in iam_backends[account]["aws"].roles.values() if each.arn == role_arn), None)
    documents = [] if role is None else [document_for(provider, role.assume_role_policy_document)]
    context = {f"{provider.url}:{name}".lower(): claims[name] for name in ("aud", "sub") if name in claims}
    if decide(documents, f"sts:{ACTION}", "*", context) != "allowed":
        raise NotLent("AccessDenied", f"Not authorized to perform sts:{ACTION}", 403)


def document_for(provider, text):
    """A trust policy names principals in place of resources: its statements for this provider, on everything."""
    document = json.loads(text) if isinstance(text, str) else text
    mine = [each for each in listed(document["Statement"]) if provider.arn in federated(each)]
    return {"Statement": [{**{key: value for key, value in each.items() if key != "Principal"}, "Resource": "*"} for each in mine]}


def federated(statement):
    principal = statement.get("Principal")
    return listed(principal.get("Federated", [])) if isinstance(principal, dict) else []
