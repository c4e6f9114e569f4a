import { useNavigate } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type Accessor, createEffect, createMemo, createSignal, For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import CircleDot from "lucide-solid/icons/circle-dot"
import Plus from "lucide-solid/icons/plus"
import { ticketsQuery } from "../../api/queries.ts"
import { Dialog } from "../../kit/dialog.tsx"
import type { Icon } from "../../kit/icon.ts"
import { dataOf } from "../../parts/loaded.tsx"
import { paths } from "../../paths.ts"
import type { NavGroup } from "./shell.tsx"
import { chooseTheme, THEMES } from "./theme.ts"
import "./palette.css"

interface Choice {
  id: string
  label: string
  aside?: string
  icon: Icon
  act: () => void
}

/** `⌘K`: go anywhere, find a ticket, change the theme. */
export default function Palette(props: { nav: readonly NavGroup[]; onClose: () => void }): JSX.Element {
  const [typed, setTyped] = createSignal("")
  const [at, setAt] = createSignal(0)
  const { choices, searching } = useChoices(props.nav, typed)
  createEffect(() => {
    choices()
    setAt(0)
  })
  const choose = (choice: Choice | undefined) => {
    if (!choice) return
    props.onClose()
    choice.act()
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setAt((now) => (now + step + choices().length) % Math.max(1, choices().length))
      document.getElementById(`choice-${at()}`)?.scrollIntoView({ block: "nearest" })
    } else if (event.key === "Enter") choose(choices()[at()])
  }
  return (
    <Dialog open bare title="Search and commands" onClose={props.onClose}>
      <input
        class="palette-input"
        role="combobox"
        aria-label="Search tickets and commands"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={choices().length > 0 ? `choice-${at()}` : undefined}
        placeholder="Search tickets, or type a command"
        autocomplete="off"
        autofocus
        value={typed()}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={press}
      />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label="Results">
        <For each={choices()}>
          {(choice, index) => (
            <Option
              choice={choice}
              index={index()}
              here={index() === at()}
              onPoint={() => setAt(index())}
              onChoose={() => choose(choice)}
            />
          )}
        </For>
      </ul>
      <Show when={choices().length === 0}>
        <p class="palette-none soft" role="status">
          {searching() ? "Searching…" : `Nothing is called “${typed()}”.`}
        </p>
      </Show>
    </Dialog>
  )
}

const SHORTEST_SEARCH = 2

function useChoices(
  nav: readonly NavGroup[],
  typed: Accessor<string>,
): { choices: Accessor<readonly Choice[]>; searching: Accessor<boolean> } {
  const navigate = useNavigate()
  const wanted = () => typed().trim()
  const isSearch = () => wanted().length >= SHORTEST_SEARCH
  const tickets = useQuery(() => ({ ...ticketsQuery({ q: wanted(), limit: 8 }), enabled: isSearch() }))
  const commands: readonly Choice[] = [
    { id: "new-ticket", label: "New ticket", aside: "c", icon: Plus, act: () => navigate(paths.newTicket()) },
    ...nav.flatMap(({ links }) =>
      links.map(({ label, href, icon }) => ({ id: href, label: `Go to ${label}`, icon, act: () => navigate(href) })),
    ),
    ...THEMES.map(({ value, label, icon }) => ({ id: value, label, icon, act: () => chooseTheme(value) })),
  ]
  const choices = createMemo(() => {
    const words = wanted().toLowerCase().split(/\s+/)
    const found = commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
    const rows = isSearch() ? (dataOf(tickets)?.items ?? []) : []
    return [
      ...rows.map(({ id, key, title }) => ({ id, label: title, aside: key, icon: CircleDot, act: () => navigate(paths.ticket(key)) })),
      ...found,
    ]
  })
  return { choices, searching: () => tickets.isFetching }
}

/** The input keeps the focus; the list only shows which entry Enter would take. */
function Option(props: { choice: Choice; index: number; here: boolean; onPoint: () => void; onChoose: () => void }): JSX.Element {
  return (
    <li
      id={`choice-${props.index}`}
      role="option"
      class="palette-choice"
      aria-selected={props.here}
      onPointerMove={() => props.onPoint()}
      onClick={() => props.onChoose()}
    >
      <Dynamic component={props.choice.icon} size={16} aria-hidden="true" />
      <span>{props.choice.label}</span>
      <Show when={props.choice.aside}>
        <small class="faint">{props.choice.aside}</small>
      </Show>
    </li>
  )
}
