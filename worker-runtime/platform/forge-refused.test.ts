import { expect, test } from "vitest"
import { waitOf } from "./forge-refused.ts"

const NOW = 1_700_000_000_000

test.each([
  ["a time to wait", 403, { "retry-after": "30" }, "secondary rate limit", 30_000],
  ["a time to wait before a reset", 429, { "retry-after": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" }, "", 2_000],
  ["a reset", 403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 5) }, "API rate limit exceeded", 5_000],
  ["a reset that is over", 403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }, "API rate limit exceeded", 0],
  ["a limit alone", 403, {}, "You have exceeded a secondary rate limit.", 60_000],
  ["429 alone", 429, {}, "", 60_000],
  ["no right", 403, { "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "9" }, "Resource not accessible by integration", null],
  ["no login", 401, { "retry-after": "30" }, "Bad credentials", null],
  ["a date, which GitHub never sends", 403, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "no", null],
])("%s", (_what, status, headers, words, wait) => {
  expect(waitOf({ status, headers, words }, NOW)).toBe(wait)
})
