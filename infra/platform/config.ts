// The only file of this stack that reads configuration and the outputs of others.
import type { Output } from "@pulumi/pulumi"
import { type Common, outputsOf, Reading, STACK_NAME } from "../read.ts"

export interface PlatformConfig extends Common {
  account: Output<string>
  /** The control plane's own https origin, which is also the issuer that AWS trusts. */
  publicUrl: string
  staticUser: boolean
  github: { repository: string; providerArn: string | null }
  /** What AWS shows at `/hooks/aws`. */
  hookKey: Output<string>
  workers: {
    clusterName: Output<string>
    clusterArn: Output<string>
    executionRoleArn: Output<string>
    taskRoleArn: Output<string>
    taskRoleName: Output<string>
    lambdaRoleArn: Output<string>
    lambdaRoleName: Output<string>
    managedDefaultsParameter: Output<string>
  }
}

export function readConfig(): PlatformConfig {
  const reading = new Reading()
  const baseStack = reading.text("baseStack", STACK_NAME)
  const workerStack = reading.text("workerStack", STACK_NAME)
  const config = {
    ...reading.common("platform"),
    publicUrl: reading.text("publicUrl", ORIGIN),
    staticUser: reading.flag("staticUser"),
    github: { repository: reading.text("githubRepository", GITHUB), providerArn: reading.optional("githubProviderArn", GITHUB_PROVIDER) },
    hookKey: reading.secret("hookKey", HOOK_KEY),
  }
  reading.finish(config)
  const base = outputsOf(baseStack)
  const { text } = outputsOf(workerStack)
  const workers = {
    ...{ clusterName: text("clusterName"), clusterArn: text("clusterArn") },
    ...{ executionRoleArn: text("executionRoleArn"), taskRoleArn: text("taskRoleArn"), taskRoleName: text("taskRoleName") },
    ...{ lambdaRoleArn: text("lambdaRoleArn"), lambdaRoleName: text("lambdaRoleName") },
    managedDefaultsParameter: text("managedDefaultsParameter"),
  }
  return { ...config, account: base.text("account"), workers }
}

// AWS fetches the issuer's keys from there: https, and the address itself without a path.
const ORIGIN = { pattern: /^https:\/\/[a-z0-9.-]+$/, looks: "the control plane's https address, without a slash at its end" }
const GITHUB = { pattern: /^[\w.-]+\/[\w.-]+$/, looks: "a repository at GitHub, as owner/name" }
const GITHUB_PROVIDER = {
  pattern: /^arn:aws:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
  looks: "arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com",
}
const HOOK_KEY = { pattern: /^[\x21-\x7e]{32,512}$/, looks: "at least 32 characters without spaces (openssl rand -base64 32)" }
