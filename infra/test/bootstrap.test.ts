// What is made before the first stack: by AWS's own command line tool against its stand-in, as infra/README.md writes it.
import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { hasMoto, type LocalAws, NO_MOTO, startAws } from "../../testbed/aws.ts"
import { runUpTo } from "../offline.ts"
import { list, type Statement } from "./seen.ts"

const execute = promisify(execFile)
const file = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const SCRIPT = file("setup-pulumi-state.sh")
const TEMPLATE = file("bootstrap/github-oidc.yaml")
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0

interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>
}
interface Policy {
  PolicyDocument: { Statement: Statement[] }
}
/** CloudFormation's tags become what they would stand for in one account. */
function template(): Template {
  const known: Record<string, string> = {
    ...{ "AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012" },
    ...{ Environment: "dev", StateBucket: "state", Repository: "acme/viberglass" },
  }
  const scalar = (tag: string, resolve: (text: string) => unknown) => ({ tag, resolve })
  const sequence = (tag: string) => ({ tag, collection: "seq" as const })
  return parse(readFileSync(TEMPLATE, "utf8"), {
    customTags: [
      scalar("!Sub", (text) => text.replaceAll(/\$\{([\w:]+)\}/g, (_, name: string) => known[name] ?? name)),
      ...["!Ref", "!GetAtt"].map((tag) => scalar(tag, (text) => text)),
      ...["!If", "!Equals"].map(sequence),
    ],
  })
}
const policies = (): [string, Statement[]][] =>
  Object.entries(template().Resources)
    .filter(([, { Type }]) => Type === "AWS::IAM::ManagedPolicy")
    .map(([name, { Properties }]) => {
      const { PolicyDocument }: Policy = JSON.parse(JSON.stringify(Properties))
      return [name, PolicyDocument.Statement]
    })
const rights = () => policies().flatMap(([, statements]) => statements)

