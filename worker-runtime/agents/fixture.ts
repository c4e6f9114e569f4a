// For tests: what the real programs printed (test/fixtures/<slug>, cut from captures), read by our parsers.
import { existsSync, readFileSync, readdirSync } from "node:fs"
import type { Failure } from "#contract/failures.ts"
import { NOTHING_READ } from "./agent.ts"
import type { Agent, AgentInput, Reading } from "./agent.ts"
import { judgeAgent } from "./judge.ts"
import type { Exit } from "../platform/process.ts"

const fileOf = (agent: Agent, name: string) => new URL(`../test/fixtures/${agent.slug}/${name}`, import.meta.url)

export function fixtureLines(agent: Agent, name: string): string[] {
  return readFileSync(fileOf(agent, `${name}.ndjson`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
}

export function fixtureNames(agent: Agent): string[] {
  return readdirSync(fileOf(agent, ".")).flatMap((file) => (file.endsWith(".ndjson") ? [file.slice(0, -".ndjson".length)] : []))
}

export function readLines(agent: Agent, lines: readonly string[]): Reading {
  return lines.reduce<Reading>(
    (so, line) => {
      const next = agent.read(so.state, line)
      return { state: next.state, events: [...so.events, ...next.events] }
    },
    { state: NOTHING_READ, events: [] },
  )
}

export const readFixture = (agent: Agent, name: string): Reading => readLines(agent, fixtureLines(agent, name))

/** How the captured run is judged: its output, its standard error where it was kept, and the exit that it had. */
export function judgeFixture(agent: Agent, name: string, exit: Exit): Failure | null {
  const stderr = fileOf(agent, `${name}.stderr.txt`)
  const lastLines = existsSync(stderr) ? readFileSync(stderr, "utf8").trim().split("\n") : []
  return judgeAgent(agent, { state: readFixture(agent, name).state, exit, lastLines })
}

export const exit = (code: number): Exit => ({ code, signal: null })

export const INPUT: AgentInput = {
  extraArgs: [],
  secrets: {},
  isRoot: false,
  sessionId: "7f1d2c9a-6a55-4b0e-9d51-0d6c6f0b7a11",
  folders: ["/job/output", "/job/attachments"],
  resume: null,
}
