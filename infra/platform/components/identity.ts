import { OpenIdConnectProvider, Role, RolePolicy, User, UserPolicy } from "@pulumi/aws/iam/index.js"
import { policy } from "../../policy.ts"
import { namedBy } from "../../tags.ts"
import type { PlatformConfig } from "../config.ts"

/**
 * The control plane vouches for itself and AWS lends it a role. The user is for accounts that do not trust addresses outside;
 * its key is made by hand, so that none lies in a stack's state.
 */
export function makeIdentity(config: PlatformConfig) {
  const { account, environment, publicUrl, workers } = config
  const named = namedBy(config)
  const issuer = publicUrl.replace("https://", "")
  const provider = new OpenIdConnectProvider("control-plane", {
    ...{ url: publicUrl, clientIdLists: ["sts.amazonaws.com"], ...named("control-plane") },
  })
  const rights = policy(new URL("../policies/control-plane.json", import.meta.url), {
    ...{ account, environment, cluster: workers.clusterName, executionRole: workers.executionRoleArn },
    ...{ taskRole: workers.taskRoleArn, lambdaRole: workers.lambdaRoleArn },
  })
  const role = new Role(
    "control-plane",
    {
      ...{ name: `viberglass-${environment}-control-plane`, maxSessionDuration: 3600 },
      assumeRolePolicy: policy(new URL("../policies/control-plane-trust.json", import.meta.url), { account, environment, issuer }),
      ...named("control-plane"),
    },
    { dependsOn: [provider] },
  )
  new RolePolicy("control-plane", { role: role.name, name: "control-plane", policy: rights })
  if (!config.staticUser) return { role, user: null }
  const user = new User("control-plane", { name: `viberglass-${environment}-control-plane`, ...named("control-plane-user") })
  new UserPolicy("control-plane", { user: user.name, name: "control-plane", policy: rights })
  return { role, user }
}
