import { describe, expect, it } from "vitest"
import { callOutside, isPublic } from "./outside.ts"

describe("an address", () => {
  it.each(["8.8.8.8", "140.82.121.4", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])("%s is public", (address) => {
    expect(isPublic(address)).toBe(true)
  })
  it.each([
    ...["0.0.0.0", "10.1.2.3", "127.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "192.0.2.1", "198.18.0.1"],
    ...["224.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "::", "::1", "fe80::1", "fd00:ec2::254", "fc00::1", "::ffff:10.0.0.1"],
    ...["64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "2001::1", "ff02::1", "::127.0.0.1", "localhost", ""],
  ])("%s is not", (address) => {
    expect(isPublic(address)).toBe(false)
  })
})

describe("a call to an address that a person typed", () => {
  const reached: { url: string; redirect: string | undefined }[] = []
  const answer: typeof fetch = async (input, init) => {
    reached.push({ url: String(input), redirect: init?.redirect })
    return new Response("there")
  }
  const call = (url: string, addresses: string[], allow: string[] = []) =>
    callOutside(url, {}, { allow, limitMs: 1000, fetch: answer, resolve: async () => addresses })

  it("reaches a public one, and follows nothing", async () => {
    expect(await (await call("https://forge.example/x", ["140.82.121.4"])).text()).toBe("there")
    expect(reached.at(-1)).toEqual({ url: "https://forge.example/x", redirect: "manual" })
  })

  it.each([
    ["http://forge.example/x", ["140.82.121.4"], "forbidden"],
    ["https://user:pass@forge.example/x", ["140.82.121.4"], "forbidden"],
    ["https://127.0.0.1/x", [], "forbidden"],
    ["https://[::1]/x", [], "forbidden"],
    ["https://2130706433/x", [], "forbidden"],
    ["https://forge.example/x", ["140.82.121.4", "10.0.0.1"], "forbidden"],
    ["https://forge.example/x", [], "unreachable"],
  ] as const)("is not made to %s, which is %j", async (url, addresses, kind) => {
    const before = reached.length
    await expect(call(url, [...addresses])).rejects.toMatchObject({ kind })
    expect(reached).toHaveLength(before)
  })

  it("reaches an origin that is allowed by name, and no other port of it", async () => {
    const allow = ["http://127.0.0.1:4010"]
    expect((await call("http://127.0.0.1:4010/x", [], allow)).status).toBe(200)
    await expect(call("http://127.0.0.1:4011/x", [], allow)).rejects.toMatchObject({ kind: "forbidden" })
  })

  it("says that nobody answers without the platform's words", async () => {
    const broken: typeof fetch = () => Promise.reject(new Error("connect ECONNREFUSED https://secret@forge.example"))
    const tried = callOutside("https://1.1.1.1/", {}, { allow: [], limitMs: 1000, fetch: broken })
    await expect(tried).rejects.toMatchObject({ kind: "unreachable", message: "it does not answer" })
  })
})
