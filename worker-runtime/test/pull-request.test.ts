// Step 8 against the forge's REST API, and what is left when answers are lost, refused or late.
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import type { FaultMatch } from "../../testbed/forge.ts"
import { again, attempt } from "./attempts.ts"
import { FINISHED, TOKEN, startRig } from "./rig.ts"
import type { Ran, Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n", "src/a.txt": "one\n" }, ["acme", "contributor", "other"])
  await rig.forge.createRepository({ name: "contributor/demo", files: {}, forkOf: "acme/demo" })
  await rig.forge.createRepository({ name: "other/demo", files: {}, forkOf: "acme/demo" })
})
afterAll(() => rig.close())

type PullRequest = NonNullable<Payload["repository"]["pullRequest"]>

/** A job that pushes to `from`, with a pull request of these settings. */
function job(wanted: Partial<PullRequest> = {}, from = "acme/demo"): Payload {
  const payload = rig.payload()
  const { repository } = payload
  if (repository.pullRequest === undefined) throw new Error("The rig's payload asks for a pull request.")
  return {
    ...payload,
    repository: { ...repository, url: rig.forge.cloneUrl(from), pullRequest: { ...repository.pullRequest, ...wanted } },
  }
}

const pullsOf = async ({ repository: { branch } }: Payload) =>
  (await rig.forge.pullRequests("acme/demo")).filter(({ head }) => head.ref === branch)
const noticesOf = ({ events }: Ran) => events.flatMap((event) => (event.kind === "notice" ? [`${event.code}: ${event.text}`] : []))
const POST: FaultMatch = { method: "POST", path: /\/pulls$/ }
const LIST: FaultMatch = { method: "GET", path: /\/pulls\?/ }