describe("the role that workflows are lent", () => {
  it("trusts one repository's workflows in one GitHub Environment, each compared whole", () => {
    expect(template().Resources["Role"]?.Properties).toMatchObject({
      // It may change roles called viberglass-dev-…: not itself.
      RoleName: "pulumi-viberglass-dev",
      AssumeRolePolicyDocument: {
        Statement: [
          {
            ...{ Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity" },
            Condition: {
              StringEquals: {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:acme/viberglass:environment:dev",
              },
            },
          },
        ],
      },
    })
  })

  it("allows named actions on named things, and fits into AWS's sizes", () => {
    expect(policies().map(([name]) => name)).toEqual(["Network", "Things", "Identity"])
    for (const [name, statements] of policies()) {
      for (const { Sid, Action, Resource } of statements) {
        expect(list(Action), Sid).toEqual(list(Action).toSorted())
        for (const action of list(Action)) expect(action, Sid).toMatch(/^[a-z0-9]+:[A-Za-z]+$/)
        if (list(Resource).includes("*"))
          expect(
            list(Action).filter((action) => !TAKES_NO_RESOURCE.test(action)),
            Sid,
          ).toEqual([])
        else for (const resource of list(Resource)) expect(resource, Sid).toMatch(/^arn:aws:(s3:::|[a-z0-9]+:(eu-west-1)?:123456789012:)./)
      }
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without spaces
      expect(JSON.stringify({ Version: "2012-10-17", Statement: statements }).length, name).toBeLessThan(6144)
    }
  })

  it("hands on the stacks' own roles only, to the services that take them", () => {
    expect(rights().filter(({ Action }) => list(Action).includes("iam:PassRole"))).toEqual([
      expect.objectContaining({
        Resource: ["execution", "task", "events"].map((name) => `arn:aws:iam::123456789012:role/viberglass-dev-${name}`),
        Condition: { StringEquals: { "iam:PassedToService": ["ecs-tasks.amazonaws.com", "events.amazonaws.com"] } },
      }),
    ])
  })

  it("is enough to make each thing that the stacks make", async () => {
    const network = { "viberglass:networkMode": "enterprise", "viberglass:endpoints": "true" }
    const runs = await runUpTo("platform", "dev", { base: network, platform: { "viberglass:staticUser": "true" } })
    const made = Object.values(runs).flatMap(({ resources }) => resources)
    const kinds = new Set(made.map(({ type }) => type.replace(/^aws:(\w+)\/\w+:/, "$1 ")))
    expect([...kinds].toSorted()).toEqual(Object.keys(NEEDED).toSorted())
    const allowed = (action: string, resource: string) =>
      rights().some(({ Action, Resource }) => list(Action).includes(action) && list(Resource).some((pattern) => matches(pattern, resource)))
    for (const [kind, [actions, ...resources]] of Object.entries(NEEDED))
      for (const action of actions.split(" "))
        for (const resource of resources) expect(allowed(action, resource), `${kind}: ${action} on ${resource}`).toBe(true)
  })
})
const matches = (pattern: string, text: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(text)

const TAKES_NO_RESOURCE =
  /^(ec2:Describe\w+|kms:(CreateKey|ListAliases)|logs:DescribeLogGroups|ecr:GetAuthorizationToken|ssm:DescribeParameters|ecs:(Deregister|Describe|Register)TaskDefinition)$/

const at = (service: string, rest: string) => `arn:aws:${service}:${service === "iam" ? "" : "eu-west-1"}:123456789012:${rest}`
const role = (name: string) => at("iam", `role/viberglass-dev-${name}`)
const bucket = "arn:aws:s3:::viberglass-dev-payloads-123456789012"
/** By kind: the calls that make it, and on what, as AWS's service authorization reference names them. */
const NEEDED: Record<string, [actions: string, ...resources: string[]]> = {
  "cloudwatch EventApiDestination": ["events:CreateApiDestination", at("events", "api-destination/viberglass-dev-tasks")],
  "cloudwatch EventConnection": ["events:CreateConnection events:DescribeConnection", at("events", "connection/viberglass-dev-tasks")],
  "cloudwatch EventRule": ["events:PutRule events:TagResource events:DescribeRule", at("events", "rule/viberglass-dev-tasks")],
  "cloudwatch EventTarget": ["events:PutTargets events:ListTargetsByRule", at("events", "rule/viberglass-dev-tasks")],
  "cloudwatch LogGroup": [
    "logs:CreateLogGroup logs:PutRetentionPolicy logs:TagResource logs:AssociateKmsKey",
    ...[at("logs", "log-group:/ecs/viberglass-dev-worker"), at("logs", "log-group:/aws/lambda/viberglass-dev-worker")],
  ],
  "ec2 DefaultSecurityGroup": [
    "ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress ec2:CreateTags",
    at("ec2", "security-group/sg-1"),
  ],
  "ec2 Eip": ["ec2:AllocateAddress ec2:ReleaseAddress", at("ec2", "elastic-ip/eipalloc-1")],
  "ec2 InternetGateway": ["ec2:CreateInternetGateway ec2:AttachInternetGateway", at("ec2", "internet-gateway/igw-1")],
  "ec2 NatGateway": ["ec2:CreateNatGateway ec2:DeleteNatGateway", at("ec2", "natgateway/nat-1")],
  "ec2 Route": ["ec2:CreateRoute ec2:DeleteRoute", at("ec2", "route-table/rtb-1")],
  "ec2 RouteTable": ["ec2:CreateRouteTable ec2:DeleteRouteTable", at("ec2", "route-table/rtb-1")],
  "ec2 RouteTableAssociation": ["ec2:AssociateRouteTable ec2:DisassociateRouteTable", at("ec2", "route-table/rtb-1")],
  "ec2 SecurityGroup": [
    "ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupEgress",
    at("ec2", "security-group/sg-1"),
  ],
  "ec2 Subnet": ["ec2:CreateSubnet ec2:DeleteSubnet ec2:ModifySubnetAttribute", at("ec2", "subnet/subnet-1")],
  "ec2 Vpc": ["ec2:CreateVpc ec2:ModifyVpcAttribute ec2:CreateTags", at("ec2", "vpc/vpc-1")],
  "ec2 VpcEndpoint": ["ec2:CreateVpcEndpoint ec2:DeleteVpcEndpoints", at("ec2", "vpc-endpoint/vpce-1")],
  "ecr LifecyclePolicy": ["ecr:PutLifecyclePolicy ecr:GetLifecyclePolicy", at("ecr", "repository/viberator-worker")],
  "ecr Repository": ["ecr:CreateRepository ecr:DescribeRepositories ecr:TagResource", at("ecr", "repository/viberator-worker")],
  "ecr RepositoryPolicy": ["ecr:SetRepositoryPolicy ecr:GetRepositoryPolicy", at("ecr", "repository/viberator-worker")],
  "ecs Cluster": ["ecs:CreateCluster ecs:DescribeClusters ecs:TagResource", at("ecs", "cluster/viberglass-dev-worker")],
  "ecs ClusterCapacityProviders": ["ecs:PutClusterCapacityProviders", at("ecs", "cluster/viberglass-dev-worker")],
  "ecs TaskDefinition": ["ecs:RegisterTaskDefinition ecs:DescribeTaskDefinition", at("ecs", "task-definition/viberator-dev-multi-agent:1")],
  "iam OpenIdConnectProvider": [
    "iam:CreateOpenIDConnectProvider iam:GetOpenIDConnectProvider",
    at("iam", "oidc-provider/viberglass.example"),
  ],
  "iam Role": [
    "iam:CreateRole iam:GetRole iam:TagRole iam:UpdateAssumeRolePolicy iam:ListRolePolicies iam:ListAttachedRolePolicies",
    ...["execution", "task", "lambda", "control-plane", "deploy", "events"].map(role),
  ],
  "iam RolePolicy": ["iam:PutRolePolicy iam:GetRolePolicy", role("control-plane")],
  "iam User": ["iam:CreateUser iam:GetUser iam:TagUser", at("iam", "user/viberglass-dev-control-plane")],
  "iam UserPolicy": ["iam:PutUserPolicy iam:GetUserPolicy", at("iam", "user/viberglass-dev-control-plane")],
  "kms Alias": ["kms:CreateAlias kms:DeleteAlias", at("kms", "alias/viberglass-dev-ssm"), at("kms", "key/1")],
  "kms Key": ["kms:DescribeKey kms:EnableKeyRotation kms:GetKeyRotationStatus kms:PutKeyPolicy kms:TagResource", at("kms", "key/1")],
  "s3 Bucket": ["s3:CreateBucket s3:PutBucketTagging s3:GetBucketTagging", bucket],
  "s3 BucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration s3:GetLifecycleConfiguration", bucket],
  "s3 BucketOwnershipControls": ["s3:PutBucketOwnershipControls s3:GetBucketOwnershipControls", bucket],
  "s3 BucketPolicy": ["s3:PutBucketPolicy s3:GetBucketPolicy s3:DeleteBucketPolicy", bucket],
  "s3 BucketPublicAccessBlock": ["s3:PutBucketPublicAccessBlock s3:GetBucketPublicAccessBlock", bucket],
  "s3 BucketServerSideEncryptionConfiguration": ["s3:PutEncryptionConfiguration s3:GetEncryptionConfiguration", bucket],
  "s3 BucketVersioning": ["s3:PutBucketVersioning s3:GetBucketVersioning", bucket],
  "ssm Parameter": ["ssm:PutParameter ssm:GetParameters ssm:AddTagsToResource", at("ssm", "parameter/viberglass/dev/region")],
}

describe("setup-pulumi-state.sh", () => {
  const dry = (...args: string[]) =>
    // Nothing that it could call is on this PATH.
    spawnSync("/bin/bash", [SCRIPT, ...args], { encoding: "utf8", env: { PATH: "/nonexistent" } })

  it("prints every command in a dry run, and calls nothing", () => {
    const { status, stdout } = dry("--dry-run", "--region", "eu-west-1")
    expect(status).toBe(0)
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 3).join(" ")),
    ).toEqual([
      ...["create-bucket", "put-public-access-block", "put-bucket-versioning", "put-bucket-encryption", "put-bucket-policy"].map(
        (name) => `aws s3api ${name}`,
      ),
      ...["aws dynamodb create-table", "aws dynamodb wait"],
    ])
    expect(stdout).toContain("LocationConstraint=eu-west-1")
  })

  it("leaves the table out when it is told to, and a place where AWS wants none", () => {
    expect(dry("--dry-run", "--no-lock-table").stdout).not.toContain("dynamodb")
    expect(dry("--dry-run", "--region", "us-east-1").stdout).not.toContain("LocationConstraint")
  })

  it.each([
    [["--buckets", "x"], '"--buckets" means nothing here.'],
    [["--bucket"], "--bucket needs a value."],
    [["--bucket", "--dry-run"], "--bucket needs a value."],
    [["--bucket", "Big"], '"Big" cannot be a bucket\'s name.'],
    [["--region", "ireland"], '"ireland" is no region such as eu-west-1.'],
    [["--table", "a b"], '"a b" cannot be a table\'s name.'],
  ])("answers %j with 64", (args, words) => {
    const { status, stdout, stderr } = spawnSync("/bin/bash", [SCRIPT, ...args], { encoding: "utf8" })
    expect([status, stdout]).toEqual([64, ""])
    expect(stderr).toContain(words)
  })

  it("ends with AWS's own words where AWS refuses, and takes no bucket of somebody else's for one that is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "vg-aws-"))
    const words = "An error occurred (403) when calling the HeadBucket operation: Forbidden"
    writeFileSync(join(folder, "aws"), `#!/bin/bash\necho "$*" >> ${folder}/calls\necho "${words}" >&2\nexit 254\n`, { mode: 0o755 })
    const env = { PATH: `${folder}:${process.env["PATH"]}` }
    const { status, stderr } = spawnSync("/bin/bash", [SCRIPT, "--bucket", "somebody-elses"], { encoding: "utf8", env })
    expect([status, stderr]).toEqual([1, `${words}\n`])
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe("s3api head-bucket --bucket somebody-elses --region eu-west-1\n")
    rmSync(folder, { recursive: true })
  })

  it("is clean for shellcheck", ({ skip }) => {
    skip(!has("shellcheck"), "shellcheck is not installed")
    expect(spawnSync("shellcheck", ["-x", SCRIPT], { cwd: join(import.meta.dirname, "../.."), encoding: "utf8" }).stdout).toBe("")
  })
})

