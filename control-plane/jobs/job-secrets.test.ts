import { describe, expect, it } from "vitest"
import { jobSecrets } from "./job-secrets.ts"

const secret = (name: string, id = name.toLowerCase(), projectId: string | null = null) => ({
  id,
  name,
  projectId,
  location: "database" as const,
  reference: null,
})
const brief = (...input: Parameters<typeof jobSecrets>) => jobSecrets(...input).map(({ id, use }) => `${id} ${use}`)

describe("a job's secrets", () => {
  it("are the clanker's for the agent, and the project's SCM credential beside them", () => {
    expect(brief([secret("KEY")], secret("GITHUB_TOKEN"))).toEqual(["key agent", "github_token scm"])
    expect(brief([secret("KEY")], null)).toEqual(["key agent"])
  })

  it("keep one per name: the clanker's wins and serves both", () => {
    expect(brief([secret("GITHUB_TOKEN", "ticked")], secret("GITHUB_TOKEN", "scm"))).toEqual(["ticked both"])
  })

  it("of a task template win over both, under the same name", () => {
    expect(
      brief([secret("KEY", "ticked"), secret("OTHER")], secret("TOKEN", "scm"), [secret("KEY", "template"), secret("TOKEN", "its")]),
    ).toEqual(["template agent", "other agent", "its both"])
  })

  it("prefer the project's own to the installation's, in either order", () => {
    const both = [secret("KEY", "ours", "prj_1"), secret("KEY", "all")]
    expect(brief(both, null)).toEqual(["ours agent"])
    expect(brief(both.toReversed(), null)).toEqual(["ours agent"])
  })
})
