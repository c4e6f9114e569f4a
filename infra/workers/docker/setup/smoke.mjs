// The last steps of every image, as the user that the worker runs as, and as a stranger, which it is on Lambda: what the
// image promises must answer.
// `node smoke.mjs <slug> …`; `MISTRAL=without` says that this build leaves Mistral Vibe out.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"

const { agents } = JSON.parse(readFileSync(new URL("../../images.json", import.meta.url), "utf8"))
const BUNDLE = "/opt/viberator/viberator.mjs"
const WORKER = ["/usr/local/lib/viberator/node", "/usr/local/lib/viberator/tini"]
const TOOLS = ["git", "git-lfs", "curl", "python3", "rg", "tini", "ps", "tsc", "jest", "node", "npm"]
const home = mkdtempSync(join(tmpdir(), "smoke-"))

say(`as user ${process.getuid()}`)
if (process.getuid() === 0) throw new Error("The smoke test runs as the runtime user, not as root.")
for (const program of WORKER) mustNotBeReadable(program)
for (const tool of TOOLS) say(`${tool}: ${version(tool)}`)
say(`viberator: ${version(WORKER[0], [BUNDLE, "--version"])}`)
say(`viberator on Lambda: ${await answerAsFunction()}`)
for (const slug of process.argv.slice(2)) {
  if (slug === "mistral-vibe" && process.env.MISTRAL === "without") say("mistral-vibe: LEFT OUT of this build (MISTRAL=without)")
  else mustBePinned(slug, version(agents[slug].binary))
}
rmSync(home, { recursive: true, force: true })

function say(line) {
  process.stdout.write(`${line}\n`)
}

/** The first line of what it says about itself; a program that says nothing, or fails, is not there. */
function version(program, args = ["--version"]) {
  const said = execFileSync(program, args, { encoding: "utf8", env: { PATH: process.env.PATH, HOME: home }, timeout: 60_000 }).trim()
  if (said === "") throw new Error(`${program} ${args.join(" ")} said nothing.`)
  return said.split("\n")[0]
}

function mustBePinned(slug, said) {
  if (!said.includes(agents[slug].version)) throw new Error(`${slug} should be ${agents[slug].version}, and says "${said}".`)
  say(`${slug}: ${said}`)
}

function mustNotBeReadable(file) {
  accessSync(file, constants.X_OK)
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    if (error.code === "EACCES") return
    throw error
  }
  throw new Error(`${file} can be read by its user: its processes would be open to the agent.`)
}

/** The image's own entry, told where Lambda's Runtime API is, fetches an event that means nothing and answers so. */
async function answerAsFunction() {
  const api = createServer().listen(0, "127.0.0.1")
  await once(api, "listening")
  const named = ["FUNCTION_NAME", "FUNCTION_VERSION", "FUNCTION_MEMORY_SIZE", "LOG_GROUP_NAME", "LOG_STREAM_NAME"]
  const env = { PATH: process.env.PATH, HOME: home, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.address().port}` }
  for (const name of named) env[`AWS_LAMBDA_${name}`] = "1"
  const runtime = spawn(WORKER[1], ["--", WORKER[0], BUNDLE], { env, stdio: ["ignore", "inherit", "inherit"], timeout: 60_000 })
  const closed = once(runtime, "close")
  const answered = new Promise((resolve) => {
    api.on("request", (request, response) => {
      if (request.url.endsWith("/invocation/smoke/response")) resolve(textOf(request))
      const headers = {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "smoke",
        "lambda-runtime-deadline-ms": Date.now() + 60_000,
      }
      if (request.url.endsWith("/invocation/next")) response.writeHead(200, headers).end("{}")
      else response.writeHead(202).end("{}")
    })
  })
  const said = await Promise.race([answered, closed.then(([code]) => `{"outcome":"ended with exit code ${code}"}`)])
  const { outcome } = JSON.parse(said)
  runtime.kill("SIGTERM")
  await closed
  api.close()
  api.closeAllConnections()
  if (outcome !== "bad-event") throw new Error(`As a function it should call an empty event bad, and said "${outcome}".`)
  return outcome
}

async function textOf(request) {
  let text = ""
  for await (const chunk of request) text += chunk
  return text
}
