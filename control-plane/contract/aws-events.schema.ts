import { z } from "zod"

/** What EventBridge delivers, whatever it is about: https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html */
export const awsEventSchema = z.object({
  source: z.string().max(200),
  "detail-type": z.string().max(200),
  detail: z.unknown(),
})

export const TASK_STATE_CHANGE = { source: "aws.ecs", type: "ECS Task State Change" } as const

/** What is read of a task's change: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
export const taskChangeSchema = z.object({
  detail: z.object({
    taskArn: z.string().max(400),
    lastStatus: z.string().max(100),
    /** Of our own tasks the job; services and people write other things here, or nothing. */
    startedBy: z.string().max(400).optional(),
  }),
})
