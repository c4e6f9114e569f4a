import { EventApiDestination, EventConnection, EventRule, EventTarget } from "@pulumi/aws/cloudwatch/index.js"
import { Role, RolePolicy } from "@pulumi/aws/iam/index.js"
import { jsonStringify } from "@pulumi/pulumi"
import { policy } from "../../policy.ts"
import { namedBy } from "../../tags.ts"
import type { PlatformConfig } from "../config.ts"

/** An event only wakes the job's object, which then looks for itself: one that comes late is of no use. */
const RETRY = { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 10 }

/** Tells the control plane of changes of tasks in its cluster. Without it tasks are looked at as well, only later. */
export function makeEvents(config: PlatformConfig): void {
  const { account, environment, region, workers } = config
  const named = namedBy(config)
  const name = `viberglass-${environment}-tasks`
  const rule = new EventRule("tasks", {
    ...{ name, description: "Tasks of the workers' cluster" },
    eventPattern: jsonStringify({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      // Every other change tells nothing that a worker does not say itself; and each event carries the task's launch values.
      detail: { lastStatus: ["DEPROVISIONING", "STOPPED"], clusterArn: [workers.clusterArn] },
    }),
    ...named("tasks"),
  })
  const connection = new EventConnection("control-plane", {
    ...{ name, description: "Shows the control plane who calls", authorizationType: "API_KEY" },
    authParameters: { apiKey: { key: "x-viberglass-key", value: config.hookKey } },
  })
  const destination = new EventApiDestination("control-plane", {
    ...{ name, connectionArn: connection.arn, httpMethod: "POST", invocationEndpoint: `${config.publicUrl}/hooks/aws` },
    invocationRateLimitPerSecond: 50,
  })
  const role = new Role("events", {
    ...{ name: `viberglass-${environment}-events`, maxSessionDuration: 3600 },
    assumeRolePolicy: policy(new URL("../policies/events-trust.json", import.meta.url), { account, region, rule: name }),
    ...named("events"),
  })
  new RolePolicy("events", {
    ...{ role: role.name, name: "events" },
    policy: policy(new URL("../policies/events.json", import.meta.url), { account, destination: name }),
  })
  new EventTarget("control-plane", { rule: rule.name, arn: destination.arn, roleArn: role.arn, retryPolicy: RETRY })
}
