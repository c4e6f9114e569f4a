import { z } from "zod"
import { selfTestStartSchema } from "#contract/clankers.schema.ts"
import { jobReplySchema } from "#contract/jobs.schema.ts"
import { announce } from "../feed/announce.ts"
import { type App, route } from "../http/route.ts"
import { startSelfTest } from "../jobs/self-test.ts"

export function mountSelfTests(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/clankers/:id/self-tests",
      caller: "write",
      summary: "Try a clanker: a worker starts, its secrets arrive, the agent answers one prompt",
      params: { id: z.string().max(100) },
      body: selfTestStartSchema,
      reply: jobReplySchema,
      status: 202,
      creates: true,
    },
    async ({ context, caller, params: { id }, body: { projectId = null } }) => {
      const job = await startSelfTest(context, { user: caller, clanker: id, projectId })
      await announce(context, "clanker", { id: job.clankerId })
      return { body: { job } }
    },
  )
}
