// AWS Systems Manager's parameters, read with the worker's own role.
import type { GetParametersCommandOutput, SSMClient } from "@aws-sdk/client-ssm"
import { z } from "zod"

/** What became of each parameter that was asked for. */
export type Parameter =
  | { kind: "value"; value: string }
  | { kind: "not-found" }
  /** AWS refused: the role may not read it, or may not use the key that it is encrypted with. */
  | { kind: "denied"; detail: string }
  /** There was no answer to work with: no credentials, no region, no network. */
  | { kind: "unreachable"; detail: string }

export type ReadParameters = (names: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, Parameter>>

/** GetParameters takes no more. */
const BATCH = 10
/** Three tries of the SDK included; a worker that cannot read its secrets is better told so soon. */
const READ_MS = 20_000

/** The SDK is a third of the bundle: it is loaded by jobs that need it. Region, credentials and address are the SDK's own to find. */
export const readParameters: ReadParameters = async (names, stop) => {
  const { SSMClient } = await import("./aws-sdk.ts")
  const client = new SSMClient({ maxAttempts: 3 })
  const signal = AbortSignal.any([stop, AbortSignal.timeout(READ_MS)])
  try {
    const found = new Map<string, Parameter>()
    for (const batch of batches([...new Set(names)]))
      for (const [name, parameter] of await readBatch(client, batch, signal)) found.set(name, parameter)
    stop.throwIfAborted()
    return found
  } finally {
    client.destroy()
  }
}

function batches(names: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) => names.slice(index * BATCH, (index + 1) * BATCH))
}

async function readBatch(client: SSMClient, names: readonly string[], signal: AbortSignal): Promise<[string, Parameter][]> {
  try {
    const { GetParametersCommand } = await import("./aws-sdk.ts")
    const answer = await client.send(new GetParametersCommand({ Names: [...names], WithDecryption: true }), { abortSignal: signal })
    return names.map((name) => [name, parameterIn(answer, name)])
  } catch (error) {
    const trouble = troubleOf(error)
    const [name] = names
    // One name that may not be read makes AWS refuse them all: each is asked for by itself to find out which.
    if (trouble.kind === "denied" && names.length > 1) {
      const single: [string, Parameter][] = []
      for (const one of names) single.push(...(await readBatch(client, [one], signal)))
      return single
    }
    return name === undefined ? [] : names.map((one) => [one, trouble])
  }
}

/** A name may be an ARN, and may end in a version or a label (`:3`), which the answer gives beside the name. */
function parameterIn({ Parameters = [] }: GetParametersCommandOutput, name: string): Parameter {
  const found = Parameters.find(({ Name = "", ARN = "", Selector = "", Version }) =>
    [Name, ARN].some((one) => [`${one}${Selector}`, `${one}:${Version}`].includes(name)),
  )
  return found?.Value === undefined ? { kind: "not-found" } : { kind: "value", value: found.Value }
}

const DENIED =
  /AccessDenied|NotAuthorized|UnrecognizedClient|InvalidClientToken|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|InvalidKeyId|KMS/

function troubleOf(error: unknown): Extract<Parameter, { detail: string }> {
  const status = answered.safeParse(error).data?.$response?.statusCode
  // AWS itself says 400 and a name; what stands in front of it may refuse in words that the SDK does not read.
  if (status === 401 || status === 403) return { kind: "denied", detail: `HTTP ${status}` }
  const name = error instanceof Error ? error.name : "Error"
  const detail = `${name}: ${error instanceof Error ? error.message : String(error)}`
  return { kind: DENIED.test(name) ? "denied" : "unreachable", detail }
}

const answered = z.object({ $response: z.object({ statusCode: z.number() }).optional() })
