import { type Numbers, round } from "./measure.ts"

/** What a number of ours must not go above or below. */
export type Bound = { number: string; atMost: number } | { number: string; atLeast: number }
export interface Compared {
  ours: Numbers
  raw: Numbers
  /** Of the number that is compared; null where the raw platform has nothing to compare with. */
  oursToRaw: number | null
  /** Each with whether it was met in this run: a bound that is missed stays here. */
  bounds?: (Bound & { met: boolean })[]
}

/** Puts both sides together; of several runs of the baseline the better one counts. */
export function judge(
  number: string,
  { ours, raws, bounds = [] }: { ours: Numbers; raws: readonly Numbers[]; bounds?: readonly Bound[] },
): Compared {
  const higherIsBetter = number.endsWith("perSecond")
  const [best = {}] = raws.toSorted((a, b) => ((a[number] ?? 0) - (b[number] ?? 0)) * (higherIsBetter ? -1 : 1))
  const theirs = best[number]
  return {
    ours,
    raw: best,
    oursToRaw: theirs ? round((ours[number] ?? 0) / theirs) : null,
    ...(bounds.length === 0 ? {} : { bounds: bounds.map((bound) => ({ ...bound, met: isMet(bound, ours) })) }),
  }
}

/** A number that was never measured meets nothing. */
function isMet(bound: Bound, numbers: Numbers): boolean {
  const value = numbers[bound.number] ?? Number.NaN
  return "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast
}

/** One line for each bound that was missed. */
export const missed = (results: Record<string, Compared>): string[] =>
  Object.entries(results).flatMap(([name, { ours, bounds = [] }]) =>
    bounds.filter(({ met }) => !met).map((bound) => `${name}: ${bound.number} is ${ours[bound.number]}, ${words(bound)}`),
  )
const words = (bound: Bound) => ("atMost" in bound ? `must be at most ${bound.atMost}` : `must be at least ${bound.atLeast}`)
