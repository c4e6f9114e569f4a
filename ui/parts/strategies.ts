import type { ComputeType } from "#contract/clankers.ts"

/** Where a clanker runs, in words for people who choose. */
export const STRATEGIES = {
  lambda: {
    name: "AWS Lambda",
    text: "A function from a container image. Starts fast and costs nothing while idle.",
    note: "Jobs end after 15 minutes.",
  },
  ecs: {
    name: "AWS ECS",
    text: "A Fargate task for each job. For long jobs and more memory.",
    note: "No limit of time by the platform.",
  },
  docker: {
    name: "Docker",
    text: "A container on a machine of yours that has connected itself.",
    note: "Self-hosted and development.",
  },
} as const satisfies Record<ComputeType, { name: string; text: string; note: string }>
