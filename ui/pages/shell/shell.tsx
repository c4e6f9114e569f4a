import { useLocation, useNavigate } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { createEffect, createSignal, ErrorBoundary, type JSX, lazy, onCleanup, Show, Suspense } from "solid-js"
import MenuIcon from "lucide-solid/icons/menu"
import Search from "lucide-solid/icons/search"
import { onSignedOut } from "../../api/client.ts"
import { openFeed } from "../../api/feed.ts"
import { meQuery } from "../../api/queries.ts"
import { queryClient } from "../../api/query-client.ts"
import { IconButton } from "../../kit/button.tsx"
import type { Icon } from "../../kit/icon.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Toasts } from "../../kit/toast.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { Problem } from "../../parts/problem.tsx"
import { paths } from "../../paths.ts"
import { Drawer } from "./drawer.tsx"
import { onShortcut } from "./shortcuts.ts"
import { Sidebar } from "./sidebar.tsx"
import "../../parts/page-header.css"
import "./shell.css"

export interface NavLink {
  label: string
  href: string
  icon: Icon
  /** Marked only at this very address, not at those below it. */
  exact?: boolean
}
export interface NavGroup {
  label: string | null
  links: readonly NavLink[]
}
type Overlay = "palette" | "help" | "drawer" | null

const Palette = lazy(() => import("./palette.tsx"))
const ShortcutsHelp = lazy(() => import("./shortcuts-help.tsx"))

/** The frame around every page of somebody who is signed in. */
export function Shell(props: { nav: readonly NavGroup[]; children?: JSX.Element }): JSX.Element {
  const [overlay, setOverlay] = createSignal<Overlay>(null)
  const navigate = useNavigate()
  const location = useLocation()
  const me = useQuery(meQuery)
  const close = () => setOverlay(null)
  let main: HTMLElement | undefined

  onSignedOut(() => {
    queryClient.clear()
    navigate(paths.login(location.pathname + location.search), { replace: true })
  })
  onCleanup(() => onSignedOut(() => undefined))
  createEffect(() => {
    if (!dataOf(me)) return
    onCleanup(openFeed())
  })
  onShortcut({
    palette: () => setOverlay((shown) => (shown === "palette" ? null : "palette")),
    help: () => setOverlay("help"),
    newTicket: () => navigate(paths.newTicket()),
    go: (href) => navigate(href),
  })

  return (
    <div class="shell">
      <a class="skip-link" href="#main" onClick={(event) => (event.preventDefault(), main?.focus())}>
        Skip to the content
      </a>
      <header class="topbar">
        <IconButton icon={MenuIcon} label="Open the navigation" onClick={() => setOverlay("drawer")} />
        <a class="brand" href={paths.dashboard()}>
          Viberglass
        </a>
        <IconButton icon={Search} label="Search and commands" onClick={() => setOverlay("palette")} />
      </header>
      <aside class="shell-side">
        <Sidebar nav={props.nav} me={dataOf(me)} onPalette={() => setOverlay("palette")} onHelp={() => setOverlay("help")} />
      </aside>
      <main ref={main} id="main" class="shell-main" tabindex="-1">
        <ErrorBoundary fallback={(error, reset) => <Broken error={error} reset={reset} />}>
          <Suspense fallback={<Skeleton lines={6} />}>{props.children}</Suspense>
        </ErrorBoundary>
      </main>
      <Drawer open={overlay() === "drawer"} onClose={close}>
        <Sidebar nav={props.nav} me={dataOf(me)} onPalette={() => setOverlay("palette")} onHelp={() => setOverlay("help")} onGone={close} />
      </Drawer>
      <Suspense>
        <Show when={overlay() === "palette"}>
          <Palette nav={props.nav} onClose={close} />
        </Show>
        <Show when={overlay() === "help"}>
          <ShortcutsHelp onClose={close} />
        </Show>
      </Suspense>
      <Toasts />
    </div>
  )
}

/** A bug in a page must not take the navigation with it. */
function Broken(props: { error: unknown; reset: () => void }): JSX.Element {
  return (
    <div class="page">
      <Problem error={props.error} retry={props.reset} />
    </div>
  )
}
