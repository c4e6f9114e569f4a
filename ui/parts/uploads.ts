import { createStore, produce } from "solid-js/store"
import type { Ticket } from "#contract/tickets.ts"
import { uploadAttachment } from "../api/attachments.ts"
import { chooseFiles } from "./chosen-files.ts"
import { sentenceOf } from "./problem.tsx"

type State = { at: "waiting" } | { at: "sending"; part: number } | { at: "failed"; problem: string }
export interface Upload {
  id: number
  name: string
  file: File
  /** An address of the picture in this browser; null for videos. */
  preview: string | null
  state: State
}
type Owner = Pick<Ticket, "id" | "key">

/** Files on their way to a ticket. They outlive the page that took them: one that fails is still there to be tried again. */
export interface Uploads {
  items: readonly Upload[]
  /** Why some were not taken at all. */
  refused: readonly string[]
  /** Takes what can be taken, and sends it if the ticket is there already. Answers what was taken, under its name. */
  add: (files: readonly File[], taken: readonly string[]) => { name: string; type: string }[]
  remove: (id: number) => void
  retry: (id: number) => void
  forgive: () => void
  /** Forgets what was not sent. */
  clear: () => void
  /** Sends all that wait, one after the other. True when nothing is left. */
  sendTo: (owner: Owner) => Promise<boolean>
}

const kept = new Map<string, Uploads>()
let last = 0

/** Those of a ticket: the same ones wherever its page is opened. */
export function uploadsOf(owner: Owner): Uploads {
  const known = kept.get(owner.id)
  if (known) return known
  const uploads = createUploads(owner)
  kept.set(owner.id, uploads)
  return uploads
}

/** Without a ticket yet they wait for `sendTo`. */
export function createUploads(first: Owner | null = null): Uploads {
  const [store, set] = createStore<{ items: Upload[]; refused: readonly string[] }>({ items: [], refused: [] })
  let owner = first
  let sending: Promise<void> | null = null
  /** The browser asks before it leaves the site: what is not sent lives in this tab alone. */
  const askFirst = (event: BeforeUnloadEvent) => event.preventDefault()
  const setState = (id: number, state: State) =>
    set(
      "items",
      (item) => item.id === id,
      produce((item) => {
        item.state = state
      }),
    )
  const remove = (id: number) => {
    const gone = store.items.find((item) => item.id === id)
    if (gone?.preview) URL.revokeObjectURL(gone.preview)
    set("items", (items) => items.filter((item) => item.id !== id))
    if (store.items.length === 0) removeEventListener("beforeunload", askFirst)
  }
  async function send(to: Owner, { id, file }: Upload): Promise<void> {
    setState(id, { at: "sending", part: 0 })
    try {
      await uploadAttachment(to, file, (part) => setState(id, { at: "sending", part }))
      remove(id)
    } catch (error) {
      setState(id, { at: "failed", problem: sentenceOf(error) })
    }
  }
  async function sendWaiting(to: Owner): Promise<void> {
    for (;;) {
      const next = store.items.find(({ state }) => state.at === "waiting")
      if (!next) return
      await send(to, next)
    }
  }
  const start = async (to: Owner): Promise<void> => {
    sending ??= sendWaiting(to).finally(() => (sending = null))
    await sending
  }
  const uploads: Uploads = {
    get items() {
      return store.items
    },
    get refused() {
      return store.refused
    },
    add(files, taken) {
      const { chosen, refused } = chooseFiles(files, [...taken, ...store.items.map(({ name }) => name)])
      set(
        produce((draft) => {
          draft.refused = refused
          draft.items.push(...chosen.map(toUpload))
        }),
      )
      if (chosen.length > 0) addEventListener("beforeunload", askFirst)
      if (owner) void start(owner)
      return chosen.map(({ name, file: { type } }) => ({ name, type }))
    },
    remove,
    retry(id) {
      setState(id, { at: "waiting" })
      if (owner) void start(owner)
    },
    forgive: () => set("refused", []),
    clear() {
      for (const { id } of [...store.items]) remove(id)
    },
    async sendTo(to) {
      owner = to
      kept.set(to.id, uploads)
      await start(to)
      return store.items.length === 0
    },
  }
  return uploads
}

function toUpload({ file, name }: { file: File; name: string }): Upload {
  last += 1
  const named = file.name === name ? file : new File([file], name, { type: file.type })
  return {
    id: last,
    name,
    file: named,
    preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null,
    state: { at: "waiting" },
  }
}
