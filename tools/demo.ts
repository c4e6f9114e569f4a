// The main job, headless: a ticket becomes a pull request on this machine. `--live` uses the real model with your key.
import { readdirSync, readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { AGENTS, type AgentSlug } from "#contract/agents.ts"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { Phase, PhaseDocument, Ticket } from "#contract/tickets.ts"
import { fixedSlugify } from "../testbed/demo-repository.ts"
import { chooseAgent } from "./agent.ts"
import { type Rig, startRig } from "./rig.ts"

const REPOSITORY = "acme/demo"
const say = (text: string) => console.log(text)

const { values } = parseArgs({
  options: { live: { type: "boolean", default: false }, agent: { type: "string" }, verbose: { type: "boolean", default: false } },
})
process.exitCode = await demo(chooseAgent(values.agent), values.live)

async function demo(agent: AgentSlug, live: boolean): Promise<number> {
  const key = live ? liveKey(agent) : null
  if (live && !key) {
    say(`--live needs ${liveNames(agent).join(" or ")} in the environment.`)
    return 64
  }
  say(
    live
      ? "The model is the real one: this costs money."
      : "The model is SCRIPTED: a stand-in on this machine plays a fixed part. The agent CLI, git, workerd, D1, R2 and the Durable Objects are real.",
  )
  const rig = await startRig({ agent, live: key })
  try {
    return await journey(rig, agent, live)
  } finally {
    await rig.close()
  }
}

async function journey(rig: Rig, slug: AgentSlug, live: boolean): Promise<number> {
  const { api, forge, agent, model } = rig
  say(
    `Control plane ${rig.control.url}, forge ${forge.url}, agent ${slug} ${agent.version} (${agent.source === "path" ? "found on the PATH" : "pinned, in .local/agents"})`,
  )
  const { host } = await rig.startHost()
  say(`Host "${host.name}" connected: engine ${host.engine?.kind}, ${host.slots} slots`)
  const { project, clanker } = await rig.prepare({ repository: REPOSITORY, project: "Demo" })
  say(
    `Project ${project.key}, clanker ${clanker.slug}: ${clanker.deployment?.steps.map(({ name, state }) => `${name} ${state}`).join(", ")} → ${clanker.status}`,
  )

  const ticket = await api.post<Ticket>("/api/tickets", {
    projectId: project.id,
    title: "slugify leaves umlauts and repeated separators in slugs",
    description:
      "`npm test` fails. Titles such as “Über  uns!” must become `uber-uns`: accents folded, everything else a single dash, none at the ends.",
    severity: "high",
  })
  say(`Ticket ${ticket.key}: ${ticket.title}`)

  for (const phase of ["research", "planning"] as const) {
    await run(rig, ticket, phase)
    const document = await api.get<PhaseDocument>(`/api/tickets/${ticket.id}/phases/${phase}/document`)
    say(`  document revision ${document.revision} (${document.state}): ${document.content.split("\n").find((line) => line.trim() !== "")}`)
    await api.put(`/api/tickets/${ticket.id}/phases/${phase}/document/approval`, { state: "approved", revision: document.revision })
    say(`  approved`)
  }
  const { job, events, processes } = await run(rig, ticket, "execution")

  const diff = await forge.git(REPOSITORY, "diff", `main...${job.branch}`)
  say(`\nPull request: ${job.pullRequest?.url}\n\n${diff}\n`)
  const problems = live ? [] : await doubts(rig, job, events, processes)
  if (job.commit !== (await forge.git(REPOSITORY, "rev-parse", `refs/heads/${job.branch}`)))
    problems.push("the branch of the bare repository is not the job's commit")
  if (diff.trim() === "") problems.push("the pull request changes nothing")
  for (const problem of problems) say(`✗ ${problem}`)
  if (problems.length === 0 && !live)
    say(
      `✓ ${processes.size} process(es) of ${slug} seen at work, ${model.requests().length} scripted model calls, commit ${job.commit?.slice(0, 10)} by job ${job.id}`,
    )
  return problems.length === 0 ? 0 : 1
}

/** Starts a phase and prints each step as it happens. Throws when it does not succeed. */
async function run(
  { api, agent }: Rig,
  ticket: Ticket,
  phase: Phase,
): Promise<{ job: Job; events: StoredEvent[]; processes: Set<number> }> {
  const { job: started } = await api.post<{ job: Job }>(`/api/tickets/${ticket.id}/phases/${phase}/runs`, {})
  say(`\n${phase} (${started.id})`)
  const events: StoredEvent[] = []
  const processes = new Set<number>()
  const watch = setInterval(() => agentProcesses(`${started.id}-`, agent.binary).forEach((pid) => processes.add(pid)), 50)
  const job = await api.follow(started.id, { event: (event) => (events.push(event), print(event)) }).finally(() => clearInterval(watch))
  if (job.status !== "succeeded")
    throw new Error(
      `${phase} ended ${job.status}: ${job.failure?.message ?? job.cause} ${job.failure?.["detail"] ?? ""}\n${job.failure?.lastLines.join("\n") ?? ""}`,
    )
  say(`  ${job.status} in attempt ${job.attempt}, ${job.lastSeq} events, ${job.usage.inputTokens} + ${job.usage.outputTokens} tokens`)
  return { job, events, processes }
}

function print(event: StoredEvent): void {
  if (values.verbose) return say(`  ${JSON.stringify(event)}`)
  if (event.kind === "step" && event["state"] !== "intent") say(`  ${String(event["state"]).padEnd(8)} ${event["step"]}`)
  if (event.kind === "tool" && event["state"] === "finished") say(`           tool ${event["name"]}`)
  if (event.kind === "notice") say(`           ${event["code"]}: ${event["text"]}`)
}

/** What would make this demo a fake: no process of the CLI, no tool call of its, or a change that is not the one it made. */
async function doubts(
  { forge, model, agent }: Rig,
  job: Job,
  events: readonly StoredEvent[],
  processes: ReadonlySet<number>,
): Promise<string[]> {
  const problems: string[] = []
  if (processes.size === 0) problems.push(`no process of ${agent.binary} was seen`)
  if (!wroteTheFix(events)) problems.push("the CLI reported no finished write")
  if (!model.requests().some(({ keyAccepted }) => keyAccepted)) problems.push("the CLI never called the model")
  if ((await forge.git(REPOSITORY, "show", `${job.branch}:src/slugify.js`)) !== fixedSlugify.trim())
    problems.push("src/slugify.js on the branch is not what the tool call wrote")
  if (!(await forge.pullRequests(REPOSITORY)).some(({ html_url }) => html_url === job.pullRequest?.url))
    problems.push("the forge does not know the job's pull request")
  return problems
}

/** Processes of the job (by the marker variable of its agent) that run the CLI's binary. */
function agentProcesses(mark: string, binary: string): number[] {
  const name = binary.split("/").at(-1) ?? binary
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => read(pid, "environ").includes(`VIBERATOR_MARK=${mark}`) && read(pid, "cmdline").includes(name))
    .map(Number)
}

function read(pid: string, file: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    // The process ended between the listing and the look.
    return ""
  }
}

/** A tool that ended well and was given the file: one that writes, or the shell of an agent that writes by it. */
function wroteTheFix(events: readonly StoredEvent[]): boolean {
  const tools = events.filter(({ kind }) => kind === "tool")
  const finished = new Set(tools.flatMap((event) => (event["state"] === "finished" ? [event["id"]] : [])))
  return tools.some(
    (event) =>
      finished.has(event["id"]) &&
      /write|^bash$|^command_execution$/i.test(String(event["name"])) &&
      JSON.stringify(event["input"] ?? "").includes("slugify.js"),
  )
}

/** The first of the agent's keys that is in the environment. */
function liveKey(agent: AgentSlug): { name: string; key: string } | null {
  const keys = liveNames(agent).flatMap((name) => {
    const key = process.env[name]
    return key ? [{ name, key }] : []
  })
  return keys[0] ?? null
}

function liveNames(agent: AgentSlug): readonly string[] {
  return AGENTS[agent].requiredSecrets.flat()
}