async function edit(number: number, change: object): Promise<void> {
  const answer = await fetch(`${rig.forge.apiUrl}/repos/acme/demo/pulls/${number}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(change),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

test("is opened as a draft, with labels and reviewers; one who may not review is told, and the others are asked", async () => {
  rig.agent(`echo draft > draft; ${FINISHED}`)
  const payload = job({ draft: true, labels: ["agent", "later"], reviewers: ["reader", "stranger", "bot", "acme/nobody"] })
  const ran = await rig.run(payload)
  expect(ran.outcome).toMatchObject({ status: "succeeded", pullRequest: { number: expect.any(Number) } })
  const [pull] = await pullsOf(payload)
  expect(pull).toMatchObject({ draft: true, requested_reviewers: [{ login: "reader" }] })
  expect(pull?.labels.map(({ name }) => name)).toEqual(["agent", "later"])
  expect(noticesOf(ran)).toEqual([
    expect.stringMatching(/^pull-request-incomplete: reviewer stranger: Reviews may only be requested from collaborators/),
    expect.stringMatching(/^pull-request-incomplete: reviewer bot: Review cannot be requested from pull request author/),
    expect.stringMatching(/^pull-request-incomplete: reviewer acme\/nobody: /),
  ])
})

test("a repository without drafts gets it as a plain one, and that is told", async () => {
  rig.agent(`echo plain > plain; ${FINISHED}`)
  const message = "Draft pull requests are not supported in this repository."
  rig.forge.fault(POST, { status: 422, body: JSON.stringify({ message, errors: [{ message }] }) })
  const payload = job({ draft: true })
  const ran = await rig.run(payload)
  expect(ran.outcome).toMatchObject({ status: "succeeded" })
  expect(await pullsOf(payload)).toMatchObject([{ draft: false }])
  expect(noticesOf(ran)).toEqual([expect.stringContaining("pull-request-incomplete: draft: Draft pull requests are not supported")])
})

test("a further run replaces its own part of the text, and nothing that people wrote", async () => {
  const write = (title: string) =>
    `printf '${title}\\n\\nWhy ${title}. <!-- viberglass:end --> More.\\n' > "$VIBERATOR_OUTPUT/pull-request.md"`
  rig.agent(`echo one > text; ${write("feat: one")}; ${FINISHED}`)
  const payload = job({ labels: ["agent"] })
  await rig.run(payload)
  const [first] = await pullsOf(payload)
  if (first === undefined) throw new Error("There is no pull request.")
  expect(first).toMatchObject({ title: "feat: one", body: expect.stringContaining("Why feat: one.  More.") })
  await edit(first.number, { title: "A better title", body: `Above.\n\n${first.body}\n\nBelow.` })
  rig.agent(`echo two > text; ${write("feat: two")}; ${FINISHED}`)
  const again = { ...job(), repository: payload.repository }
  const ran = await rig.run(again)
  expect(ran.events).toContainEqual(expect.objectContaining({ kind: "pull-request", number: first.number, action: "updated" }))
  const [second, ...others] = await pullsOf(payload)
  expect(others).toEqual([])
  expect(second).toMatchObject({ title: "A better title", body: expect.stringMatching(/^Above\.\n\n[^]*\n\nBelow\.$/) })
  expect(second?.body).toContain("Why feat: two.")
  expect(second?.body).not.toContain("Why feat: one.")
})

test("a closed pull request is not opened again: there is a new one", async () => {
  rig.agent(`echo one > closed; ${FINISHED}`)
  const payload = job()
  await rig.run(payload)
  const [first] = await pullsOf(payload)
  await edit(first?.number ?? 0, { state: "closed" })
  rig.agent(`echo two > closed; ${FINISHED}`)
  const further = job(first === undefined ? {} : { existing: first.number })
  const { outcome } = await rig.run({ ...further, repository: { ...further.repository, branch: payload.repository.branch } })
  expect(outcome).toMatchObject({ status: "succeeded" })
  expect((await pullsOf(payload)).map(({ state }) => state).toSorted()).toEqual(["closed", "open"])
})

test("of a fork goes against its upstream, and is found again there among those of other forks", async () => {
  const payload = job({}, "contributor/demo")
  const { branch } = payload.repository
  rig.agent(`echo theirs > fork; ${FINISHED}`)
  const other = await rig.run({ ...job({}, "other/demo"), repository: { ...job({}, "other/demo").repository, branch } })
  rig.agent(`echo fork > fork; ${FINISHED}`)
  const first = await rig.run(payload)
  expect([other.outcome, first.outcome]).toMatchObject([{ status: "succeeded" }, { status: "succeeded" }])
  rig.agent(`echo more >> fork; ${FINISHED}`)
  const second = await rig.run({ ...job(), repository: payload.repository })
  expect(second.events).toContainEqual(expect.objectContaining({ kind: "pull-request", action: "updated" }))
  const pulls = await pullsOf(payload)
  expect(pulls.map(({ head }) => String(head["label"])).toSorted()).toEqual([`contributor:${branch}`, `other:${branch}`])
  expect(await rig.forge.git("contributor/demo", "show", `${branch}:fork`)).toBe("fork\nmore")
  expect(await rig.forge.git("other/demo", "show", `${branch}:fork`)).toBe("theirs")
  await expect(rig.forge.git("acme/demo", "rev-parse", "--verify", branch)).rejects.toThrow()
})

test.each([
  ["is beside the repository when none is given", undefined],
  ["may end with a slash", "/"],
])("the API of an Enterprise server %s", async (what, ending) => {
  rig.agent(`echo "${what}" > enterprise; ${FINISHED}`)
  const { scm, ...payload } = job()
  const { apiUrl, ...rest } = scm
  const given = ending === undefined ? rest : { ...rest, apiUrl: `${apiUrl}${ending}` }
  expect((await rig.run({ ...payload, scm: given })).outcome).toMatchObject({
    status: "succeeded",
    pullRequest: { url: expect.stringMatching(/\/acme\/demo\/pull\/\d+$/) },
  })
})

const words = (message: string) => JSON.stringify({ message, documentation_url: "https://docs.github.com/rest" })
test.each([
  ["401", LIST, { status: 401, body: words("Bad credentials") }, "Bad credentials"],
  ["403", POST, { status: 403, body: words("Resource not accessible by integration") }, "Resource not accessible by integration"],
  ["404", LIST, { status: 404, body: words("Not Found") }, "Not Found"],
  ["429 for longer than anybody waits", POST, { status: 429, headers: { "retry-after": "3600" }, body: words("Slow down") }, "Slow down"],
  ["502, again and again", POST, { status: 502, times: 3, body: "<html>Bad Gateway</html>" }, "Bad Gateway"],
])("a refusal keeps its status and its words: %s", async (name, match, fault, detail) => {
  rig.agent(`echo "${name}" > refused; ${FINISHED}`)
  rig.forge.fault(match, { headers: { "content-type": "application/json" }, ...fault })
  const payload = job()
  const { outcome } = await rig.run(payload)
  expect(outcome).toMatchObject({
    status: "failed",
    failure: { kind: "pull-request-rejected", step: "open-pull-request", status: fault.status, detail: expect.stringContaining(detail) },
    branch: payload.repository.branch,
  })
  expect(await pullsOf(payload)).toEqual([])
})

test.each([
  ["no commits", (payload: Payload) => ["update-ref", "refs/heads/release", payload.repository.branch], "No commits between release and "],
  ["no head", (payload: Payload) => ["update-ref", "-d", `refs/heads/${payload.repository.branch}`], "head: invalid"],
  ["no base", () => ["update-ref", "-d", "refs/heads/release"], "base: invalid"],
])("what the forge says of a pull request that cannot be: %s", async (name, act, detail) => {
  await rig.forge.git("acme/demo", "update-ref", "refs/heads/release", "main")
  rig.agent(`echo "${name}" > impossible; ${FINISHED}`)
  const payload = job({ baseBranch: "release" })
  const held = rig.forge.hold(LIST)
  const running = rig.run(payload)
  await held.arrived
  await rig.forge.git("acme/demo", ...act(payload))
  held.release()
  expect((await running).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "pull-request-rejected", status: 422, detail: expect.stringContaining(detail) },
  })
})

test("goes against the base branch of pull requests, where the project has another", async () => {
  await rig.forge.git("acme/demo", "update-ref", "refs/heads/release", "main")
  rig.agent(`echo release > against; ${FINISHED}`)
  const payload = job({ baseBranch: "release" })
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded" })
  expect(await pullsOf(payload)).toMatchObject([{ base: { ref: "release" } }])
})

test("one that the list does not show yet is found when the forge refuses a second", async () => {
  rig.agent(`echo one > late; ${FINISHED}`)
  const payload = job()
  await rig.run(payload)
  rig.agent(`echo two > late; ${FINISHED}`)
  rig.forge.fault(LIST, { status: 200, headers: { "content-type": "application/json" }, body: "[]" })
  const ran = await rig.run({ ...job(), repository: payload.repository })
  expect(ran.outcome).toMatchObject({ status: "succeeded" })
  expect(ran.events).toContainEqual(expect.objectContaining({ kind: "pull-request", action: "updated" }))
  expect(await pullsOf(payload)).toHaveLength(1)
})

test.each([
  ["a secondary limit", { status: 403, headers: { "retry-after": "1" }, body: words("You have exceeded a secondary rate limit.") }],
  ["429", { status: 429, headers: { "retry-after": "1" }, body: words("Too many") }],
  [
    "a used-up limit that has been renewed",
    { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }, body: words("API rate limit exceeded") },
  ],
])("a forge that was asked too often is asked again when it says: %s", async (name, fault) => {
  rig.agent(`echo "${name}" > limited; ${FINISHED}`)
  rig.forge.fault(POST, fault)
  const payload = job()
  const ran = await rig.run(payload)
  expect(ran.outcome).toMatchObject({ status: "succeeded" })
  expect(noticesOf(ran)).toEqual([expect.stringContaining("forge-rate-limited: The forge was asked too often and is asked again in")])
  expect(await pullsOf(payload)).toHaveLength(1)
})

test("labels that the forge never takes are told, and end nothing", async () => {
  rig.agent(`echo labels > labels; ${FINISHED}`)
  rig.forge.fault({ method: "POST", path: "/labels" }, { status: 503, times: 3 })
  const ran = await rig.run(job({ labels: ["agent"] }))
  expect(ran.outcome).toMatchObject({ status: "succeeded", pullRequest: { number: expect.any(Number) } })
  expect(noticesOf(ran)).toEqual([expect.stringContaining("pull-request-incomplete: labels and reviewers: Injected 503")])
})

test("a pull request whose answer was lost is the only one", async () => {
  rig.agent(`echo lost > lost; ${FINISHED}`)
  rig.forge.fault(POST, { cut: true })
  const payload = job()
  const { outcome } = await rig.run(payload)
  const pulls = await pullsOf(payload)
  expect(pulls).toHaveLength(1)
  expect(outcome).toMatchObject({ status: "succeeded", pullRequest: { number: pulls[0]?.number } })
})

test("a worker that dies between the forge's answer and its own word is followed by one that finds the pull request", async () => {
  rig.agent(`echo died > died; ${FINISHED}`)
  const held = rig.forge.hold(POST)
  const payload = job()
  let die = () => {}
  const first = attempt(rig, {
    payload,
    on: (_event, { machine }) => (die = () => machine({ kind: "fenced", reason: "as dead as can be" })),
  })
  await held.arrived
  die()
  held.release()
  const { events, ...rest } = await first
  expect(events).not.toContainEqual(expect.objectContaining({ kind: "pull-request" }))
  rig.agent(`touch "$HOME/../../ran-again"; exit 9`)
  const second = await attempt(rig, {
    payload: again({ ...rest, events }),
    from: { ...rest, events },
    resume: { startAt: "commit-and-push" },
  })
  expect(second.events).toContainEqual(expect.objectContaining({ kind: "pull-request", action: "updated" }))
  expect(second.outcome).toMatchObject({ status: "succeeded", changedFiles: ["died"] })
  expect(await pullsOf(payload)).toHaveLength(1)
})
