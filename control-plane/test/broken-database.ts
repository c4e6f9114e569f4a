import { env } from "./harness.ts"

/** A database none of whose statements is carried out: they never answer, or each is answered with an error. */
export function brokenDatabase(how: "hangs" | "fails"): D1Database {
  const answer = () => (how === "hangs" ? new Promise<never>(() => undefined) : Promise.reject(new Error("D1_ERROR: internal error")))
  const statement = new Proxy(env.DB.prepare("SELECT 1"), {
    get: (target, name) => (name === "bind" ? () => statement : name in target ? answer : undefined),
  })
  return new Proxy(env.DB, { get: (target, name) => (name === "prepare" ? () => statement : name in target ? answer : undefined) })
}
