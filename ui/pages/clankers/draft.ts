import { type AgentSlug, DEFAULT_AGENT } from "#contract/agents.ts"
import { type Clanker, type ComputeType, isConfigFilePath } from "#contract/clankers.ts"
import type { ClankerWrite, ConfigFile } from "../../api/clankers.ts"
import { toLines, toNumber } from "../../parts/lists.ts"
import { fromConfig, toConfig } from "./config.ts"
import { type ConfigValues, emptyValues } from "./fields.ts"

/** What stands in the form: text as it was typed, and the fields of every strategy, so that looking at another loses nothing. */
export interface Draft {
  name: string
  description: string
  agent: AgentSlug
  model: string
  baseUrl: string
  extraArgs: string
  computeType: ComputeType
  config: Record<ComputeType, ConfigValues>
  secretIds: string[]
  files: FilesDraft
  maxConcurrency: string
  maxExecutionTime: string
}
export interface FilesDraft {
  agentsMd: string
  skills: ConfigFile[]
  opencodeJson: string
}

const AGENTS_MD = "AGENTS.md"
const OPENCODE_JSON = "opencode.json"

export const emptyDraft = (): Draft => ({
  name: "",
  description: "",
  agent: DEFAULT_AGENT,
  model: "",
  baseUrl: "",
  extraArgs: "",
  computeType: "lambda",
  config: emptyConfigs(),
  secretIds: [],
  files: { agentsMd: "", skills: [], opencodeJson: "" },
  maxConcurrency: "2",
  maxExecutionTime: "",
})

/** `files` are those of its newest revision. */
export function draftOf(clanker: Clanker, files: readonly ConfigFile[]): Draft {
  const read = fromConfig(clanker.deploymentConfig)
  const { computeType } = clanker.deploymentConfig
  return {
    name: clanker.name,
    description: clanker.description,
    agent: clanker.agent,
    model: clanker.agentSettings.model ?? "",
    baseUrl: clanker.agentSettings.baseUrl ?? "",
    extraArgs: toLines(clanker.agentSettings.extraArgs),
    computeType,
    config: { ...emptyConfigs(), ...(read ? { [computeType]: read.values } : {}) },
    secretIds: [...clanker.secretIds],
    files: filesDraftOf(files),
    maxConcurrency: String(clanker.maxConcurrency),
    maxExecutionTime: clanker.maxExecutionTime === null ? "" : String(clanker.maxExecutionTime),
  }
}

function filesDraftOf(files: readonly ConfigFile[]): FilesDraft {
  const contentOf = (path: string) => files.find((file) => file.path === path)?.content ?? ""
  return {
    agentsMd: contentOf(AGENTS_MD),
    skills: files.filter(({ path }) => path !== AGENTS_MD && path !== OPENCODE_JSON).map(({ path, content }) => ({ path, content })),
    opencodeJson: contentOf(OPENCODE_JSON),
  }
}

/** `before` are the files that the form began with: untouched, they are left out, and stay as they are stored. */
export function toRequest(draft: Draft, before: readonly ConfigFile[] = []): ClankerWrite {
  const files = filesOf(draft)
  const extraArgs = draft.extraArgs.split("\n").filter((line) => line.trim() !== "")
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    agent: draft.agent,
    agentSettings: {
      ...(draft.model.trim() ? { model: draft.model.trim() } : {}),
      ...(draft.baseUrl.trim() ? { baseUrl: draft.baseUrl.trim() } : {}),
      ...(extraArgs.length > 0 ? { extraArgs } : {}),
    },
    deploymentConfig: toConfig(draft.computeType, draft.config[draft.computeType]),
    secretIds: draft.secretIds,
    maxConcurrency: toNumber(draft.maxConcurrency) ?? 2,
    maxExecutionTime: toNumber(draft.maxExecutionTime) ?? null,
    ...(JSON.stringify(files) === JSON.stringify(before) ? {} : { files }),
  }
}

/** The files in the order of the request, so that `files.2.path` in an answer finds its field. */
export function filesOf({ files }: Pick<Draft, "files">): ConfigFile[] {
  return [
    ...(files.agentsMd.trim() ? [{ path: AGENTS_MD, content: files.agentsMd }] : []),
    ...(files.opencodeJson.trim() ? [{ path: OPENCODE_JSON, content: files.opencodeJson }] : []),
    ...files.skills.map(({ path, content }) => ({ path, content })),
  ]
}

/** Why the form cannot be sent as it stands. */
export function whyNot(draft: Draft): string | null {
  if (draft.name.trim() === "") return "Give the clanker a name."
  if (draft.files.skills.some(({ path }) => skillPathError(path, draft.files.skills) !== null)) return "A skill file needs another path."
  return null
}

export function skillPathError(path: string, skills: readonly ConfigFile[]): string | null {
  if (!path.startsWith("skills/") || !isConfigFilePath(path)) return "must be like skills/review.md"
  return skills.filter((skill) => skill.path === path).length > 1 ? "is used twice" : null
}

/** A free path for an uploaded or new skill. */
export function freeSkillPath(fileName: string, skills: readonly ConfigFile[]): string {
  const base =
    fileName
      .replace(/\.md$/i, "")
      .replace(/[^A-Za-z0-9_.-]+/g, "-")
      .replace(/^[-.]+/, "") || "skill"
  const taken = skills.map(({ path }) => path)
  for (let n = 1; ; n++) {
    const path = `skills/${base}${n === 1 ? "" : `-${n}`}.md`
    if (!taken.includes(path)) return path
  }
}

const emptyConfigs = (): Record<ComputeType, ConfigValues> => ({
  lambda: emptyValues("lambda"),
  ecs: emptyValues("ecs"),
  docker: emptyValues("docker"),
})
