import AxeBuilder from "@axe-core/playwright"
import type { Page } from "playwright-core"
import { expect } from "vitest"

/** Colours go over from one theme to the other, however quickly: what axe reads in between is neither. */
const SETTLED = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)))`

/** In both themes and as narrow as a phone: nothing for axe, nothing beyond the edge. */
export async function looksRight(page: Page, state: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.evaluate(SETTLED)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${state}, ${colorScheme}: ${id}: ${nodes[0]?.html}`)).toEqual([])
  }
  await page.setViewportSize({ width: 360, height: 740 })
  const { scrollWidth, clientWidth } = await page.locator("html").evaluate((html) => html)
  expect([state, scrollWidth]).toEqual([state, clientWidth])
  await page.setViewportSize({ width: 1280, height: 900 })
}
