import { beforeAll, describe, expect, it } from "vitest"
import { ATTACHMENT_LIMITS, type Attachment } from "#contract/attachments.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"
import { overrides } from "../context.ts"
import {
  type Answer,
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  ORIGIN,
  send,
  setUp,
  type Stage,
} from "./harness.ts"

let admin: Caller
let token: string
let viewerToken: string
let host: FakeHost
let stage: Stage

beforeAll(async () => {
  await setUp()
  token = (await createUser("admin")).token
  viewerToken = (await createUser("viewer")).token
  admin = caller(token)
  host = await connectHost(admin, { slots: 10 })
  stage = await createStage(admin, "Attachments")
})

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0x00, 0x01, 0x02])
const pngOf = (size: number) => {
  const bytes = new Uint8Array(size)
  bytes.set(PNG)
  return bytes
}
const fileOf = (bytes: Uint8Array, name = "shot.png", type = "image/png") => new File([bytes], name, { type })
const form = (file: File | string, field = "file") => {
  const data = new FormData()
  data.set(field, file)
  return data
}
async function upload(
  ticketId: string,
  body: FormData,
  { as = token, headers = {} }: { as?: string; headers?: Record<string, string> } = {},
): Promise<Answer<Attachment & ErrorReply>> {
  const response = await send(
    new Request(`${ORIGIN}/api/tickets/${ticketId}/attachments`, {
      method: "POST",
      headers: { authorization: `Bearer ${as}`, ...headers },
      body,
    }),
  )
  return { status: response.status, body: await response.json(), headers: response.headers }
}
const download = (path: string, headers: Record<string, string> = {}, as = token) =>
  send(new Request(ORIGIN + path, { headers: { authorization: `Bearer ${as}`, ...headers } }))
const newTicket = (title = "With pictures", projectId = stage.project.id) => ok(admin<Ticket>("POST", "/api/tickets", { projectId, title }))
const read = (id: string) => ok(admin<Ticket>("GET", `/api/tickets/${id}`))
const keys = async (prefix: string) => (await env.BUCKET.list({ prefix })).objects.map(({ key }) => key)

