import { type JSX, Show } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { type Phase, PHASES, SEVERITIES, type Ticket } from "#contract/tickets.ts"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { MarkdownField } from "../../parts/markdown-field.tsx"
import { AddFiles } from "../../parts/add-files.tsx"
import { Attachments } from "../../parts/attachments.tsx"
import { filesByName } from "../../parts/file-names.ts"
import { referenceTo } from "../../parts/chosen-files.ts"
import type { Uploads } from "../../parts/uploads.ts"
import { PHASE_WORDS, SEVERITY_WORDS } from "../../parts/words.ts"

/** A ticket as it is typed. */
export interface Draft {
  projectId: string
  title: string
  description: string
  severity: Ticket["severity"]
  category: string
  labels: string
  startingPhase: Phase
  overrideReason: string
}
interface TicketFieldsProps {
  draft: Draft
  projects: readonly Project[]
  error: (field: keyof Draft) => string | null
  uploads: Uploads
  /** Files are held above the page. */
  filesOver: boolean
  onChange: (changes: Partial<Draft>) => void
}

export function TicketFields(props: TicketFieldsProps): JSX.Element {
  return (
    <>
      <TextField
        label="Title"
        autofocus
        required
        maxLength={500}
        placeholder="What should be different?"
        value={props.draft.title}
        onInput={(title) => props.onChange({ title })}
        error={props.error("title")}
      />
      <MarkdownField
        label="Description"
        optional
        rows={9}
        hint="Markdown. What happens, what should happen, how to see it. The more precise, the better the plan."
        value={props.draft.description}
        onInput={(description) => props.onChange({ description })}
        error={props.error("description")}
        onFiles={(files) => props.uploads.add(files, []).map(referenceTo)}
        files={filesByName([], String, props.uploads.items)}
      />
      <Attachments ticket={null} uploads={props.uploads} blocked={null} />
      <AddFiles over={props.filesOver} onFiles={(files) => props.uploads.add(files, [])} />
      <div class="new-ticket-grid">
        <Select
          label="Project"
          value={props.draft.projectId}
          options={props.projects.map(({ id, name, key }) => ({ value: id, label: `${name} (${key})` }))}
          onChange={(projectId) => props.onChange({ projectId })}
          error={props.error("projectId")}
        />
        <Select
          label="Severity"
          value={props.draft.severity}
          options={SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))}
          onChange={(severity) => props.onChange({ severity })}
        />
        <TextField
          label="Category"
          maxLength={100}
          value={props.draft.category}
          onInput={(category) => props.onChange({ category })}
          error={props.error("category")}
        />
        <TextField
          label="Labels"
          optional
          hint="Separated by commas."
          value={props.draft.labels}
          onInput={(labels) => props.onChange({ labels })}
          error={props.error("labels")}
        />
        <StartsWith {...props} />
      </div>
    </>
  )
}

function StartsWith(props: TicketFieldsProps): JSX.Element {
  const skips = () => props.draft.startingPhase !== "research"
  return (
    <>
      <Select
        label="Starts with"
        hint={skips() ? "Skips what comes before; say why." : undefined}
        value={props.draft.startingPhase}
        options={PHASES.map((value) => ({ value, label: PHASE_WORDS[value] }))}
        onChange={(startingPhase) => props.onChange({ startingPhase })}
      />
      <Show when={skips()}>
        <TextField
          label="Reason"
          required
          placeholder="For example: a one-line fix"
          value={props.draft.overrideReason}
          onInput={(overrideReason) => props.onChange({ overrideReason })}
          error={props.error("overrideReason")}
        />
      </Show>
    </>
  )
}
