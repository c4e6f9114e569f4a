// The mocks run a program in our own process. Here Pulumi's Node runner starts it, with the settings of its Pulumi.yaml.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { parse } from "yaml"
import { runOffline, settingsOf, STACKS } from "../offline.ts"

const ENGINE = fileURLToPath(new URL("engine.mjs", import.meta.url))
function run(settings: Record<string, string>) {
  const { stdout } = spawnSync(process.execPath, [ENGINE, "base", JSON.stringify(settings)], { encoding: "utf8" })
  const seen: { registered: string[]; exported: string[]; told: string[]; exitCode: number } = JSON.parse(stdout)
  return seen
}

it("Pulumi's own runner starts the program as it is, without a compiler", async () => {
  const seen = run(settingsOf("base", "dev"))
  const { resources, outputs } = await runOffline("base", "dev")
  expect({ exitCode: seen.exitCode, told: seen.told }).toEqual({ exitCode: 0, told: [] })
  expect(seen.registered.toSorted()).toEqual(resources.map(({ type, name }) => `${type} ${name}`).toSorted())
  expect(seen.exported.toSorted()).toEqual(Object.keys(outputs).toSorted())
})

it("a wrong setting is told there in words, without a trace, before anything is made", () => {
  const seen = run({ ...settingsOf("base", "dev"), "viberglass:networkMode": "privat" })
  expect(seen).toMatchObject({ exitCode: 32, registered: [], exported: [] })
  expect(seen.told).toEqual([
    'The configuration of "dev" is wrong:\n  viberglass:networkMode must be one of public, enterprise, and is "privat".',
  ])
})

it.each(STACKS)("%s says that no compiler is wanted", (stack) => {
  const project: unknown = parse(readFileSync(new URL(`../${stack}/Pulumi.yaml`, import.meta.url), "utf8"))
  expect(project).toMatchObject({ name: `viberglass-${stack}`, runtime: { name: "nodejs", options: { typescript: false } } })
})