const reason = has("aws") ? (hasMoto ? null : NO_MOTO) : "AWS's command line tool is not installed (aws)"

describe("against moto", () => {
  let local: LocalAws | undefined
  beforeAll(async () => {
    if (reason === null) local = await startAws()
  })
  afterAll(() => local?.close())
  beforeEach(({ skip }) => skip(reason !== null, reason ?? ""))

  const env = () => ({
    ...process.env,
    ...{ AWS_ENDPOINT_URL: local?.url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-west-1" },
    ...{ AWS_DEFAULT_REGION: "eu-west-1", AWS_PAGER: "", AWS_CONFIG_FILE: "/dev/null" },
  })
  const run = async (program: string, ...args: string[]) => (await execute(program, args, { env: env() })).stdout
  const aws = async (...args: string[]) => JSON.parse(await run("aws", ...args, "--output", "json"))

  it("the state's bucket is closed, sealed and versioned, and a second run changes nothing", async () => {
    const bucket = "viberglass-pulumi-state-123456789012"
    expect(await run(SCRIPT)).toBe(`Ready. Next: pulumi login 's3://${bucket}?region=eu-west-1'\n`)
    expect(await aws("s3api", "get-bucket-versioning", "--bucket", bucket)).toMatchObject({ Status: "Enabled" })
    expect(await aws("s3api", "get-bucket-location", "--bucket", bucket)).toEqual({ LocationConstraint: "eu-west-1" })
    const { PublicAccessBlockConfiguration } = await aws("s3api", "get-public-access-block", "--bucket", bucket)
    expect(Object.values(PublicAccessBlockConfiguration)).toEqual([true, true, true, true])
    const sealed = await aws("s3api", "get-bucket-encryption", "--bucket", bucket)
    expect(JSON.stringify(sealed)).toContain('"SSEAlgorithm":"AES256"')
    const { Policy } = await aws("s3api", "get-bucket-policy", "--bucket", bucket)
    expect(JSON.parse(Policy).Statement).toEqual([
      expect.objectContaining({ Effect: "Deny", Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] }),
    ])
    const { Table } = await aws("dynamodb", "describe-table", "--table-name", "viberglass-pulumi-lock")
    expect(Table).toMatchObject({
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    })
    expect(await run(SCRIPT)).toContain(`The bucket ${bucket} is there.\nThe table viberglass-pulumi-lock is there.\n`)
  })

  it("without a lock table there is none", async () => {
    await run(SCRIPT, "--bucket", "other-state", "--table", "other-lock", "--no-lock-table")
    expect((await aws("dynamodb", "list-tables"))["TableNames"]).not.toContain("other-lock")
    expect(await aws("s3api", "get-bucket-versioning", "--bucket", "other-state")).toMatchObject({ Status: "Enabled" })
  })

  it("the template makes the role and its policies, for a provider that is there", async () => {
    // moto makes no provider by CloudFormation: it is there, as it is for an account's second environment.
    const issuer = ["--url", "https://token.actions.githubusercontent.com", "--client-id-list", "sts.amazonaws.com"]
    const { OpenIDConnectProviderArn: provider } = await aws("iam", "create-open-id-connect-provider", ...issuer)
    const values = (environment: string) =>
      Object.entries({ Repository: "acme/viberglass", Environment: environment, StateBucket: "state", ProviderArn: provider })
    const named = ["--capabilities", "CAPABILITY_NAMED_IAM"]
    await run(
      ...(["aws", "cloudformation", "deploy", "--stack-name", "viberglass-bootstrap-prod", "--template-file", TEMPLATE] as const),
      ...[...named, "--parameter-overrides", ...values("prod").map((pair) => pair.join("="))],
    )
    // moto fills in a stack's outputs only when it is made in one step.
    await aws(
      ...["cloudformation", "create-stack", "--stack-name", "viberglass-bootstrap-dev", "--template-body", `file://${TEMPLATE}`],
      ...[...named, "--parameters", ...values("dev").map(([name, value]) => `ParameterKey=${name},ParameterValue=${value}`)],
    )
    const query = ["--query", "Stacks[0].Outputs[].[OutputKey,OutputValue]"]
    expect(await aws("cloudformation", "describe-stacks", "--stack-name", "viberglass-bootstrap-dev", ...query)).toEqual([
      ["RoleArn", "arn:aws:iam::123456789012:role/pulumi-viberglass-dev"],
      ["ProviderArn", provider],
    ])
    const { Role } = await aws("iam", "get-role", "--role-name", "pulumi-viberglass-prod")
    expect(Role.AssumeRolePolicyDocument.Statement).toEqual([
      expect.objectContaining({
        Principal: { Federated: provider },
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/viberglass:environment:prod",
          },
        },
      }),
    ])
    const { AttachedPolicies } = await aws("iam", "list-attached-role-policies", "--role-name", "pulumi-viberglass-prod")
    expect(AttachedPolicies).toHaveLength(3)
  })
})
