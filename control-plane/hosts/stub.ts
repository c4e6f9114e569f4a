import type { HostDoor } from "../compute/strategy.ts"
import type { Bindings } from "../config.ts"

/** What a host told of a run without being asked; reaches the job through a door. */
export interface RunReport {
  jobId: string
  attempt: number
  report: { kind: "stopped"; reason: string; oom: boolean } | { kind: "refused"; transient: boolean; code: string; message: string }
}

export interface HostStub extends HostDoor {
  create(hostId: string, name: string, secretHash: string): Promise<void>
  revoke(): Promise<void>
  /** How many workers run here as far as the host has told. */
  running(): Promise<number>
  /** The host's WebSocket upgrade; the secret is checked here, without D1. */
  fetch(request: Request): Promise<Response>
}

declare module "../config.ts" {
  interface Bindings {
    HOSTS: ObjectNamespace<HostStub>
  }
}

export const hostObject = (env: Bindings, hostId: string): HostStub => env.HOSTS.get(env.HOSTS.idFromName(hostId))
