import { useSearchParams } from "@solidjs/router"
import { keepPreviousData } from "@tanstack/solid-query"
import { type JSX, Show } from "solid-js"
import ScrollText from "lucide-solid/icons/scroll-text"
import type { AuditEntry } from "#contract/audit.ts"
import { auditQuery } from "../../api/audit.ts"
import { everybodyQuery } from "../../api/people.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { Pager } from "../../parts/pager.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"
import "./audit.css"

/** What people and programs changed, for admins. */
export default function AuditPage(): JSX.Element {
  const { adminReason } = usePermission()
  return (
    <div class="page">
      <PageHeader
        title="Audit"
        meta="Changes that were carried out, by whom and from where. What was changed to stands nowhere: secrets pass through some of them."
        parent={{ label: "Settings", href: paths.settings() }}
      />
      <Show when={!adminReason()} fallback={<NotYours />}>
        <Acts />
      </Show>
    </div>
  )
}

const NotYours = () => (
  <Empty icon={ScrollText} title="For admins">
    Only admins of the installation read what everybody did.
  </Empty>
)

function Acts(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ actor?: string; about?: string; cursor?: string }>()
  const filter = () => ({ actorId: query.actor || undefined, subject: query.about || undefined, cursor: query.cursor || undefined })
  const acts = useQuery(() => ({ ...auditQuery(filter()), placeholderData: keepPreviousData }))
  const people = useQuery(everybodyQuery)
  return (
    <>
      <div class="audit-bar" role="search" aria-label="Audit">
        <Select
          label="Who"
          value={query.actor ?? ""}
          options={[{ value: "", label: "Everybody" }, ...(dataOf(people) ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(actor) => setQuery({ actor: actor || undefined, cursor: undefined })}
        />
        <TextField
          label="About"
          optional
          maxLength={200}
          placeholder="clk_… or a part of a path"
          value={query.about ?? ""}
          onInput={(about) => setQuery({ about: about || undefined, cursor: undefined }, { replace: true, scroll: false })}
        />
      </div>
      <Loaded
        query={acts}
        skeleton={
          <Card flush>
            <Skeleton lines={8} />
          </Card>
        }
      >
        {(page) => (
          <Show
            when={page().items.length > 0}
            fallback={
              <Empty icon={ScrollText} title="Nothing like it">
                Nobody changed anything that fits.
              </Empty>
            }
          >
            <Card flush>
              <Table label="Changes" columns={COLUMNS} rows={page().items} />
            </Card>
            <Pager noun="changes" cursor={query.cursor ?? ""} nextCursor={page().nextCursor} onGo={(cursor) => setQuery({ cursor })} />
          </Show>
        )}
      </Loaded>
    </>
  )
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  { header: "What", grow: true, cell: (entry) => <What entry={entry} /> },
  { header: "Who", cell: ({ actor }) => actor.name ?? <span class="soft">somebody who is gone</span> },
  { header: "From", hideWhen: "medium", cell: ({ address }) => <span class="numbers">{address ?? "unknown"}</span> },
  { header: "When", align: "end", cell: ({ at }) => <RelativeTime at={at} /> },
]

const What = (props: { entry: AuditEntry }) => (
  <>
    <span>{props.entry.summary ?? props.entry.act}</span>
    <code class="audit-path">{props.entry.subject}</code>
  </>
)
