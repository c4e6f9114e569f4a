// Every agent CLI calls its tools differently. A step of the script is put into the words of the CLI that asks, which
// is recognised by the names of the tools that its request offers.

export type Step =
  | Readonly<{ kind: "sleep"; seconds: number }>
  /** Some CLIs refuse to overwrite a file that was not read in the same session. */
  | Readonly<{ kind: "read"; path: string }>
  | Readonly<{ kind: "write"; path: string; content: string }>

export type ToolCall = Readonly<{ kind: "tool-call"; name: string; arguments: Readonly<Record<string, unknown>> }>

type Speak = (step: Step) => ToolCall

/** The way to say a step to this CLI, or null when it offers no tool that writes files. */
export function speakerFor(names: readonly string[]): Speak | null {
  const offered = new Set(names)
  if (offered.has("Write")) return offered.has("AgentSwarm") ? kimi : claude
  if (offered.has("write_file")) return offered.has("bash") ? vibe : gemini
  if (offered.has("write")) return opencode
  if (offered.has("exec_command")) return codex
  return null
}

const call = (name: string, args: Readonly<Record<string, unknown>>): ToolCall => ({ kind: "tool-call", name, arguments: args })

const description = "Wait before the work"

const claude: Speak = (step) => {
  if (step.kind === "sleep") return call("Bash", { command: `sleep ${step.seconds}`, description, timeout: shellTimeoutMs(step.seconds) })
  if (step.kind === "read") return call("Read", { file_path: step.path })
  return call("Write", { file_path: step.path, content: step.content })
}

const kimi: Speak = (step) => {
  if (step.kind === "sleep") return call("Bash", { command: `sleep ${step.seconds}`, description })
  if (step.kind === "read") return call("Read", { path: step.path })
  return call("Write", { path: step.path, content: step.content })
}

/** gemini and qwen, which descends from it and lets a sleep through only with this comment. */
const gemini: Speak = (step) => {
  if (step.kind === "sleep") {
    const command = `sleep ${step.seconds} # intentional-sleep: the ticket asks for it`
    return call("run_shell_command", { command, description, is_background: false, timeout: shellTimeoutMs(step.seconds) })
  }
  if (step.kind === "read") return call("read_file", { file_path: step.path })
  return call("write_file", { file_path: step.path, content: step.content })
}

const opencode: Speak = (step) => {
  if (step.kind === "sleep") return call("bash", { command: `sleep ${step.seconds}`, description, timeout: shellTimeoutMs(step.seconds) })
  if (step.kind === "read") return call("read", { filePath: step.path })
  return call("write", { filePath: step.path, content: step.content })
}

const codex: Speak = (step) => {
  // codex hands a command that runs longer than this back to the model while it is still running.
  if (step.kind === "sleep") return call("exec_command", { cmd: `sleep ${step.seconds}`, yield_time_ms: shellTimeoutMs(step.seconds) })
  return call("exec_command", { cmd: commandFor(step) })
}

/** Read from its source. Its write_file refuses to replace a file. */
const vibe: Speak = (step) => call("bash", { command: step.kind === "sleep" ? `sleep ${step.seconds}` : commandFor(step) })

function commandFor(step: Exclude<Step, { kind: "sleep" }>): string {
  if (step.kind === "read") return `cat ${quote(step.path)}`
  const folder = step.path.slice(0, step.path.lastIndexOf("/"))
  return `mkdir -p ${quote(folder)} && printf '%s' ${quote(step.content)} > ${quote(step.path)}`
}

/** The default limit of these shells is two minutes; ten is the longest that claude takes. */
function shellTimeoutMs(seconds: number): number {
  return Math.min(600_000, (seconds + 10) * 1000)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
