import { describe, expect, it, test } from "vitest"
import { containerBody, type ContainerPolicy, withTag } from "./container.ts"
import { classOf } from "./docker-errors.ts"
import { joinFrames } from "./docker-log.ts"
import { containerExit } from "./exit-reason.ts"
import { loginFor } from "./registry-login.ts"
import { reachablePayload, withHost } from "../loopback.ts"
import { payloadSchema } from "#contract/worker.schema.ts"

const policy: ContainerPolicy = {
  hostId: "hst_1",
  networks: [],
  pidsLimit: 2048,
  tmpMb: 1024,
  workMb: 8192,
  forwarded: { FORWARDED: "yes" },
}
const env = {
  VIBERATOR_JOB_ID: "job_1",
  VIBERATOR_ATTEMPT: "2",
  CONTROL_PLANE_URL: "http://localhost:8787/x",
  VIBERATOR_LAUNCH_TOKEN: "vl_1",
}
const args = { jobId: "job_1", attempt: 2, image: "viberator-worker", networkMode: "bridge", cpus: 1.5, memoryMb: 512, env }

test("the container of an attempt, on a bridge and with limits", () => {
  expect(containerBody(args, { callId: "run:job_1:2:1", env }, policy)).toEqual({
    name: "viberator-job_1-2",
    Image: "viberator-worker:latest",
    Env: [
      "FORWARDED=yes",
      "VIBERATOR_JOB_ID=job_1",
      "VIBERATOR_ATTEMPT=2",
      "CONTROL_PLANE_URL=http://host.docker.internal:8787/x",
      "VIBERATOR_LAUNCH_TOKEN=vl_1",
      "VIBERATOR_WORK_DIR=/work",
      "VIBERATOR_COMPUTE_KIND=docker",
      "VIBERATOR_COMPUTE_ID=viberator-job_1-2",
      "VIBERATOR_LOOPBACK_HOST=host.docker.internal",
    ],
    Labels: {
      "dev.viberglass.host": "hst_1",
      "dev.viberglass.job": "job_1",
      "dev.viberglass.attempt": "2",
      "dev.viberglass.call": "run:job_1:2:1",
    },
    HostConfig: {
      NetworkMode: "bridge",
      ExtraHosts: ["host.docker.internal:host-gateway"],
      NanoCpus: 1_500_000_000,
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      PidsLimit: 2048,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Privileged: false,
      Tmpfs: { "/tmp": "rw,exec,nosuid,nodev,mode=1777,size=1024m", "/work": "rw,exec,nosuid,nodev,mode=1777,size=8192m" },
      IpcMode: "private",
      RestartPolicy: { Name: "no" },
      AutoRemove: false,
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "1" } },
    },
  })
})

describe("a network", () => {
  const network = (networkMode: string, networks: string[] = []) => {
    const { Env, HostConfig } = containerBody({ ...args, networkMode }, { callId: "c", env }, { ...policy, networks })
    return { Env, mode: HostConfig.NetworkMode, hosts: HostConfig.ExtraHosts }
  }

  it.each(["none", "host", "agents"])("%s leaves addresses as they are: there is no gateway to speak of", (mode) => {
    const seen = network(mode, ["host", "agents"])
    expect(seen).toMatchObject({ mode, hosts: undefined })
    expect(seen.Env).toContain("CONTROL_PLANE_URL=http://localhost:8787/x")
    expect(seen.Env.join()).not.toContain("VIBERATOR_LOOPBACK_HOST")
  })

  it.each(["host", "agents", "container:abc", ""])("%j is refused where the host does not allow it", (mode) => {
    expect(() => network(mode)).toThrow(expect.objectContaining({ class: "permanent", code: "network-not-allowed" }))
  })
})

test("without limits none are set", () => {
  const { cpus: _cpus, memoryMb: _memory, ...rest } = args
  const { HostConfig } = containerBody(rest, { callId: "c", env }, policy)
  expect(HostConfig).not.toHaveProperty("Memory")
  expect(HostConfig).not.toHaveProperty("NanoCpus")
})

test.each([
  ["worker", "worker:latest"],
  ["worker:1", "worker:1"],
  ["registry:5000/worker", "registry:5000/worker:latest"],
  ["registry:5000/worker@sha256:ab", "registry:5000/worker@sha256:ab"],
])("the image %s is %s", (image, whole) => expect(withTag(image)).toBe(whole))

test.each([
  ["http://127.0.0.1:8787", "http://there:8787"],
  ["https://localhost/a?b=http://localhost", "https://there/a?b=http://localhost"],
  ["http://[::1]:1/", "http://there:1/"],
  ["http://user:pass@localhost/x.git", "http://user:pass@there/x.git"],
  ["http://localhost.example.com", "http://localhost.example.com"],
  ["http://10.0.0.1", "http://10.0.0.1"],
  ["git@localhost:x.git", "git@localhost:x.git"],
])("from a container %s is %s", (address, seen) => expect(withHost(address, "there")).toBe(seen))

