import pLimit from "p-limit"
import type { HostCall } from "#contract/host.ts"
import { type Engine, EngineError, type Reply } from "./engine.ts"
import type { Log } from "../log.ts"

/** No call waits for a worker, so a few at once are enough; the rest queue. */
const AT_ONCE = 8
/** Replies kept for calls that are repeated after a reconnect. */
const REMEMBERED = 1000
const MESSAGE_CHARACTERS = 2000

/** Does each call once: the same id again gets the same reply, also while the first is still being worked on. */
export function createCalls({ engine, log }: { engine: Engine; log: Log }): (call: HostCall) => Promise<Reply> {
  const limit = pLimit(AT_ONCE)
  const replies = new Map<string, Promise<Reply>>()
  const settled: string[] = []
  const work = async (call: HostCall) => {
    const reply = await limit(() => answer(engine, log, call))
    settled.push(call.id)
    const oldest = settled.length > REMEMBERED ? settled.shift() : undefined
    if (oldest !== undefined) replies.delete(oldest)
    return reply
  }
  return (call) => {
    const reply = replies.get(call.id) ?? work(call)
    replies.set(call.id, reply)
    return reply
  }
}

async function answer(engine: Engine, log: Log, call: HostCall): Promise<Reply> {
  try {
    return { type: "reply", id: call.id, ok: true, result: await perform(engine, call) }
  } catch (error) {
    if (error instanceof EngineError) {
      const message = error.message.slice(0, MESSAGE_CHARACTERS)
      return { type: "reply", id: call.id, ok: false, error: { class: error.class, code: error.code, message } }
    }
    log.error(error, "host.call-failed", { verb: call.verb, id: call.id })
    return {
      type: "reply",
      id: call.id,
      ok: false,
      error: { class: "transient", code: "internal", message: "The host failed inside; its log says why." },
    }
  }
}

async function perform(engine: Engine, call: HostCall): Promise<Record<string, unknown>> {
  switch (call.verb) {
    case "ping":
      return {}
    case "image":
      return { ...(await engine.image(call.args.name, call.args.pull)) }
    case "run":
      return { ...(await engine.run(call.args, call.id)) }
    case "inspect":
      return { ...(await engine.inspect(call.args.handle)) }
    case "stop":
      await engine.stop(call.args.handle, call.args.graceMs)
      return {}
    case "logs":
      return { text: await engine.logs(call.args.handle, call.args.tail) }
    default:
      return unreachable(call)
  }
}

function unreachable(call: never): never {
  throw new Error(`A verb that nobody handles: ${JSON.stringify(call)}`)
}
