import { expect, test } from "vitest"
import { sourceOf } from "./submodules.ts"

const parent = "https://forge.example/acme/demo.git"

test.each([
  ["../lib.git", "https://forge.example/acme/lib.git"],
  ["../../other/lib", "https://forge.example/other/lib"],
  ["./below", "https://forge.example/acme/demo.git/below"],
  ["https://forge.example/acme/lib", "https://forge.example/acme/lib"],
  ["https://FORGE.example:443/acme/lib", "https://forge.example/acme/lib"],
])("a submodule at %s is fetched", (url, source) => {
  expect(sourceOf({ name: "lib", url }, parent)).toEqual({ url: source })
})

test.each([
  ["https://elsewhere.example/acme/lib.git", "forge.example"],
  ["https://forge.example.evil.example/lib", "forge.example"],
  ["https://forge.example:8443/lib", "forge.example"],
  ["https://forge.example@evil.example/lib", "forge.example"],
  ["https://me:secret@forge.example/lib", "credentials"],
  ["http://forge.example/acme/lib.git", "https://"],
  ["ssh://git@forge.example/acme/lib.git", "https://"],
  ["git@forge.example:acme/lib.git", "https://"],
  ["ext::sh -c evil", "https://"],
  ["file:///etc", "https://"],
  ["/etc", "https://"],
  ["--upload-pack=evil", "https://"],
  ["", "https://"],
])("a submodule at %j is left out", (url, why) => {
  expect(sourceOf({ name: "lib", url }, parent)).toEqual({ why: expect.stringContaining(why) })
})

test("a name that leaves the folder of the submodules is none", () => {
  expect(sourceOf({ name: "../../hooks", url: "../lib.git" }, parent)).toEqual({ why: expect.stringContaining("name") })
})
