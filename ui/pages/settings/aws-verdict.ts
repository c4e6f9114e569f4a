import type { AwsCheck } from "#contract/settings.ts"
import { count } from "../../parts/numbers.ts"

/** What the checks say together. The first asks who the control plane is: without its answer nothing else is looked at. */
export function verdictOf(checks: readonly AwsCheck[]): string {
  const amiss = checks.filter(({ state }) => state === "denied" || state === "missing").length
  if (amiss > 0) return `${count(amiss, "thing stands", "things stand")} in the way.`
  if (checks[0]?.state !== "ready") return "AWS did not answer: ask again in a while."
  const unknown = checks.filter(({ state }) => state === "unknown").length
  return unknown === 0
    ? "Nothing stands in the way."
    : `Nothing stands in the way. ${count(unknown, "thing was", "things were")} not looked at.`
}
