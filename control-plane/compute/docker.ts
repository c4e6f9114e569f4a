import type { DeploymentConfig } from "#contract/clankers.ts"
import type { DeploymentFacts, Strategy } from "./strategy.ts"

/** How long a start waits for a host to connect. */
const HOST_WAIT_MS = 60_000
/** Between a host's TERM and its KILL: the worker ends its agent and reports in it. */
const STOP_GRACE_MS = 60_000
/** The host answers an image question by itself; this only bounds how long one deployment step sleeps in between. */
const IMAGE_POLL_MS = 500
const DEFAULT_IMAGE = "viberator-worker:latest"

/** Self-hosted: the host process connected outward, so the edge needs no way in. */
export const docker: Strategy = {
  maxExecutionMs: () => null,

  async provision({ config, key, step, startedAt, facts }, doors) {
    if (config.computeType !== "docker") return { status: "failed", message: "The configuration is not one for Docker." }
    const image = config.containerImage ?? DEFAULT_IMAGE
    switch (step) {
      case null:
        return { status: "next", step: "find host", facts: {} }
      case "find host": {
        const hosts = await doors.connectedHosts()
        const host = config.hostId ? hosts.find(({ id }) => id === config.hostId) : hosts[0]
        if (host)
          return {
            status: "next",
            step: "check image",
            facts: { hostId: host.id, hostName: host.name, engine: host.engine, engineVersion: host.engineVersion },
          }
        if (doors.now() - startedAt < HOST_WAIT_MS)
          return {
            status: "wait",
            ms: 1000,
            reason: config.hostId ? "waiting for the chosen host to connect" : "waiting for a host to connect",
          }
        return {
          status: "failed",
          message: config.hostId
            ? "The chosen host did not connect within 60 seconds."
            : "No host is connected. Create one, run its command on the machine that is to do the work, then start again.",
        }
      }
      case "check image": {
        const hostId = String(facts["hostId"])
        const answer = await doors.host(hostId).image(key, image)
        if (answer.state === "pending") return { status: "wait", ms: IMAGE_POLL_MS, reason: `the host looks for ${image}` }
        if (answer.state === "away") return { status: "failed", message: "The host disconnected while it was looking for the image." }
        if (answer.state === "failed") return { status: "failed", message: `The host has no image ${image}: ${answer.message}` }
        return {
          status: "done",
          facts: { ...facts, image, imageId: answer.id, imageSize: answer.size, imageDigest: answer.digest, ...launchFacts(config) },
        }
      }
      default:
        return { status: "failed", message: `The deployment step "${step}" is not known to this release.` }
    }
  },

  async describe({ hostId }, doors) {
    const host = (await doors.connectedHosts()).find(({ id }) => id === hostId)
    if (!host) return { hostConnected: false }
    return { hostName: host.name, engine: host.engine, engineVersion: host.engineVersion, hostConnected: true }
  },

  async launch({ jobId, attempt, try: attemptTry, env, facts }, doors) {
    const { hostId, image, networkMode, cpus, memoryMb } = facts
    if (typeof hostId !== "string" || typeof image !== "string")
      return {
        status: "refused",
        transient: false,
        failure: { kind: "launch-refused", detail: "The deployment names no host: start the clanker again." },
      }
    const limits = { ...(typeof cpus === "number" ? { cpus } : {}), ...(typeof memoryMb === "number" ? { memoryMb } : {}) }
    const answer = await doors
      .host(hostId)
      .run({ jobId, attempt, try: attemptTry, image, networkMode: String(networkMode ?? "bridge"), ...limits, env })
    switch (answer) {
      case "accepted":
        return { status: "launched", handle: `${hostId}/viberator-${jobId}-${attempt}` }
      case "away":
        return { status: "not-now", reason: `the host ${facts["hostName"] ?? hostId} is not connected` }
      case "revoked":
        return {
          status: "refused",
          transient: false,
          failure: { kind: "host-away", detail: "The host of this deployment was revoked: start the clanker again." },
        }
    }
  },

  inspect: ({ jobId, attempt, facts }, doors) => doors.host(String(facts["hostId"])).inspect(jobId, attempt),
  stop: ({ jobId, attempt, facts }, doors) => doors.host(String(facts["hostId"])).stop(jobId, attempt, STOP_GRACE_MS),
  /** The host that connected with its own token started it, and handed the launch token to nobody else. */
  prove: async () => ({ ok: true }),
}

function launchFacts(config: Extract<DeploymentConfig, { computeType: "docker" }>): DeploymentFacts {
  return { networkMode: config.networkMode, cpus: config.cpus ?? null, memoryMb: config.memoryMb ?? null }
}
