import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { keepSocket, pauseAfter } from "../api/socket.ts"

/** A browser with sockets that the test opens and breaks. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1
  static made: FakeSocket[] = []
  readonly url: string
  readyState = 0
  constructor(url: URL) {
    super()
    this.url = String(url)
    FakeSocket.made.push(this)
  }
  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event("open"))
  }
  close(): void {
    this.readyState = 3
    this.dispatchEvent(new Event("close"))
  }
}
const page = Object.assign(new EventTarget(), { visibilityState: "visible" })
const machine = new EventTarget()
const socket = () => FakeSocket.made.at(-1)

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.made = []
  page.visibilityState = "visible"
  vi.stubGlobal("WebSocket", FakeSocket)
  vi.stubGlobal("document", page)
  vi.stubGlobal("window", machine)
  vi.stubGlobal("location", { href: "https://viberglass.test/jobs/1" })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("a socket comes back for ever, from the place where its reader is by then", () => {
  let cursor = 0
  const kept = keepSocket({ path: () => `/live?after=${cursor}`, onMessage: () => undefined })
  for (let broken = 1; broken <= 500; broken++) {
    cursor = broken
    if (broken % 3 === 0) socket()?.open()
    socket()?.close()
    vi.advanceTimersByTime(21_000)
    expect(FakeSocket.made).toHaveLength(broken + 1)
    expect(socket()?.url).toBe(`wss://viberglass.test/live?after=${broken}`)
  }
  kept.close()
  socket()?.close()
  vi.advanceTimersByTime(60_000)
  expect(FakeSocket.made).toHaveLength(501)
})

test("pauses grow to 20 s and are drawn anew for each browser", () => {
  const longest = Array.from({ length: 12 }, (_, failures) => pauseAfter(failures, () => 1))
  expect(longest).toEqual(longest.toSorted((a, b) => a - b))
  expect(longest.at(-1)).toBe(20_250)
  expect(pauseAfter(9, () => 0)).toBe(250)
  expect(new Set(Array.from({ length: 100 }, () => pauseAfter(9))).size).toBeGreaterThan(90)
})

test("no pause is waited out when the machine is online again or the page is looked at", () => {
  const kept = keepSocket({ path: () => "/live", onMessage: () => undefined })
  for (const again of [() => machine.dispatchEvent(new Event("online")), () => page.dispatchEvent(new Event("visibilitychange"))]) {
    const before = FakeSocket.made.length
    socket()?.close()
    page.visibilityState = "hidden"
    again()
    expect(FakeSocket.made).toHaveLength(before)
    page.visibilityState = "visible"
    again()
    expect(FakeSocket.made).toHaveLength(before + 1)
    // One that is open or on its way is left alone.
    again()
    expect(FakeSocket.made).toHaveLength(before + 1)
  }
  kept.close()
})
