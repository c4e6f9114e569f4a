import { Cluster, ClusterCapacityProviders } from "@pulumi/aws/ecs/index.js"
import { namedBy } from "../tags.ts"
import type { WorkersConfig } from "./config.ts"

/** For clankers only: the control plane's policy and AWS's events are limited to it. */
export function makeCluster(config: WorkersConfig): Cluster {
  const cluster = new Cluster("worker", {
    name: `viberglass-${config.environment}-worker`,
    settings: [{ name: "containerInsights", value: config.containerInsights ? "enabled" : "disabled" }],
    ...namedBy(config)("worker"),
  })
  new ClusterCapacityProviders("worker", {
    clusterName: cluster.name,
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1, base: 0 }],
  })
  return cluster
}
