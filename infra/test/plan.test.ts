import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const PLAN = fileURLToPath(new URL("../../tools/plan.ts", import.meta.url))

const plan = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [PLAN, ...args], (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }))
  })

describe("npm run plan", () => {
  it("prints what a stack would make, and that nobody was asked", async () => {
    const { code, stdout } = await plan("base", "prod")
    expect(code).toBe(0)
    expect(stdout).toContain("viberglass-base, prod: ")
    expect(stdout).toContain("No engine and no account was asked")
    expect(stdout).toMatch(/\+ ec2 NatGateway +nat-b/)
    expect(stdout).toMatch(/\+ kms Alias +ssm +alias\/viberglass-prod-ssm/)
    expect(stdout).toMatch(/Exports: .*workerSubnetIds/)
    expect(stdout).not.toContain("Stood in for")
  })

  it("is about dev when nothing else is said", async () => {
    const { stdout } = await plan("base")
    expect(stdout).toContain("viberglass-base, dev: ")
    expect(stdout).not.toContain("NatGateway")
  })

  it("says what it stood in for, and shows no secret with its details", async () => {
    const { code, stdout } = await plan("platform", "dev", "--details")
    expect(code).toBe(0)
    expect(stdout).toContain("Stood in for, as no file has a value: viberglass:publicUrl, viberglass:githubRepository, viberglass:hookKey")
    expect(stdout).toContain('"invocationEndpoint": "https://viberglass.example/hooks/aws"')
    expect(stdout).toContain('"authParameters": "(secret)"')
    expect(stdout).not.toContain("a-placeholder-of")
  })

  it.each([
    [["network"], 'There is no stack "network": base, workers, platform.'],
    [[], 'There is no stack "": base, workers, platform.'],
    [["base", "staging"], 'There is no environment "staging": dev, prod.'],
    [["base", "dev", "now"], '"now" means nothing here.'],
  ])("answers %j with 64 and the list", async (args, words) => {
    const { code, stdout, stderr } = await plan(...args)
    expect(code).toBe(64)
    expect(stderr).toContain(words)
    expect(stdout).toBe("")
  })
})
