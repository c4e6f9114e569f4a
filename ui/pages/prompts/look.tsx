import { createEffect, createSignal, type JSX, lazy, Match, Show, Suspense, Switch } from "solid-js"
import type { Prompt, PromptPreview, PromptSource } from "#contract/prompts.ts"
import { ApiError } from "../../api/client.ts"
import { ticketsQuery } from "../../api/queries.ts"
import { type Asked, useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Code } from "../../kit/code.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Tabs } from "../../kit/tabs.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { Problem } from "../../parts/problem.tsx"

const Diff = lazy(async () => ({ default: (await import("../../parts/diff-view.tsx")).DiffView }))

interface TicketChoice {
  /** Empty for none. */
  id: () => string
  choose: (id: string) => void
  options: () => { value: string; label: string }[]
  /** False while it is not clear which one to begin with. */
  known: () => boolean
}

/** With whose values a template is shown: the newest ticket's, until somebody chooses. */
export function createTicketChoice(projectId: string): TicketChoice {
  const tickets = useQuery(() => ticketsQuery({ projectId, limit: 50 }))
  const [chosen, choose] = createSignal<string | null>(null)
  const items = () => dataOf(tickets)?.items ?? []
  return {
    id: () => chosen() ?? items()[0]?.id ?? "",
    choose,
    options: () => [
      { value: "", label: "No ticket: every value is empty" },
      ...items().map(({ id, key, title }) => ({ value: id, label: `${key} ${title}` })),
    ],
    known: () => !tickets.isPending,
  }
}

interface LookProps {
  text: string
  prompt: Prompt
  preview: Asked<PromptPreview>
  ticket: TicketChoice
}

/** What the text makes, and what it changes. */
export function TemplateLook(props: LookProps): JSX.Element {
  const [tab, setTab] = createSignal<"preview" | "changes">("preview")
  return (
    <Card>
      <Tabs
        label="Look at the template"
        tabs={[
          { value: "preview", label: "Preview" },
          { value: "changes", label: "Changes" },
        ]}
        value={tab()}
        onChange={setTab}
      >
        <Show when={tab() === "preview"} fallback={<Changes text={props.text} prompt={props.prompt} />}>
          <Preview {...props} />
        </Show>
      </Tabs>
    </Card>
  )
}

function Preview(props: LookProps): JSX.Element {
  return (
    <div class="template-look">
      <Select
        label="With the values of"
        hint="What only a run knows, such as its clanker, stays empty."
        value={props.ticket.id()}
        options={props.ticket.options()}
        onChange={props.ticket.choose}
      />
      <Switch fallback={<Skeleton lines={8} />}>
        <Match when={props.text.trim() === ""}>
          <p class="soft">Nothing to show yet.</p>
        </Match>
        <Match when={isOfTheText(props.preview.error)}>
          <p class="soft">Correct the text to see what it makes.</p>
        </Match>
        <Match when={props.preview.error}>{(error) => <Problem error={error()} retry={() => void props.preview.refetch()} />}</Match>
        <Match when={dataOf(props.preview)}>{(preview) => <Code label="Preview" text={preview().text} wrap copy />}</Match>
      </Switch>
    </div>
  )
}

/** Said beside the text already. */
const isOfTheText = (error: unknown): boolean => error instanceof ApiError && "template" in error.fields

const BASES = {
  default: "The shipped text",
  installation: "The installation’s text",
  project: "The project’s text",
} as const satisfies Record<PromptSource, string>

/** Against what counts without the own text, and against what was shipped; one choice where these are the same. */
function Changes(props: { text: string; prompt: Prompt }): JSX.Element {
  const [base, setBase] = createSignal<"inherited" | "default">("inherited")
  const before = () => (base() === "inherited" ? props.prompt.inherited.template : props.prompt.default)
  const two = () => props.prompt.inherited.source !== "default"
  createEffect(() => {
    if (!two()) setBase("inherited")
  })
  return (
    <div class="template-look">
      <Show when={two()} fallback={<p class="soft small">Compared with the text that this release ships with.</p>}>
        <Segmented
          label="Compare with"
          options={[
            { value: "inherited", label: BASES[props.prompt.inherited.source] },
            { value: "default", label: BASES.default },
          ]}
          value={base()}
          onChange={setBase}
        />
      </Show>
      <Show when={before() !== props.text} fallback={<p class="soft">No difference.</p>}>
        <Suspense fallback={<Skeleton lines={8} />}>
          <Diff label="What this text changes" before={before()} after={props.text} />
        </Suspense>
      </Show>
    </div>
  )
}
