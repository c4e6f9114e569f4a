import { OpenIdConnectProvider, Role, RolePolicy } from "@pulumi/aws/iam/index.js"
import { policy } from "../../policy.ts"
import { namedBy } from "../../tags.ts"
import type { PlatformConfig } from "../config.ts"

const ISSUER = "token.actions.githubusercontent.com"

/**
 * What workflows that push images are lent: only from this repository, and only in the GitHub Environment of this name, which
 * has its own reviewers. An account has one provider for GitHub: where the bootstrap made it, its ARN is given.
 */
export function makeGithubDeploys(config: PlatformConfig) {
  const { account, environment, github } = config
  const named = namedBy(config)
  const made =
    github.providerArn === null
      ? [new OpenIdConnectProvider("github", { url: `https://${ISSUER}`, clientIdLists: ["sts.amazonaws.com"], ...named("github") })]
      : []
  const role = new Role(
    "deploy",
    {
      ...{ name: `viberglass-${environment}-deploy`, maxSessionDuration: 3600 },
      assumeRolePolicy: policy(new URL("../policies/deploy-trust.json", import.meta.url), {
        ...{ account, environment, repository: github.repository },
      }),
      ...named("deploy"),
    },
    { dependsOn: made },
  )
  new RolePolicy("deploy", {
    ...{ role: role.name, name: "deploy" },
    policy: policy(new URL("../policies/deploy.json", import.meta.url), { account, environment }),
  })
  return { role }
}
