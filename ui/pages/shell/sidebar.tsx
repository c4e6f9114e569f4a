import { useLocation } from "@solidjs/router"
import { For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import Keyboard from "lucide-solid/icons/keyboard"
import LogOut from "lucide-solid/icons/log-out"
import Plus from "lucide-solid/icons/plus"
import Search from "lucide-solid/icons/search"
import WifiOff from "lucide-solid/icons/wifi-off"
import { signOut } from "../../api/actions.ts"
import { isReconnecting } from "../../api/feed.ts"
import type { Me } from "../../api/queries.ts"
import { isMac, Key } from "../../kit/keys.tsx"
import { Menu } from "../../kit/menu.tsx"
import { toast } from "../../kit/toast.tsx"
import { sentenceOf } from "../../parts/problem.tsx"
import { paths } from "../../paths.ts"
import type { NavGroup, NavLink } from "./shell.tsx"
import { chooseTheme, THEMES, theme } from "./theme.ts"
import "./sidebar.css"

interface SidebarProps {
  nav: readonly NavGroup[]
  me: Me | undefined
  onPalette: () => void
  onHelp: () => void
  /** A link was followed. */
  onGone?: () => void
}

export function Sidebar(props: SidebarProps): JSX.Element {
  return (
    <div class="sidebar">
      <a class="brand" href={paths.dashboard()} onClick={() => props.onGone?.()}>
        <img src="/favicon.svg" alt="" width="20" height="20" />
        Viberglass
      </a>
      <div class="sidebar-acts">
        <button type="button" class="sidebar-search" onClick={() => props.onPalette()}>
          <Search size={16} aria-hidden="true" />
          <span>Search</span>
          <Key>{isMac() ? "⌘K" : "Ctrl K"}</Key>
        </button>
        <a
          class="button"
          data-kind="plain"
          data-size="m"
          data-square
          href={paths.newTicket()}
          aria-label="New ticket"
          title="New ticket (c)"
          onClick={() => props.onGone?.()}
        >
          <Plus size={16} aria-hidden="true" />
        </a>
      </div>
      <nav aria-label="Main" class="sidebar-nav">
        <For each={props.nav}>
          {(group) => (
            <div class="sidebar-group">
              <Show when={group.label}>{(label) => <p class="sidebar-label">{label()}</p>}</Show>
              <ul>
                <For each={group.links}>{(link) => <NavEntry link={link} onGone={props.onGone} />}</For>
              </ul>
            </div>
          )}
        </For>
      </nav>
      <div class="sidebar-foot">
        <Show when={isReconnecting()}>
          <p class="sidebar-offline" role="status">
            <WifiOff size={14} aria-hidden="true" /> Reconnecting…
          </p>
        </Show>
        <Show when={props.me}>{(me) => <UserMenu me={me()} onHelp={props.onHelp} />}</Show>
      </div>
    </div>
  )
}

function NavEntry(props: { link: NavLink; onGone: (() => void) | undefined }): JSX.Element {
  const location = useLocation()
  const here = () => location.pathname === props.link.href || (!props.link.exact && location.pathname.startsWith(`${props.link.href}/`))
  return (
    <li>
      <a class="sidebar-link" href={props.link.href} aria-current={here() ? "page" : undefined} onClick={() => props.onGone?.()}>
        <Dynamic component={props.link.icon} size={16} aria-hidden="true" />
        {props.link.label}
      </a>
    </li>
  )
}

function UserMenu(props: { me: Me; onHelp: () => void }): JSX.Element {
  const leave = () =>
    signOut().then(
      // Loaded anew: what one person left in this tab's memory is nothing for the next one.
      () => location.assign(paths.login()),
      (error: unknown) => toast(sentenceOf(error), "bad"),
    )
  return (
    <Menu
      label="Account and theme"
      side="above"
      trigger={
        <>
          <span class="sidebar-avatar" aria-hidden="true">
            {props.me.name.slice(0, 1).toUpperCase()}
          </span>
          <span class="sidebar-person">
            <span>{props.me.name}</span>
            <small>{props.me.role}</small>
          </span>
        </>
      }
      items={[
        ...THEMES.map(({ value, label, icon }) => ({ label, icon, checked: theme() === value, act: () => chooseTheme(value) })),
        { label: "Keyboard shortcuts", icon: Keyboard, act: () => props.onHelp() },
        { label: "Sign out", icon: LogOut, act: () => void leave() },
      ]}
    />
  )
}
