import { describe, expect, it } from "vitest"
import { createAws } from "./client.ts"
import { AwsError, awsError, classify } from "./errors.ts"

describe("what AWS refuses", () => {
  it.each([
    [400, "ThrottlingException", "throttled"],
    [400, "RequestLimitExceeded", "throttled"],
    [429, "TooManyRequestsException", "throttled"],
    [503, "SlowDown", "throttled"],
    [500, "ServerException", "transient"],
    [500, "InternalFailure", "transient"],
    [400, "IDPCommunicationError", "transient"],
    [409, "ResourceConflictException", "transient"],
    [502, "status 502", "transient"],
    [400, "AccessDeniedException", "denied"],
    [403, "UnauthorizedOperation", "denied"],
    [403, "SignatureDoesNotMatch", "denied"],
    [400, "ExpiredTokenException", "denied"],
    [403, "status 403", "denied"],
    [400, "ClusterNotFoundException", "not-found"],
    [404, "ResourceNotFoundException", "not-found"],
    [400, "ParameterNotFound", "not-found"],
    [400, "InvalidSubnetID.NotFound", "not-found"],
    [400, "ImageNotFoundException", "not-found"],
    [400, "InvalidParameterException", "permanent"],
    [400, "ConflictException", "permanent"],
    [302, "status 302", "permanent"],
  ] as const)("%d %s is %s", (status, code, kind) => {
    expect(classify({ status, code, message: "" })).toBe(kind)
  })

  it("names the action that AWS names, which may be another than the one that was called", () => {
    const message = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/y"
    expect(awsError("ecs:RunTask", "eu-west-1", { status: 400, code: "AccessDeniedException", message }).message).toContain(
      "does not allow iam:PassRole to the control plane",
    )
  })
})

describe("what Lambda refuses in words of its own", () => {
  // Its two refusals as its callers have met them.
  const subnets =
    "Your access has been denied by EC2, please make sure your request credentials have permission to DescribeSubnets for s-1."
  const image = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
  it.each([
    [subnets, "ec2:DescribeSubnets"],
    [image, "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"],
  ])("%s names the action", (message, action) => {
    const error = awsError("lambda:CreateFunction", "eu-west-1", { status: 403, code: "AccessDeniedException", message })
    expect(error.message).toContain(`does not allow ${action} to the control plane`)
  })
})

describe("a role that is not lent", () => {
  it.each([
    [403, "AccessDenied", /does not lend .*AWS_ROLE_ARN, and issuer, audience and ENVIRONMENT in the trust policy/],
    [400, "InvalidIdentityToken", /own token .*identity provider for PUBLIC_URL/],
    [400, "ExpiredTokenException", /own token .*clock/],
  ])("%d %s says where to look", (status, code, sentence) => {
    const error = awsError("sts:AssumeRoleWithWebIdentity", "eu-west-1", { status, code, message: "no" })
    expect(error).toMatchObject({ kind: "denied", message: expect.stringMatching(sentence) })
  })
})

describe("a call", () => {
  const asked = (...answers: (() => Promise<Response>)[]) => {
    let calls = 0
    const options = { region: "eu-west-1", endpoints: {}, credentials: async () => ({ accessKeyId: "a", secretAccessKey: "secret-5" }) }
    const client = createAws({
      ...options,
      fetch: async () => (answers[calls++] ?? answers.at(-1) ?? (() => Promise.reject(new Error())))(),
    })
    return { client, calls: () => calls }
  }
  const refused =
    (status: number, body: string, headers = {}) =>
    async () =>
      new Response(body, { status, headers })
  const json = (service: "ecs", asks: boolean) => (client: ReturnType<typeof createAws>) =>
    client.json(service, "RunTask", "eu-west-1", {}, asks)
  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => (error instanceof AwsError ? error : null),
    )

  it.each([
    ["JSON", refused(400, '{"__type":"com.amazon#ClusterNotFoundException","message":"no"}')],
    ["JSON with capitals", refused(400, '{"Message":"no"}', { "x-amzn-errortype": "ClusterNotFoundException:http://x" })],
    [
      "XML",
      refused(400, "<Response><Errors><Error><Code>ClusterNotFoundException</Code><Message>no</Message></Error></Errors></Response>"),
    ],
  ])("reads the code and the words out of %s", async (_, answer) => {
    expect(await errorOf(json("ecs", false)(asked(answer).client))).toMatchObject({
      ...{
        code: "ClusterNotFoundException",
        kind: "not-found",
        action: "ecs:RunTask",
        lost: false,
        message: expect.stringContaining("no"),
      },
    })
  })

  it("that only asks is repeated, one that orders never", async () => {
    const well = async () => new Response('{"clusters":[]}')
    const question = asked(refused(500, ""), refused(400, '{"__type":"ThrottlingException"}'), well)
    expect(await json("ecs", true)(question.client)).toEqual({ clusters: [] })
    expect(question.calls()).toBe(3)
    const order = asked(refused(500, ""), well)
    expect(await errorOf(json("ecs", false)(order.client))).toMatchObject({ lost: true })
    expect(order.calls()).toBe(1)
  })

  it("that nobody answers is lost, and its error holds no key", async () => {
    const silent = asked(() => Promise.reject(new TypeError("connect secret-5")))
    const error = await errorOf(json("ecs", false)(silent.client))
    expect(error).toMatchObject({ lost: true, kind: "transient", code: "NoAnswer" })
    expect(JSON.stringify([error, error?.message, error?.stack])).not.toContain("secret-5")
  })
})
