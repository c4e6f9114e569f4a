import { AwsV4Signer } from "aws4fetch"
import { AwsError, awsError, noAnswer, type Refusal } from "./errors.ts"

/** How each service is spoken to: https://github.com/boto/botocore/tree/develop/botocore/data (`metadata` of each model). */
const SERVICES = {
  ecs: { host: "ecs", target: "AmazonEC2ContainerServiceV20141113" },
  ssm: { host: "ssm", target: "AmazonSSM" },
  logs: { host: "logs", target: "Logs_20140328" },
  ecr: { host: "api.ecr", target: "AmazonEC2ContainerRegistry_V20150921" },
  lambda: { host: "lambda", target: null },
  sts: { host: "sts", target: null },
  ec2: { host: "ec2", target: null },
} as const
export type AwsService = keyof typeof SERVICES
export const AWS_SERVICES: readonly string[] = Object.keys(SERVICES)

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** One call may take so long; the effects that make calls have ten seconds. */
const CALL_LIMIT_MS = 5000
/** A question may be asked again at once, an order never: its caller alone knows whether a repeat is harmless. */
const ASK_TRIES = 3
const ASK_PAUSE_MS = 150

export interface AwsOptions {
  /** Of the installation: where nothing says another one. */
  region: string
  /** Emulators: `AWS_ENDPOINT_URL` under `default`, `AWS_ENDPOINT_URL_<SERVICE>` under its service. */
  endpoints: Readonly<Partial<Record<AwsService | "default", string>>>
  credentials: (region: string) => Promise<Credentials>
  fetch?: typeof fetch | undefined
}

export interface AwsCall {
  service: AwsService
  /** As IAM spells it, without the service: `RunTask`. */
  action: string
  region: string
  /** Asks only: it may be repeated when the answer is lost. */
  asks: boolean
  method?: "GET" | "POST" | "PUT" | "DELETE"
  path?: string
  headers?: Record<string, string>
  body?: string
}
export interface AwsAnswer {
  text: string
  headers: Headers
}

/** Signed calls. Every one that is refused or unanswered throws AwsError. */
export interface Aws {
  region: string
  endpointOf(service: AwsService, region: string): string
  send(call: AwsCall): Promise<AwsAnswer>
  /** The services that speak JSON with a target header. */
  json<Reply>(service: AwsService, action: string, region: string, body: object, asks?: boolean): Promise<Reply>
}

export function createAws({ region: home, endpoints, credentials, fetch: call = fetch }: AwsOptions): Aws {
  const endpointOf = (service: AwsService, region: string) =>
    endpoints[service] ?? endpoints.default ?? `https://${SERVICES[service].host}.${region}.${suffixOf(region)}`

  async function once({ service, action, region, method = "POST", path = "/", headers = {}, body }: AwsCall): Promise<AwsAnswer> {
    const signer = new AwsV4Signer({
      ...(await credentials(region)),
      ...{ method, headers, service, region, url: endpointOf(service, region) + path },
      ...(body === undefined ? {} : { body }),
    })
    const signed = await signer.sign()
    return answered(`${service}:${action}`, region, () =>
      call(signed.url.toString(), {
        ...{ method: signed.method, headers: signed.headers, redirect: "manual", signal: AbortSignal.timeout(CALL_LIMIT_MS) },
        ...(body === undefined ? {} : { body }),
      }),
    )
  }

  async function send(request: AwsCall): Promise<AwsAnswer> {
    for (let tries = 1; ; tries++) {
      try {
        return await once(request)
      } catch (error) {
        const again = error instanceof AwsError && (error.kind === "transient" || error.kind === "throttled")
        if (!again || !request.asks || tries >= ASK_TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, ASK_PAUSE_MS * 2 ** tries * (0.5 + Math.random())))
      }
    }
  }

  return {
    region: home,
    endpointOf,
    send,
    async json(service, action, region, body, asks = false) {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${SERVICES[service].target}.${action}` }
      const { text } = await send({ service, action, region, asks, headers, body: JSON.stringify(body) })
      return JSON.parse(text === "" ? "{}" : text)
    },
  }
}

/** One HTTP call to AWS, signed or not, with its refusal classed. */
export async function answered(action: string, region: string, call: () => Promise<Response>): Promise<AwsAnswer> {
  const { response, text } = await call()
    // Not text(): to workerd a body of x-amz-json does not look like one, and each call would be warned about.
    .then(async (response) => ({ response, text: new TextDecoder().decode(await response.arrayBuffer()) }))
    .catch((error: unknown) => {
      throw noAnswer(action, region, error instanceof Error && error.name === "TimeoutError" ? "too late" : "no connection")
    })
  if (response.status >= 200 && response.status < 300) return { text, headers: response.headers }
  throw awsError(action, region, refusalOf(response, text))
}

/** JSON services name the error in a header or in `__type`, query services in XML. */
function refusalOf(response: Response, text: string): Refusal {
  const named = response.headers.get("x-amzn-errortype")
  const json = text.startsWith("{") ? parseObject(text) : {}
  const said = (...names: string[]): string | undefined => names.map((name) => json[name]).find((value) => typeof value === "string")
  const code = named ?? said("__type", "code", "Code") ?? element(text, "Code") ?? `status ${response.status}`
  const message = said("message", "Message") ?? element(text, "Message") ?? ""
  return { status: response.status, code: code.split("#").at(-1)?.split(":")[0] ?? "", message: message.slice(0, 1000) }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? { ...value } : {}
  } catch {
    // A body that is cut off or not JSON after all: the status alone speaks then.
    return {}
  }
}

/** The first element of this name in an XML answer, its entities resolved. */
export const element = (xml: string, name: string): string | undefined => elements(xml, name)[0]
export const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, value = ""]) =>
    value.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&"),
  )

const suffixOf = (region: string): string => (region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com")
