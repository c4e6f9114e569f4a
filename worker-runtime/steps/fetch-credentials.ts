import { missingSecretGroups } from "#contract/agents.ts"
import { RESERVED_SECRET_NAMES } from "#contract/secrets.ts"
import type { SecretDelivery } from "#contract/worker.ts"
import type { Doors } from "../doors.ts"
import type { Configured, Credentialed } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import type { Parameter } from "../platform/ssm.ts"

/** Step 3: every secret's value, from the payload, the machine or AWS; registered for redaction before anything else runs. */
export async function fetchCredentials(facts: Configured, doors: Doors, signal: AbortSignal): Promise<Credentialed> {
  const { payload, secrets, agent } = facts
  const values = await readValues(secrets, doors, signal)
  registerAll(values, doors)
  const ofUse = (use: "agent" | "scm") => secrets.filter((secret) => secret.use === use || secret.use === "both")
  const agentSecrets: Record<string, string> = {}
  for (const { name } of ofUse("agent")) {
    const value = values.get(name)
    if (value !== undefined && !RESERVED_SECRET_NAMES.test(name)) agentSecrets[name] = value
  }
  const missing = missingSecretGroups(agent.slug, Object.keys(agentSecrets)).map((group) => group.join(" or "))
  const scmName = payload.scm.secretName ?? ofUse("scm")[0]?.name
  const scmToken = scmName === undefined ? null : (values.get(scmName) ?? null)
  if (scmName !== undefined && scmToken === null) missing.push(scmName)
  if (missing.length > 0) throw new StepFailure({ kind: "secret-missing", names: missing })
  return { ...facts, agentSecrets, scmToken, tokenAt: doors.now() }
}

/** All missing names in one failure: a person mends them in one go. Where a parameter was not simply absent, why. */
async function readValues(
  secrets: readonly SecretDelivery[],
  { env, parameters }: Doors,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  const missing: string[] = []
  const reasons: string[] = []
  const wanted = secrets.flatMap((secret) => (secret.from === "ssm" ? [secret.parameter] : []))
  const found = wanted.length === 0 ? new Map<string, Parameter>() : await parameters(wanted, signal)
  for (const secret of secrets) {
    const value = secret.from === "value" ? secret.value : secret.from === "env" ? env.secret(secret.name) : valueOf(found, secret, reasons)
    if (value === undefined || value === "") missing.push(secret.name)
    else values.set(secret.name, value)
  }
  if (missing.length === 0) return values
  throw new StepFailure({ kind: "secret-missing", names: missing, ...(reasons.length === 0 ? {} : { detail: reasons.join("\n") }) })
}

function valueOf(
  found: ReadonlyMap<string, Parameter>,
  { name, parameter }: { name: string; parameter: string },
  reasons: string[],
): string | undefined {
  const result = found.get(parameter) ?? { kind: "not-found" }
  switch (result.kind) {
    case "value":
      return result.value
    case "not-found":
      reasons.push(`${name}: there is no parameter ${parameter} in AWS SSM.`)
      return undefined
    case "denied":
      reasons.push(`${name}: AWS does not let the worker's role read the parameter ${parameter} (${result.detail}).`)
      return undefined
    case "unreachable":
      reasons.push(`${name}: AWS SSM could not be asked for the parameter ${parameter} (${result.detail}).`)
      return undefined
  }
}

function registerAll(values: ReadonlyMap<string, string>, { redactor, teller }: Doors): void {
  const short = [...values].filter(([, value]) => !redactor.register(value)).map(([name]) => name)
  if (short.length > 0)
    teller.tell({ kind: "notice", code: "secret-too-short", text: `Too short to be redacted: ${short.join(", ")}. Do not print them.` })
}

/** Installation tokens live for an hour, and a step may come long after the claim. */
const FRESH_MS = 5 * 60_000

/** The SCM token for the effect that follows now: minted again when it is not fresh and somebody can. */
export async function freshToken(facts: Credentialed, { line, now, redactor, env }: Doors, signal: AbortSignal): Promise<string | null> {
  const { secretName } = facts.payload.scm
  if (facts.scmToken === null || secretName === undefined || now() - facts.tokenAt < FRESH_MS) return facts.scmToken
  const minted = await line.credentials([secretName], signal)
  const secret = minted?.find(({ name }) => name === secretName)
  const value = secret?.from === "value" ? secret.value : secret?.from === "env" ? env.secret(secretName) : undefined
  if (value === undefined) return facts.scmToken
  redactor.register(value)
  return value
}
