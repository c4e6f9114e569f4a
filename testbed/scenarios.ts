// PURE: what the scripted model answers. The model (model.ts) only puts these decisions on the wire.
import { fixedSlugify } from "./demo-repository.ts"
import {
  clawPullRequestDocument,
  finalMessages,
  longTalk,
  planDocument,
  pullRequestDocument,
  researchDocument,
  shortText,
  writtenOnRequest,
} from "./scenario-texts.ts"
import { speakerFor } from "./scenario-tools.ts"
import type { Step, ToolCall } from "./scenario-tools.ts"

type Part = Readonly<{ type: string; text?: string }>
type Message = Readonly<{ role: string; content: string | readonly Part[] | null }>
/** The part of a chat request that decides; every dialect is brought into this shape before. */
export type ModelRequest = Readonly<{ messages: readonly Message[]; tools?: readonly { readonly function: { readonly name: string } }[] }>

export type Decision =
  | ToolCall
  | Readonly<{ kind: "text"; text: string }>
  | Readonly<{ kind: "error"; status: FaultStatus }>
  | Readonly<{ kind: "hang" }>

const faultStatuses = [401, 403, 429, 500, 529] as const
export type FaultStatus = (typeof faultStatuses)[number]

type Phase = keyof typeof finalMessages
const phases: readonly Phase[] = ["research", "planning", "execution", "claw", "self-test"]

type Directives = Readonly<{
  fault: FaultStatus | "hang" | null
  sleepSeconds: number | null
  noChanges: boolean
  writePath: string | null
  talkKilobytes: number | null
}>

/** Plays the next step of the script that the prompt asks for, or the final message when all are done. */
export function decide(request: ModelRequest): Decision {
  const { text, stepsDone } = readConversation(request.messages)
  const directives = parseDirectives(text)
  if (directives.fault === "hang") return { kind: "hang" }
  if (directives.fault !== null) return { kind: "error", status: directives.fault }
  const speak = speakerFor((request.tools ?? []).map((tool) => tool.function.name))
  const phase = parsePhase(text)
  if (speak === null || phase === null) return { kind: "text", text: shortText }
  const step = planSteps(phase, parseFolders(text), directives)[stepsDone]
  if (step !== undefined) return speak(step)
  return { kind: "text", text: directives.talkKilobytes === null ? finalMessages[phase] : longTalk(directives.talkKilobytes) }
}

/**
 * A resumed session carries earlier prompts and their tool results: only what stands since the last prompt of ours
 * counts. Text of other roles is never read, so that a file the agent reads cannot switch the script.
 */
function readConversation(messages: readonly Message[]): { text: string; stepsDone: number } {
  const isPrompt = (message: Message) => message.role === "user" && parsePhase(textOf(message)) !== null
  const start = Math.max(0, messages.findLastIndex(isPrompt))
  const current = messages.slice(start)
  return {
    text: current
      .filter((message) => message.role === "user")
      .map(textOf)
      .join("\n"),
    stepsDone: current.filter((message) => message.role === "tool").length,
  }
}

function textOf({ content }: Message): string {
  if (content === null) return ""
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n")
}

function parsePhase(text: string): Phase | null {
  // opencode puts a prompt that it got as an argument into quotes; gemini's comes glued to its </session_context>.
  const [, name] = /(?:^|["'>])Phase: *([a-z-]+)["']?\s*$/m.exec(text) ?? []
  return phases.find((phase) => phase === name) ?? null
}

function parseDirectives(text: string): Directives {
  const number = (pattern: RegExp) => {
    const [, digits] = pattern.exec(text) ?? []
    return digits === undefined ? null : Number(digits)
  }
  const status = number(/\bFAULT-(\d{3})\b/)
  const [, path] = /\bSCRIPT-WRITE[ \t]+`?([^\s`]+)/.exec(text) ?? []
  return {
    fault: /\bFAULT-HANG\b/.test(text) ? "hang" : (faultStatuses.find((known) => known === status) ?? null),
    sleepSeconds: number(/\bSCRIPT-SLEEP-(\d+)\b/),
    noChanges: /\bSCRIPT-NO-CHANGES\b/.test(text),
    writePath: path ?? null,
    talkKilobytes: number(/\bSCRIPT-TALK-(\d+)\b/),
  }
}

type Folders = Readonly<{ output: string; repo: string }>

/** Our prompts name the output folder by absolute path; the repository is its sibling. */
function parseFolders(text: string): Folders | null {
  const [, work] = /((?:\/[^\s/"'`<>()]+)+)\/output\/(?:document|pull-request)\.md/.exec(text) ?? []
  return work === undefined ? null : { output: `${work}/output`, repo: `${work}/repo` }
}

function planSteps(phase: Phase, folders: Folders | null, directives: Directives): Step[] {
  const sleep: Step[] = directives.sleepSeconds === null ? [] : [{ kind: "sleep", seconds: directives.sleepSeconds }]
  return folders === null ? sleep : [...sleep, ...writeSteps(phase, folders, directives)]
}

function writeSteps(phase: Phase, { output, repo }: Folders, { noChanges, writePath }: Directives): Step[] {
  switch (phase) {
    case "research":
      return [{ kind: "write", path: `${output}/document.md`, content: researchDocument }]
    case "planning":
      return [{ kind: "write", path: `${output}/document.md`, content: planDocument }]
    case "execution": {
      if (noChanges) return []
      const document: Step = { kind: "write", path: `${output}/pull-request.md`, content: pullRequestDocument }
      if (writePath !== null) return [{ kind: "write", path: `${repo}/${writePath}`, content: writtenOnRequest }, document]
      const path = `${repo}/src/slugify.js`
      return [{ kind: "read", path }, { kind: "write", path, content: fixedSlugify }, document]
    }
    case "claw":
      // Recurring work finds something to do on some days only.
      if (writePath === null) return []
      return [
        { kind: "write", path: `${repo}/${writePath}`, content: writtenOnRequest },
        { kind: "write", path: `${output}/pull-request.md`, content: clawPullRequestDocument },
      ]
    case "self-test":
      return []
    default:
      return unreachable(phase)
  }
}

function unreachable(value: never): never {
  throw new Error(`No script for ${String(value)}.`)
}
