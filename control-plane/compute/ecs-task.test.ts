import { describe, expect, it } from "vitest"
import { inspectionOf, isPassing } from "./ecs-task.ts"

// Words as AWS has them: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
const IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker@sha256:0a1b"
const ended = (stoppedReason: string, over: { stopCode?: "SpotInterruption" | "TaskFailedToStart"; container?: object } = {}) =>
  inspectionOf(
    {
      lastStatus: "STOPPED",
      stopCode: over.stopCode ?? "TaskFailedToStart",
      stoppedReason,
      containers: [
        { name: "sidecar", reason: "OutOfMemoryError" },
        { name: "worker", lastStatus: "STOPPED", ...over.container },
      ],
    },
    "worker",
    IMAGE,
  )

describe("a task's end", () => {
  it.each([
    ["CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found", "image-missing"],
    ["CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'", "image-missing"],
    ["CannotPullContainerError: pull access denied for x, repository does not exist or may require 'docker login'", "launch-refused"],
    ["CannotPullContainerError: failed to do request: dial tcp 1.2.3.4:443: i/o timeout", "never-started"],
    [
      "ResourceInitializationError: unable to pull secrets or registry auth: there is a connection issue between the task and ECR",
      "never-started",
    ],
    [
      "ResourceInitializationError: unable to retrieve secret from ssm: AccessDeniedException: not authorized to perform: ssm:GetParameters",
      "launch-refused",
    ],
    [
      "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist",
      "never-started",
    ],
  ])("%s is %s for good", (reason, kind) => {
    expect(ended(reason)).toMatchObject({ state: "stopped", oom: false, failure: { kind, detail: expect.stringContaining(reason) } })
  })

  it.each([
    ["a Spot task that AWS took back", ended("Your Spot Task was interrupted.", { stopCode: "SpotInterruption" })],
    ["a network interface that did not come", ended("Timeout waiting for network interface provisioning to complete.")],
    ["a registry's limit", ended("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.")],
    ["ECR that does not answer for the moment", ended("CannotPullContainerError: unexpected status code 503 Service Unavailable")],
    ["a worker that crashed", ended("Essential container in task exited", { container: { exitCode: 1 } })],
  ])("of %s may be another one's beginning", (_, seen) => {
    expect(seen).toMatchObject({ state: "stopped", oom: false })
    expect(seen).not.toHaveProperty("failure")
  })

  it("is no matter of the role when another registry than ECR does not hand out the image", () => {
    const words = "CannotPullContainerError: pull access denied for x, repository does not exist or may require 'docker login'"
    const task = { lastStatus: "STOPPED", stopCode: "TaskFailedToStart" as const, stoppedReason: words }
    expect(inspectionOf(task, "worker", "registry.test/worker:1").failure).toEqual({
      ...{ kind: "image-missing", image: "registry.test/worker:1", detail: words },
    })
  })

  it("says what to do only where that is it", () => {
    const detail = (reason: string) => String(ended(reason).failure?.detail)
    expect(detail("ResourceInitializationError: dial tcp: i/o timeout")).toContain("NAT")
    const denied = detail("ResourceInitializationError: unable to retrieve secret from ssm: AccessDeniedException: no")
    expect(denied).toContain("execution role")
    expect(denied).not.toContain("NAT")
    const logs = detail(
      "ResourceInitializationError: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
    )
    expect(logs).toContain("log group")
    expect(logs).not.toContain("NAT")
  })

  it("for want of memory is the worker's own, not another container's", () => {
    const own = { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" }
    expect(ended("Essential container in task exited", { container: own })).toMatchObject({
      oom: true,
      reason: expect.stringContaining("137"),
    })
    expect(ended("Essential container in task exited", { container: { exitCode: 0 } })).toMatchObject({ oom: false })
  })
})

describe("a task's state", () => {
  it.each([
    ...["PROVISIONING", "PENDING", "ACTIVATING"].map((status) => [status, "starting"] as const),
    ...["RUNNING", "DEACTIVATING", "STOPPING"].map((status) => [status, "running"] as const),
    ...["DEPROVISIONING", "STOPPED", "DELETED"].map((status) => [status, "stopped"] as const),
  ])("%s is %s", (lastStatus, state) => {
    expect(inspectionOf({ lastStatus }, "worker", IMAGE).state).toBe(state)
  })
})

it.each([
  ["RESOURCE:MEMORY", true],
  ["RESOURCE:ENI", true],
  ["AGENT", true],
  ["CAPACITY", true],
  ["Capacity is unavailable at this time. Please try again later or in a different availability zone", true],
  ["MISSING", false],
  ["ATTRIBUTE", false],
  ["ACCESSDENIED", false],
  ["INACTIVE", false],
])("a placement that fails for %s passes by itself: %s", (reason, passes) => {
  expect(isPassing(reason)).toBe(passes)
})
