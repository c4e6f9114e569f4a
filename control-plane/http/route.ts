import type { OpenAPIHono } from "@hono/zod-openapi"
import { z } from "zod"
import { errorReplySchema } from "#contract/errors.schema.ts"
import type { Bindings } from "../config.ts"
import type { Context } from "../context.ts"
import { type CallerRule, enter, type User } from "./auth.ts"
import { recordAct } from "./audit.ts"
import { fingerprintOf, readForm } from "./form.ts"
import { once } from "./idempotency.ts"
import { parse, parseJson, readBytes } from "./input.ts"

/** Set by app.ts for every request. */
interface Variables {
  context: Context
  requestId: string
}
export interface AppEnv {
  Bindings: Bindings
  Variables: Variables
}
export type App = OpenAPIHono<AppEnv>

type Method = "get" | "post" | "put" | "patch" | "delete"
type Shape = z.ZodRawShape
type CallerOf<R extends CallerRule> = R extends "public" ? null : User

export interface Call<P extends Shape, Q extends Shape, B extends z.ZodType, R extends CallerRule> {
  context: Context
  requestId: string
  request: Request
  caller: CallerOf<R>
  params: z.output<z.ZodObject<P>>
  query: z.output<z.ZodObject<Q>>
  body: z.output<B>
}
export interface Reply<T> {
  status?: 200 | 201 | 202 | 204
  body: T
}

/** 1 MiB for the API; a route that takes more says so. */
const BODY_LIMIT = 1_048_576

/** What was made is called by its id, which its request could not know. */
function subjectOf(path: string, status: number, replied: unknown): string {
  const made = status === 201 ? madeSchema.safeParse(replied) : null
  return made?.success ? `${path}/${made.data.id}` : path
}
const madeSchema = z.object({ id: z.string() })
const actOf = ({ method, path }: { method: Method; path: string }): string => `${method} ${path}`
/** Filled while the routes are declared, and only read afterwards. */
const SUMMARIES = new Map<string, string>()

/** What an act of the audit log is in words; null for one that there is no route for any more. */
export const summaryOf = (act: string): string | null => SUMMARIES.get(act) ?? null

/**
 * Declares one JSON route: who may call it, what it takes, what it answers. Registers it with the router and in the
 * OpenAPI document, so that neither can be forgotten. Path parameters are written `:id`.
 */
export function route<
  const R extends CallerRule,
  T extends z.ZodType,
  P extends Shape = {},
  Q extends Shape = {},
  B extends z.ZodType = z.ZodUndefined,
>(
  app: App,
  spec: {
    method: Method
    path: string
    caller: R
    summary: string
    params?: P
    query?: Q
    body?: B
    bodyLimit?: number
    /** The body is `multipart/form-data`, and each of its fields a file. */
    form?: boolean
    reply: T
    status?: 200 | 201 | 202 | 204
    /** A POST that creates honours Idempotency-Key. */
    creates?: boolean
  },
  handle: (call: Call<P, Q, B, R>) => Promise<Reply<z.input<T>>>,
): void {
  const paramsSchema = z.object(spec.params ?? {})
  const querySchema = z.object(spec.query ?? {})
  describe(app, spec)
  SUMMARIES.set(actOf(spec), spec.summary)
  app.on(spec.method.toUpperCase(), spec.path, async (c) => {
    const { requestId } = c.var
    const { context, caller } = await callerOf(c.req.raw, c.var.context, spec.caller)
    const params = parse(paramsSchema, c.req.param(), "path")
    const query = parse(querySchema, c.req.query(), "query")
    const { given, bytes } = await readBody(c.req.raw, spec)
    const body = spec.body ? parse(spec.body, given, "body") : undefined
    const call = { context, requestId, request: c.req.raw, caller, params, query, body }
    if (!isCallOf<P, Q, B, R>(call)) throw new Error("unreachable: every part was parsed by its own schema")
    const answer = async () => {
      const reply = await handle(call)
      return { status: reply.status ?? spec.status ?? 200, body: reply.body }
    }
    const { status, body: replied } =
      spec.creates && caller
        ? await once({ context, caller: caller.id, path: c.req.path, key: c.req.header("idempotency-key"), bytes }, answer)
        : await answer()
    if (spec.method !== "get" && caller)
      await recordAct(context, {
        actor: caller.id,
        act: actOf(spec),
        subject: subjectOf(c.req.path, status, replied),
        requestId,
        address: c.req.header("cf-connecting-ip") ?? null,
        status,
      })
    if (status === 204) return c.body(null, 204)
    return c.json(replied, status)
  })
}

/** What was sent, and the bytes by which a repeat of it is known. */
async function readBody(
  request: Request,
  { body, bodyLimit = BODY_LIMIT, form = false }: { body?: z.ZodType; bodyLimit?: number; form?: boolean },
): Promise<{ given: unknown; bytes: Uint8Array }> {
  if (!body) return { given: undefined, bytes: new Uint8Array() }
  if (form) {
    const given = await readForm(request, bodyLimit)
    // Looking through a whole file is worth it only for who asks to be recognised.
    return { given, bytes: request.headers.has("idempotency-key") ? await fingerprintOf(given) : new Uint8Array() }
  }
  const bytes = await readBytes(request, bodyLimit)
  return { given: parseJson(bytes), bytes }
}

/** The generics tie the parts to the schemas that have just parsed them, which the compiler cannot follow through defaults. */
const isCallOf = <P extends Shape, Q extends Shape, B extends z.ZodType, R extends CallerRule>(call: {
  caller: User | null
}): call is Call<P, Q, B, R> => call.caller === null || typeof call.caller.id === "string"

async function callerOf(request: Request, context: Context, rule: CallerRule): Promise<{ context: Context; caller: User | null }> {
  return rule === "public" ? { context, caller: null } : enter(request, context, rule)
}

function describe(
  app: App,
  spec: {
    method: Method
    path: string
    caller: CallerRule
    summary: string
    params?: Shape
    query?: Shape
    body?: z.ZodType
    form?: boolean
    reply: z.ZodType
    status?: number
  },
): void {
  const status = spec.status ?? 200
  app.openAPIRegistry.registerPath({
    method: spec.method,
    path: spec.path.replace(/:(\w+)/g, "{$1}"),
    summary: spec.summary,
    ...(spec.caller === "public" ? {} : { security: [{ token: [] }] }),
    request: {
      ...(spec.params ? { params: z.object(spec.params) } : {}),
      ...(spec.query ? { query: z.object(spec.query) } : {}),
      ...(spec.body ? { body: { content: spec.form ? formContent(spec.body) : { "application/json": { schema: spec.body } } } } : {}),
    },
    responses: {
      [status]: status === 204 ? { description: "Done" } : { description: "Done", content: { "application/json": { schema: spec.reply } } },
      default: { description: "Refused", content: { "application/json": { schema: errorReplySchema } } },
    },
  })
}

const formContent = (body: z.ZodType) => {
  const names = body instanceof z.ZodObject ? Object.keys(body.shape) : []
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string" as const, format: "binary" }]))
  return { "multipart/form-data": { schema: { type: "object" as const, properties, required: names } } }
}
