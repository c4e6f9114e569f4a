// PURE: addresses on the loopback interface of the machine around a container.
import type { Payload } from "#contract/worker.ts"

/** The name under which a container on Docker's bridge finds the machine that it runs on. */
export const HOST_GATEWAY = "host.docker.internal"

const LOOPBACK = /^(https?:\/\/(?:[^/@]*@)?)(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=[:/?#]|$)/i

/** The same address with another host when it was a loopback one; anything else stays as it is, to the letter. */
export const withHost = (address: string, host: string): string => address.replace(LOOPBACK, `$1${host}`)

/** Forge and model of a payload, as the worker in its container reaches them. */
export function reachablePayload(payload: Payload, host: string | undefined): Payload {
  if (host === undefined) return payload
  const { repository, scm, agent } = payload
  return {
    ...payload,
    repository: { ...repository, url: withHost(repository.url, host) },
    scm: scm.apiUrl === undefined ? scm : { ...scm, apiUrl: withHost(scm.apiUrl, host) },
    agent: agent.baseUrl === undefined ? agent : { ...agent, baseUrl: withHost(agent.baseUrl, host) },
  }
}
