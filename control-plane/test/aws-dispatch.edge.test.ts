import { afterEach, beforeAll, expect, it } from "vitest"
import { overrides } from "../context.ts"
import { PAUSE_CAP, queueObject } from "../queue/stub.ts"
import { idle } from "./clock.ts"
import { countQuestions } from "./counted-database.ts"
import { type Asked, fakeAws, type FakeAws, REGION, useAws, withFunction } from "./fake-aws.ts"
import { type Caller, caller, createStage, createUser, env, rawJob, setUp, startResearch, until } from "./harness.ts"

// What a dispatch to AWS costs, from the moment in which a waiting job gets its slot until its row says that it starts.
const MOST_QUESTIONS = 3
const FUNCTION = "viberator-counted"

let admin: Caller
let aws: FakeAws

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  aws = fakeAws()
  withFunction(aws, FUNCTION)
  useAws(aws)
})
afterEach(() => delete overrides.database)

const pause = (paused: boolean) => queueObject(env).setCap(PAUSE_CAP, paused ? 0 : 1000, paused ? "paused" : null)
const statusOf = async (id: string) =>
  (await env.DB.prepare("SELECT status FROM jobs WHERE id = ?").bind(id).first<{ status: string }>())?.status

const IMAGE = `123456789012.dkr.ecr.${REGION}.amazonaws.com/viberator-worker:1`
it.each<[string, object, (asked: Asked) => boolean]>([
  ["ECS", { computeType: "ecs", containerImage: "registry.test/worker:1" }, ({ action }) => action === "RunTask"],
  ["Lambda", { computeType: "lambda", imageUri: IMAGE, functionName: FUNCTION }, ({ url }) => url.includes("/invocations?")],
])("a dispatch to %s asks AWS once and D1 at most three times", async (name, deploymentConfig, isLaunch) => {
  const { project } = await createStage(admin, `Counted on ${name}`, {}, deploymentConfig)
  await pause(true)
  const { job } = await startResearch(admin, project.id)
  await until("the job in the line", async () => (await queueObject(env).describe(job.id)) !== null)
  await idle(rawJob(job.id))
  aws.asked.length = 0
  const { database, questions } = countQuestions(env.DB)
  overrides.database = database
  await pause(false)
  await until("the launch", () => aws.asked.some(isLaunch))
  await until("the row", async () => (await statusOf(job.id)) === "launching")
  await idle(rawJob(job.id))
  expect(aws.asked.map(isLaunch)).toEqual([true])
  expect(questions.length).toBeGreaterThan(0)
  expect(questions.length, questions.join("\n")).toBeLessThanOrEqual(MOST_QUESTIONS)
})
