import type {
  AliasConfiguration,
  CreateFunctionRequest,
  FunctionConfiguration,
  FunctionEventInvokeConfig,
  GetFunctionResponse,
  UpdateFunctionConfigurationRequest,
} from "@aws-sdk/client-lambda"
import type { Aws, AwsCall } from "./client.ts"
import { isNotFound } from "./errors.ts"

// https://docs.aws.amazon.com/lambda/latest/api. Every verb throws AwsError.
const FUNCTIONS = "/2015-03-31/functions"
const JSON_BODY = { "content-type": "application/json" }

type Order = Pick<AwsCall, "action" | "path"> & Partial<Pick<AwsCall, "method" | "asks">> & { body?: object }

async function call<Reply>(aws: Aws, region: string, { action, path, method = "POST", asks = false, body }: Order): Promise<Reply> {
  const sent = body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) }
  const { text } = await aws.send({ service: "lambda", action, region, asks, method, ...(path ? { path } : {}), ...sent })
  return JSON.parse(text === "" ? "{}" : text)
}
const of = (name: string, rest = ""): string => `${FUNCTIONS}/${encodeURIComponent(name)}${rest}`

/** Null when there is no such function. */
export async function getFunction(aws: Aws, region: string, name: string, qualifier?: string): Promise<GetFunctionResponse | null> {
  const query = qualifier === undefined ? "" : `?Qualifier=${encodeURIComponent(qualifier)}`
  return orNull(call<GetFunctionResponse>(aws, region, { action: "GetFunction", path: of(name, query), method: "GET", asks: true }))
}

export async function createFunction(
  aws: Aws,
  region: string,
  request: CreateFunctionRequest & { FunctionName: string },
): Promise<FunctionConfiguration> {
  return call(aws, region, { action: "CreateFunction", path: FUNCTIONS, body: request })
}

export async function updateFunctionCode(
  aws: Aws,
  region: string,
  name: string,
  body: { ImageUri: string; Architectures: ("x86_64" | "arm64")[] },
): Promise<FunctionConfiguration> {
  return call(aws, region, { action: "UpdateFunctionCode", path: of(name, "/code"), method: "PUT", body })
}

export async function updateFunctionConfiguration(
  aws: Aws,
  region: string,
  name: string,
  body: Omit<UpdateFunctionConfigurationRequest, "FunctionName">,
): Promise<FunctionConfiguration> {
  return call(aws, region, { action: "UpdateFunctionConfiguration", path: of(name, "/configuration"), method: "PUT", body })
}

/** Code and configuration that the newest version already has make no other one: its number is answered again. */
export async function publishVersion(aws: Aws, region: string, name: string): Promise<FunctionConfiguration> {
  return call(aws, region, { action: "PublishVersion", path: of(name, "/versions"), body: {} })
}

export async function getAlias(aws: Aws, region: string, name: string, alias: string): Promise<AliasConfiguration | null> {
  const path = of(name, `/aliases/${alias}`)
  return orNull(call<AliasConfiguration>(aws, region, { action: "GetAlias", path, method: "GET", asks: true }))
}

export async function createAlias(aws: Aws, region: string, name: string, body: { Name: string; FunctionVersion: string }): Promise<void> {
  await call(aws, region, { action: "CreateAlias", path: of(name, "/aliases"), body })
}

export async function updateAlias(aws: Aws, region: string, name: string, alias: string, body: { FunctionVersion: string }): Promise<void> {
  await call(aws, region, { action: "UpdateAlias", path: of(name, `/aliases/${alias}`), method: "PUT", body })
}

/** How AWS treats asynchronous invocations of an alias: how often it repeats them, and how long they may wait. */
export interface InvokeRules {
  MaximumRetryAttempts: number
  MaximumEventAgeInSeconds: number
}
const invokeConfig = (name: string, alias: string): string =>
  `/2019-09-25/functions/${encodeURIComponent(name)}/event-invoke-config?Qualifier=${encodeURIComponent(alias)}`

export async function putInvokeRules(aws: Aws, region: string, name: string, alias: string, rules: InvokeRules): Promise<void> {
  const path = invokeConfig(name, alias)
  await call(aws, region, { action: "PutFunctionEventInvokeConfig", path, method: "PUT", body: rules })
}

export async function getInvokeRules(aws: Aws, region: string, name: string, alias: string): Promise<FunctionEventInvokeConfig | null> {
  const path = invokeConfig(name, alias)
  return orNull(call<FunctionEventInvokeConfig>(aws, region, { action: "GetFunctionEventInvokeConfig", path, method: "GET", asks: true }))
}

/** Asynchronous: AWS takes the event (202) before it runs, and may deliver it twice. Answers the request's id. */
export async function invoke(aws: Aws, region: string, name: string, qualifier: string, event: object): Promise<string> {
  const { headers } = await aws.send({
    ...{ service: "lambda", action: "InvokeFunction", region, asks: false },
    path: of(name, `/invocations?Qualifier=${encodeURIComponent(qualifier)}`),
    headers: { ...JSON_BODY, "x-amz-invocation-type": "Event" },
    body: JSON.stringify(event),
  })
  return headers.get("x-amzn-requestid") ?? ""
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}
