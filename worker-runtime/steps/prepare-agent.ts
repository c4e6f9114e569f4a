import { randomUUID } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { ATTACHMENTS_DIRECTORY, OUTPUT_DIRECTORY } from "#contract/prompts.ts"
import type { Payload } from "#contract/worker.ts"
import type { Agent } from "../agents/agent.ts"
import type { Doors } from "../doors.ts"
import type { Credentialed, Prepared } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { fetchAttachments } from "./attachments.ts"
import { openBroker } from "./broker.ts"
import { childEnvironment, markOf } from "./child-env.ts"
import { joinInstructions, placeSkills } from "./instructions.ts"

/** Step 4: a HOME for this job alone, with instructions, skills and configuration where this CLI reads them; the ticket's attachments beside it. */
export async function prepareAgent(facts: Credentialed, doors: Doors, signal: AbortSignal): Promise<Prepared> {
  const { env, teller } = doors
  const { payload, agent, agentSecrets, workspace } = facts
  const { model, extraArgs } = payload.agent
  const broker = await openBroker(facts, doors)
  const baseUrl = broker?.baseUrl ?? payload.agent.baseUrl
  const input = {
    ...(model === undefined ? {} : { model }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    extraArgs,
    secrets: { ...agentSecrets, ...broker?.placeholders },
    isRoot: env.isRoot,
    folders: [workspace.output, workspace.attachments],
    sessionId: randomUUID(),
  }
  const plan = agent.plan({ ...input, resume: null })
  const { files, ignored } = placeFiles(payload, agent)
  if (ignored.length > 0) teller.tell({ kind: "notice", code: "files-ignored", text: `${agent.slug} does not read: ${ignored.join(", ")}` })
  for (const [path, content] of Object.entries({ ...GIT_IDENTITY, ...files, ...plan.files })) {
    const file = join(workspace.home, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, content, { mode: 0o600 })
  }
  const missing = await fetchAttachments(facts, doors, signal)
  const mark = markOf(payload.job)
  const prompt = promptOf(facts, missing)
  // Before the clone, because it may be too long for this CLI.
  placePrompt(agent, { prompt, args: plan.args })
  return {
    ...facts,
    broker,
    prompt,
    childEnv: childEnvironment({ env, workspace, mark, given: plan.env }),
    args: plan.args,
    argsToResume: (session) => agent.plan({ ...input, resume: session }).args,
    mark,
  }
}

/** With this machine's paths in place of the folders' names, and a word on what it speaks of and could not be had. */
function promptOf({ payload, workspace }: Credentialed, missing: readonly string[]): string {
  const prompt = payload.prompt
    .replaceAll(OUTPUT_DIRECTORY, () => workspace.output)
    .replaceAll(ATTACHMENTS_DIRECTORY, () => workspace.attachments)
  return missing.length === 0 ? prompt : `${prompt}\n\nThese attachments could not be fetched; go on without them: ${missing.join(", ")}\n`
}

/** Linux refuses an argument of 128 KiB, its end included. */
const ARGUMENT_BYTES = 128 * 1024 - 1

/** By standard input, or by the option of a CLI that reads none. Throws `prompt-too-long` for one that cannot go there. */
export function placePrompt(
  { slug, promptOption }: Agent,
  { prompt, args }: { prompt: string; args: readonly string[] },
): { args: readonly string[]; input: string } {
  if (promptOption === null) return { args, input: prompt }
  const argument = `${promptOption}=${prompt}`
  const excess = Buffer.byteLength(argument) - ARGUMENT_BYTES
  if (excess > 0)
    throw new StepFailure({
      kind: "prompt-too-long",
      limit: ARGUMENT_BYTES - Buffer.byteLength(`${promptOption}=`),
      actual: Buffer.byteLength(prompt),
      detail: `${slug} takes its prompt as an argument of its command, which Linux limits.`,
    })
  return { args: [...args, argument], input: "" }
}

/** An agent that commits by itself must not fail for want of a name; what we publish is our own commit. */
const GIT_IDENTITY = { ".gitconfig": "[user]\n\tname = Viberator\n\temail = viberator@viberglass.invalid\n" } as const

interface Placed {
  /** Path below HOME → content. */
  files: Record<string, string>
  ignored: string[]
}

function placeFiles({ instructions, clanker, files }: Payload, agent: Agent): Placed {
  const unsafe = files.find(({ path }) => path.startsWith("/") || path.split("/").some((part) => part === ".." || part === "."))
  if (unsafe !== undefined)
    throw new StepFailure({ kind: "invalid-payload", field: "files", detail: `"${unsafe.path}" is no path inside a folder.` })
  const own = files.find(({ path }) => path === "AGENTS.md")?.content ?? ""
  const joined = joinInstructions({ project: instructions, clanker: own, name: clanker.name })
  const placed: Placed = { files: joined === "" ? {} : { [agent.instructionsFile]: joined }, ignored: [] }
  for (const { path, content } of files) {
    const target = agent.configFiles[path]
    if (target !== undefined) placed.files[target] = content
    else if (path !== "AGENTS.md" && !path.startsWith("skills/")) placed.ignored.push(path)
  }
  for (const [path, content] of Object.entries(placeSkills(files))) placed.files[`${agent.skillsFolder}/${path}`] = content
  return placed
}
