import { TaskDefinition } from "@pulumi/aws/ecs/index.js"
import { jsonStringify, type Output } from "@pulumi/pulumi"
import { namedBy } from "../tags.ts"
import type { WorkersConfig } from "./config.ts"
import type { Images } from "./repositories.ts"
import type { Roles } from "./roles.ts"

/** What a clanker can copy or use as it is: all agents in one image, and Claude Code alone. By repository, as ECS's own may come later. */
const BASELINES = {
  "multi-agent": ["viberator-worker-multi-agent"],
  "claude-code": ["viberator-worker-claude-code-ecs", "viberator-worker-claude"],
} as const

/** Fargate's longest: the worker ends its agent, keeps a checkpoint and says its last word in it. */
const STOP_TIMEOUT_SECONDS = 120

/** The same container that the control plane registers for a clanker with an image and nothing else; a test compares them. */
export function makeDefinitions(
  config: WorkersConfig,
  { roles, images }: { roles: Roles; images: Images },
): Record<string, Output<string>> {
  const made = Object.entries(BASELINES).map(([name, repositories]) => {
    const family = `viberator-${config.environment}-${name}`
    const definition = new TaskDefinition(name, {
      ...{ family, requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "1024", memory: "2048" },
      ...{ executionRoleArn: roles.execution.arn, taskRoleArn: roles.task.arn },
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      containerDefinitions: jsonStringify([
        {
          ...{ name: "worker", image: imageOf(config, images, repositories), essential: true, stopTimeout: STOP_TIMEOUT_SECONDS },
          // As control-plane/compute/ecs-task.ts: no init but the image's own, whose environment the agent may not read.
          linuxParameters: { initProcessEnabled: false, capabilities: { drop: ["ALL"] } },
          logConfiguration: {
            logDriver: "awslogs",
            options: { "awslogs-group": config.ecsLogGroup, "awslogs-region": config.region, "awslogs-stream-prefix": family },
          },
        },
      ]),
      // A revision that a clanker has copied or uses stays when the next one comes.
      ...{ skipDestroy: true, ...namedBy(config)(name) },
    })
    return [name, definition.arn] as const
  })
  return Object.fromEntries(made)
}

function imageOf(config: WorkersConfig, images: Images, repositories: readonly string[]): Output<string> {
  const wanted = repositories.flatMap((name) => Object.entries(config.images).filter(([, { repository }]) => repository === name))
  const image = images[wanted[0]?.[0] ?? ""]
  if (!image) throw new Error(`images.json has no image ${repositories.join(" or ")}.`)
  return image
}