describe("an attachment", () => {
  it("is kept with its ticket, told by its bytes, and shown without anything that runs", async () => {
    const ticket = await newTicket()
    const made = await upload(ticket.key, form(fileOf(PNG, "C:\\secret\\Ünïcode \u202e(login).exe", "text/html")))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ mime: "image/png", size: PNG.length, name: "Ünïcode (login).exe", author: "The admin" })
    expect((await read(ticket.id)).attachments).toEqual([made.body])
    const path = `/api/tickets/${ticket.id}/attachments`
    expect(await ok(admin("GET", path))).toEqual({ items: [made.body], nextCursor: null })
    const file = await download(`${path}/${made.body.id}`, {}, viewerToken)
    expect(file.status).toBe(200)
    expect(Object.fromEntries(file.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(PNG.length),
      "x-content-type-options": "nosniff",
      "content-disposition": `inline; filename="_n_code (login).exe"; filename*=UTF-8''%C3%9Cn%C3%AFcode%20%28login%29.exe`,
    })
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(PNG)
    const { items } = await ok(admin<{ items: { act: string; detail: object }[] }>("GET", `/api/tickets/${ticket.id}/timeline`))
    expect(items[0]).toMatchObject({ act: "attachment-added", detail: { name: made.body.name, attachmentId: made.body.id } })
  })

  it("is given in parts to who asks for parts, as players of videos do", async () => {
    const ticket = await newTicket()
    const { body } = await upload(ticket.id, form(fileOf(pngOf(1000))))
    const path = `/api/tickets/${ticket.id}/attachments/${body.id}`
    const part = await download(path, { range: "bytes=1-3" })
    expect([part.status, part.headers.get("content-range"), (await part.arrayBuffer()).byteLength]).toEqual([206, "bytes 1-3/1000", 3])
    const tail = await download(path, { range: "bytes=-10" })
    expect([tail.status, tail.headers.get("content-range"), (await tail.arrayBuffer()).byteLength]).toEqual([206, "bytes 990-999/1000", 10])
    for (const range of ["bytes=5000-", "bytes=3-1", "bytes=-", "lines=1-2"]) {
      const whole = await download(path, { range })
      expect([whole.status, (await whole.arrayBuffer()).byteLength], range).toEqual([200, 1000])
    }
  })

  it.each([
    ["HTML in a picture's clothes", () => form(fileOf(new TextEncoder().encode("<script>alert(1)</script>"))), 422],
    ["nothing", () => form(fileOf(new Uint8Array())), 422],
    ["words where a file belongs", () => form("text"), 422],
    ["under another field", () => form(fileOf(PNG), "picture"), 422],
    ["one byte too large", () => form(fileOf(pngOf(ATTACHMENT_LIMITS.bytes + 1))), 413],
    ["far too large", () => form(fileOf(pngOf(ATTACHMENT_LIMITS.bodyBytes + 1))), 413],
  ])("is refused when it is %s", async (_what, body, status) => {
    const ticket = await newTicket()
    const refused = await upload(ticket.id, body())
    expect(refused.status).toBe(status)
    expect(status === 422 ? Object.keys(refused.body.error.detail?.["fields"] ?? {}) : ["file"]).toContain("file")
    expect((await read(ticket.id)).attachments).toEqual([])
    expect(await keys(`attachments/${stage.project.id}/${ticket.id}/`)).toEqual([])
  })

  it("may be as large as is promised", async () => {
    const ticket = await newTicket()
    expect(await upload(ticket.id, form(fileOf(pngOf(ATTACHMENT_LIMITS.bytes))))).toMatchObject({
      status: 201,
      body: { size: ATTACHMENT_LIMITS.bytes },
    })
  })

  it("is no JSON, and is not a viewer's to add or remove", async () => {
    const ticket = await newTicket()
    expect((await admin("POST", `/api/tickets/${ticket.id}/attachments`, { file: "x" })).status).toBe(400)
    const broken = { "content-type": "multipart/form-data; boundary=nothing" }
    expect((await admin("POST", `/api/tickets/${ticket.id}/attachments`, "no boundary here", broken)).status).toBe(400)
    expect((await upload(ticket.id, form(fileOf(PNG)), { as: viewerToken })).status).toBe(403)
    expect((await upload("WEB-999999", form(fileOf(PNG)))).status).toBe(404)
    const { body } = await upload(ticket.id, form(fileOf(PNG)))
    expect((await caller(viewerToken)("DELETE", `/api/tickets/${ticket.id}/attachments/${body.id}`)).status).toBe(403)
  })

  it("belongs to its own ticket alone", async () => {
    const [one, other] = [await newTicket("One"), await newTicket("Other")]
    const { body } = await upload(one.id, form(fileOf(PNG)))
    expect((await download(`/api/tickets/${other.id}/attachments/${body.id}`)).status).toBe(404)
    expect((await admin("DELETE", `/api/tickets/${other.id}/attachments/${body.id}`)).status).toBe(404)
    expect((await download(`/api/tickets/${one.id}/attachments/${body.id}`)).status).toBe(200)
  })

  it("is one of a bounded number, also when many come at once", async () => {
    const ticket = await newTicket()
    const answers = await Promise.all(Array.from({ length: ATTACHMENT_LIMITS.perTicket + 3 }, () => upload(ticket.id, form(fileOf(PNG)))))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(ATTACHMENT_LIMITS.perTicket)
    for (const { status, body } of answers.filter((answer) => answer.status !== 201))
      expect([status, body.error.code]).toEqual([409, "attachment.too-many"])
    expect(await keys(`attachments/${stage.project.id}/${ticket.id}/`)).toHaveLength(ATTACHMENT_LIMITS.perTicket)
  })

  it("sent twice with one Idempotency-Key is one, whatever boundary its form has", async () => {
    const ticket = await newTicket()
    const headers = { "idempotency-key": "picture-1" }
    const first = await upload(ticket.id, form(fileOf(PNG)), { headers })
    const second = await upload(ticket.id, form(fileOf(PNG)), { headers })
    expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id])
    const other = await upload(ticket.id, form(fileOf(pngOf(50))), { headers })
    expect([other.status, other.body.error.code]).toEqual([409, "idempotency.conflict"])
    expect((await read(ticket.id)).attachments).toHaveLength(1)
  })

  it("goes with its own removal, its ticket and its project, out of the bucket too", async () => {
    const project = await ok(admin<Project>("POST", "/api/projects", { name: "Doomed", repositoryUrl: "https://forge.test/a/b" }))
    const [one, other] = [await newTicket("One", project.id), await newTicket("Other", project.id)]
    const { body: first } = await upload(one.id, form(fileOf(PNG)))
    await upload(one.id, form(fileOf(PNG)))
    await upload(other.id, form(fileOf(PNG)))
    expect((await admin("DELETE", `/api/tickets/${one.id}/attachments/${first.id}`)).status).toBe(204)
    expect((await admin("DELETE", `/api/tickets/${one.id}/attachments/${first.id}`)).status).toBe(404)
    expect((await download(`/api/tickets/${one.id}/attachments/${first.id}`)).status).toBe(404)
    expect(await keys(`attachments/${project.id}/`)).toHaveLength(2)
    expect((await admin("DELETE", `/api/tickets/${one.id}`)).status).toBe(204)
    expect(await keys(`attachments/${project.id}/`)).toHaveLength(1)
    expect((await admin("DELETE", `/api/projects/${project.id}`)).status).toBeLessThan(300)
    expect(await keys(`attachments/${project.id}/`)).toEqual([])
    const { results } = await env.DB.prepare("SELECT id FROM ticket_attachments WHERE ticket_id IN (?, ?)").bind(one.id, other.id).all()
    expect(results).toEqual([])
  })
})

