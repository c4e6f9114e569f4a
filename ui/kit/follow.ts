import { createEffect, createSignal, onCleanup } from "solid-js"

const CLOSE_PX = 32

/**
 * Keeps a scrolling element at its end while new content arrives, lets go as soon as somebody scrolls up, and takes
 * hold again at the end. `grown` is read to learn of new content.
 */
export function createFollow({ grown, active }: { grown: () => unknown; active: () => boolean }): {
  follow: (element: HTMLElement) => void
  following: () => boolean
  toEnd: () => void
} {
  const [element, setElement] = createSignal<HTMLElement>()
  const [following, setFollowing] = createSignal(true)
  const jump = () => {
    const scroller = element()
    if (scroller) scroller.scrollTop = scroller.scrollHeight
  }
  createEffect(() => {
    grown()
    if (following() && active()) requestAnimationFrame(jump)
  })
  return {
    follow: (scroller) => {
      setElement(scroller)
      let last = 0
      const scrolled = () => {
        const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
        // Content that grew also raises what is left; only a move upwards is somebody's wish.
        if (scroller.scrollTop < last) setFollowing(false)
        if (left < CLOSE_PX) setFollowing(true)
        last = scroller.scrollTop
      }
      scroller.addEventListener("scroll", scrolled, { passive: true })
      onCleanup(() => scroller.removeEventListener("scroll", scrolled))
    },
    following,
    toEnd: () => {
      setFollowing(true)
      jump()
    },
  }
}
