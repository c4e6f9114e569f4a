// What the stacks read alike: the stack's name is the environment, and everything that is wrong is told at once.
import { allConfig } from "@pulumi/pulumi/runtime/config.js"
import { secret as asSecret, Config, getStack, type Output, RunError, StackReference } from "@pulumi/pulumi"

export const ENVIRONMENTS = ["dev", "prod"] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/** What a value must look like, and how that is said to who typed it. */
export interface Shape {
  pattern: RegExp
  looks: string
}
export interface Common {
  environment: Environment
  region: string
  /** On everything that AWS lets one tag. */
  tags: Record<string, string>
}

/**
 * Reads `viberglass:*` of one stack. Each method notes what is wrong and goes on with a value of the right type; `finish`
 * throws the list. Nothing may be made before it.
 */
export class Reading {
  readonly #config = new Config("viberglass")
  readonly #problems: string[] = []
  readonly #known = new Set<string>()

  common(stack: string): Common {
    const environment = ENVIRONMENTS.find((name) => name === getStack())
    if (!environment) this.#problems.push(`The stack is called "${getStack()}": it must be one of ${ENVIRONMENTS.join(", ")}.`)
    const region = new Config("aws").get("region") ?? ""
    if (!REGION.test(region)) this.#problems.push("aws:region must be a region such as eu-west-1.")
    const tags = { "viberglass:environment": getStack(), "viberglass:stack": stack }
    return { environment: environment ?? "dev", region, tags }
  }

  text(name: string, { pattern, looks }: Shape): string {
    const value = this.#get(name)
    if (value === undefined) this.#problems.push(`viberglass:${name} is missing: it must be ${looks}.`)
    else if (!pattern.test(value)) this.#problems.push(`viberglass:${name} must be ${looks}, and is "${value}".`)
    return value ?? ""
  }

  optional(name: string, shape: Shape): string | null {
    return this.#get(name) === undefined ? null : this.text(name, shape)
  }

  oneOf<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.#get(name)
    const found = values.find((candidate) => candidate === value)
    if (found === undefined) this.#problems.push(`viberglass:${name} must be one of ${values.join(", ")}, and is ${quoted(value)}.`)
    return found ?? values[0]
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["false", "true"]) === "true"
  }

  /** Days that a log group can keep its lines; another number is refused by AWS only after half of the stack is there. */
  retention(name: string): number {
    const value = this.#get(name)
    const days = RETENTION_DAYS.find((candidate) => String(candidate) === value)
    if (days === undefined) this.#problems.push(`viberglass:${name} must be one of ${RETENTION_DAYS.join(", ")}, and is ${quoted(value)}.`)
    return days ?? RETENTION_DAYS[0]
  }

  secret(name: string, { pattern, looks }: Shape): Output<string> {
    const value = this.#config.getSecret(name)
    this.#known.add(name)
    const plain = this.#config.get(name)
    if (value === undefined) this.#problems.push(`viberglass:${name} is missing: pulumi config set --secret viberglass:${name}.`)
    else if (plain !== undefined && !pattern.test(plain)) this.#problems.push(`viberglass:${name} must be ${looks}.`)
    return value ?? asSecret("")
  }

  finish<T>(config: T): T {
    const names = Object.keys(allConfig() ?? {}).flatMap((key) => (key.startsWith("viberglass:") ? [key.slice("viberglass:".length)] : []))
    const unknown = names.filter((name) => !this.#known.has(name))
    this.#problems.push(...unknown.map((name) => `viberglass:${name} is read by nothing: is it written right?`))
    if (this.#problems.length > 0) throw new RunError(`The configuration of "${getStack()}" is wrong:\n  ${this.#problems.join("\n  ")}`)
    return config
  }

  #get(name: string): string | undefined {
    this.#known.add(name)
    return this.#config.get(name) || undefined
  }
}

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const
const quoted = (value: string | undefined): string => (value === undefined ? "missing" : `"${value}"`)

/** How a stack of a state in one's own bucket is called; Pulumi's service has an organization's name in front. */
export const STACK_NAME: Shape = { pattern: /^[\w.-]+\/[\w.-]+\/(dev|prod)$/, looks: "<organization>/<project>/<stack>" }

/** What another stack exports, by name and checked when it is there. A name that it does not export ends the run. */
export function outputsOf(stackName: string) {
  const stack = new StackReference(stackName)
  const required = <T>(name: string, is: (value: unknown) => value is T): Output<T> =>
    stack.requireOutput(name).apply((value: unknown) => {
      if (is(value)) return value
      throw new RunError(`The output "${name}" of ${stackName} is not what it should be: bring that stack up first.`)
    })
  return {
    text: (name: string) => required(name, isText),
    texts: (name: string) => required(name, isTexts),
    flag: (name: string) => required(name, (value) => typeof value === "boolean"),
  }
}
const isText = (value: unknown): value is string => typeof value === "string" && value !== ""
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.length > 0 && value.every(isText)
