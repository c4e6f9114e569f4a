import type { ComputeType, DeploymentConfig } from "#contract/clankers.ts"
import type { Bindings } from "../config.ts"
import type { DeploymentState } from "./deployment.ts"

export interface ClankerStub {
  /** Starts or supersedes a deployment; the same revision while it is deploying is the same deployment. */
  start(request: { clankerId: string; revision: number; config: DeploymentConfig; maxConcurrency: number }): Promise<DeploymentState>
  /** How many jobs may run at once; applies at once. */
  resize(maxConcurrency: number): Promise<void>
  deactivate(clankerId: string): Promise<DeploymentState>
  /** Asks the compute what stands there now, or says why nobody could tell. */
  refresh(computeType: ComputeType): Promise<{ state: DeploymentState } | { why: string }>
  /** The second way out, for when the object's own alarm did not fire. */
  poke(): Promise<void>
  /** Forgets everything; the clanker is gone. Answers what of it stays outside. */
  remove(): Promise<string[]>
}

declare module "../config.ts" {
  interface Bindings {
    CLANKERS: ObjectNamespace<ClankerStub>
  }
}

export const clankerObject = (env: Bindings, clankerId: string): ClankerStub => env.CLANKERS.get(env.CLANKERS.idFromName(clankerId))