describe("a job", () => {
  it("knows the files as they were when it began, names their paths in its prompt and gives them to its worker alone, without D1", async () => {
    const ticket = await newTicket()
    const { body: picture } = await upload(ticket.id, form(fileOf(PNG, "Login page.png")))
    const { job } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {}))
    const { body: later } = await upload(ticket.id, form(fileOf(PNG, "later.png")))
    const { prompt } = await ok(admin<{ prompt: string }>("GET", `/api/jobs/${job.id}/prompt`))
    expect(prompt).toContain("- $VIBERATOR_ATTACHMENTS/1-Login-page.png (image/png, 1 KiB)")
    expect(prompt).not.toContain("later")

    const worker = await fakeWorker(await launchOf(host, job.id))
    const { id, name, mime, size } = picture
    const path = `/worker/v1/jobs/${job.id}/attachments`
    expect((await download(`${path}/${id}`, {}, worker.session)).status).toBe(409)
    expect((await worker.claim()).body.payload.attachments).toEqual([{ id, name, mime, size }])
    expect((await download(`${path}/${id}`, {}, token)).status).toBe(401)
    expect((await download(`${path}/${id}`, {}, `vs_${job.id}_1_${"f".repeat(64)}`)).status).toBe(401)
    expect((await download(`${path}/${later.id}`, {}, worker.session)).status).toBe(404)
    try {
      overrides.database = new Proxy(env.DB, {
        get: () => () => {
          throw new Error("D1 was asked")
        },
      })
      const file = await download(`${path}/${id}`, {}, worker.session)
      expect([file.status, new Uint8Array(await file.arrayBuffer())]).toEqual([200, PNG])
    } finally {
      delete overrides.database
    }
    expect((await admin("DELETE", `/api/tickets/${ticket.id}/attachments/${id}`)).status).toBe(204)
    expect((await download(`${path}/${id}`, {}, worker.session)).status).toBe(404)
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })
})
