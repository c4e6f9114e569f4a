// Stands for Mistral Vibe, which these tests do not run: it asks the model as an agent does, runs what it is told, and
// prints what its source prints. It shows our side of the agreement and nothing about Vibe itself.
import { spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"

const callSchema = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })
const replySchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish(), tool_calls: z.array(callSchema).nullish() }) })).min(1),
})
type Message = { role: string; content: string; tool_calls?: z.infer<typeof callSchema>[]; tool_call_id?: string; name?: string }

const MODEL = "replayed"
const sessionId = randomUUID()
/** All fields of a message, as its model has them. */
const EMPTY = { injected: false, reasoning_content: null, tool_calls: null, name: null, tool_call_id: null }

async function main(): Promise<number> {
  const args = process.argv.slice(2)
  if (args.includes("--version")) return print("vibe 2.18.4 (replay)", 0)
  if (!args.includes("-p") || !args.includes("streaming")) return complain("No prompt provided for programmatic mode")
  const settings = readFileSync(join(process.env["HOME"] ?? "", ".vibe/config.toml"), "utf8")
  const [, baseUrl = ""] = /^api_base = "(.*)"$/m.exec(settings) ?? []
  const messages: Message[] = [
    { role: "system", content: "You are Mistral Vibe." },
    { role: "user", content: readFileSync(0, "utf8").trim() },
  ]
  for (const message of messages) say(message)
  for (;;) {
    const reply = await ask(baseUrl, messages)
    if (typeof reply === "string") return complain(`API error from mistral (model: ${MODEL}): ${reply}`)
    add(messages, reply)
    if (reply.tool_calls === undefined) return 0
    for (const { id, function: called } of reply.tool_calls)
      add(messages, { role: "tool", content: act(called), tool_call_id: id, name: called.name })
  }
}

/** The next message, or why there is none, in the words of its source. */
async function ask(baseUrl: string, messages: readonly Message[]): Promise<Message | string> {
  const tools = ["bash", "write_file"].map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }))
  try {
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${process.env["MISTRAL_API_KEY"]}` },
      body: JSON.stringify({ model: MODEL, messages, tools }),
    })
    if (response.status === 401) return "Invalid API key. Please check your API key and try again."
    if (response.status === 429) return "Rate limit exceeded. Please wait a moment before trying again."
    if (!response.ok) return `LLM backend error [mistral]\n  status: ${response.status} ${response.statusText}`
    const [choice] = replySchema.parse(await response.json()).choices
    const calls = choice?.message.tool_calls ?? []
    return { role: "assistant", content: choice?.message.content ?? "", ...(calls.length === 0 ? {} : { tool_calls: calls }) }
  } catch (error) {
    return `LLM backend error [mistral]\n  status: N/A\n  reason: ${String(error)}`
  }
}

function act({ arguments: given }: { arguments: string }): string {
  const { command } = z.object({ command: z.string() }).parse(JSON.parse(given))
  const { stdout, stderr, status } = spawnSync("sh", ["-c", command], { encoding: "utf8" })
  return `command: ${command}\nstdout: ${stdout}\nstderr: ${stderr}\nreturncode: ${status}`
}

function add(messages: Message[], message: Message): void {
  messages.push(message)
  say(message)
}

const say = (message: Message) => print(JSON.stringify({ ...EMPTY, ...message, message_id: randomUUID(), session_id: sessionId }), 0)

function print(text: string, code: number): number {
  process.stdout.write(`${text}\n`)
  return code
}

function complain(text: string): number {
  process.stderr.write(`Error: ${text}\n`)
  return 1
}

process.exitCode = await main()