test("a payload's forge and model are reached by the gateway, and nothing else of it is touched", () => {
  const payload = payloadSchema.parse({
    protocol: 1,
    job: { id: "job_1", kind: "execution", attempt: 1, deadlineAt: "2026-01-01T00:00:00Z" },
    project: { name: "P", slug: "p", settings: {} },
    task: { text: "see http://localhost:3000" },
    prompt: "see http://localhost:3000",
    repository: { url: "http://localhost:4000/a/b.git", baseBranch: "main", branch: "b" },
    agent: { slug: "codex", baseUrl: "http://127.0.0.1:4010/v1" },
    limits: { maxExecutionMs: 1000 },
    scm: { provider: "github", apiUrl: "http://localhost:4000/api/v3", secretName: "T" },
  })
  expect(reachablePayload(payload, undefined)).toBe(payload)
  expect(reachablePayload(payload, "gw")).toEqual({
    ...payload,
    repository: { ...payload.repository, url: "http://gw:4000/a/b.git" },
    agent: { ...payload.agent, baseUrl: "http://gw:4010/v1" },
    scm: { ...payload.scm, apiUrl: "http://gw:4000/api/v3" },
  })
})

test.each([
  [{ ExitCode: 0 }, { exitCode: 0, oom: false, reason: "The worker delivered its result and ended." }],
  [{ ExitCode: 75 }, { exitCode: 75, oom: false, reason: expect.stringContaining("gave way") }],
  [{ ExitCode: 137 }, { exitCode: 137, signal: "SIGKILL", oom: false, reason: "The worker was ended by SIGKILL." }],
  [
    { ExitCode: 137, OOMKilled: true },
    { exitCode: 137, oom: true, reason: expect.stringContaining("limit of 512 MB") },
  ],
  // The kernel took the agent; the worker told of it and ended well.
  [
    { ExitCode: 0, OOMKilled: true },
    { exitCode: 0, oom: false },
  ],
  [
    { ExitCode: 127, Error: "no such file" },
    { exitCode: 127, reason: "The worker ended with exit code 127. Docker says: no such file" },
  ],
])("a container that ended with %j", (state, exit) => {
  const end = { OOMKilled: false, Error: "", FinishedAt: "2026-01-02T03:04:05.6Z", memoryBytes: 536_870_912, ...state }
  expect(containerExit(end)).toMatchObject({ at: Date.parse("2026-01-02T03:04:05.6Z"), ...exit })
})

const refusal = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode})`), { statusCode, json: { message } })
test.each([
  ["create", refusal(404, "No such image: x:latest"), "not-found", "image-missing"],
  ["create", refusal(409, "Conflict. The container name is already in use"), "permanent", "name-conflict"],
  ["create", refusal(500, "no space left on device"), "transient", "engine-failed"],
  ["image", refusal(400, "invalid reference format"), "not-found", "image-missing"],
  ["pull", refusal(404, "pull access denied for x, repository does not exist or may require 'docker login'"), "permanent", "pull-denied"],
  ["pull", refusal(404, "manifest for x:latest not found: manifest unknown"), "not-found", "image-missing"],
  ["pull", refusal(500, "Get https://registry-1.docker.io/v2/: dial tcp: lookup: no such host"), "transient", "pull-failed"],
  ["start", refusal(500, "OCI runtime create failed: exec: no such file"), "permanent", "start-failed"],
  ["other", Object.assign(new Error("connect ENOENT"), { code: "ENOENT" }), "transient", "engine-unreachable"],
] as const)("while asked to %s, the engine's words %s mean %s, %s", (act, error, errorClass, code) => {
  expect(classOf(error, act, "x:latest")).toMatchObject({ class: errorClass, code })
})

test("a bug of ours is no refusal of the engine", () => {
  const bug = new TypeError("undefined is not a function")
  expect(classOf(bug, "create")).toBe(bug)
})

const config = (auths: object) => JSON.stringify({ auths })
const auth = Buffer.from("ada:pass:word").toString("base64")
test.each([
  ["registry.example:5000/team/worker:1", config({ "registry.example:5000": { auth } }), "registry.example:5000"],
  ["registry.example/worker:1", config({ "https://registry.example/v2/": { auth } }), "https://registry.example/v2/"],
  ["team/worker:1", config({ "https://index.docker.io/v1/": { auth } }), "https://index.docker.io/v1/"],
  ["team/worker:1", config({ "registry.example": { auth } }), undefined],
  ["registry.example/worker:1", config({ "registry.example": {} }), undefined],
  ["registry.example/worker:1", "no JSON", undefined],
])("a pull of %s with %s signs in at %s", (image, text, serveraddress) => {
  expect(loginFor(image, text)).toEqual(serveraddress && { username: "ada", password: "pass:word", serveraddress })
})

test("frames become text in their order, also when one is cut off", () => {
  const frame = (stream: number, text: string) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, Buffer.byteLength(text)]), Buffer.from(text)])
  const output = Buffer.concat([frame(1, "out ü\n"), frame(2, "err\n"), frame(1, "cut off here")])
  expect(joinFrames(output.subarray(0, output.length - 5))).toBe("out ü\nerr\ncut off")
})
