import type { JSX } from "solid-js"
import { DEFAULT_MAX_EXECUTION_SECONDS, DEFAULT_PROTECTED_PATHS, type Project } from "#contract/projects.ts"
import { Checkbox } from "../../kit/checkbox.tsx"
import { FieldGroup, FieldRow } from "../../kit/form.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { SectionCard } from "./section-card.tsx"
import { createSection, type Section } from "./section.ts"
import { WORKER_FIELDS, type WorkerDraft, workerOf, workerRequest } from "./worker-draft.ts"

/** What a worker does in this repository, and what it may not. */
export function WorkerForm(props: { project: Project }): JSX.Element {
  const section = createSection<WorkerDraft>({
    project: () => props.project,
    initial: workerOf(props.project.workerSettings),
    toRequest: (draft) => ({ workerSettings: workerRequest(draft) }),
    fields: WORKER_FIELDS,
  })
  return (
    <SectionCard title="Worker settings" section={section}>
      <Limits section={section} />
      <Budgets section={section} />
      <Commands section={section} />
      <Guard section={section} />
      <Clone section={section} />
      <PullRequests section={section} />
    </SectionCard>
  )
}

interface PartProps {
  section: Section<WorkerDraft>
}
const at = (props: PartProps, name: string) => props.section.errorAt(`workerSettings.${name}`)

function Limits(props: PartProps): JSX.Element {
  return (
    <FieldRow>
      <TextField
        label="Max execution time (seconds)"
        optional
        inputMode="numeric"
        placeholder={String(DEFAULT_MAX_EXECUTION_SECONDS)}
        value={props.section.draft.maxExecutionTime}
        onInput={(maxExecutionTime) => props.section.set({ maxExecutionTime })}
        error={at(props, "maxExecutionTime")}
      />
      <TextField
        label="Max changed files"
        optional
        inputMode="numeric"
        placeholder="No limit"
        value={props.section.draft.maxChanges}
        onInput={(maxChanges) => props.section.set({ maxChanges })}
        error={at(props, "maxChanges")}
      />
    </FieldRow>
  )
}

function Budgets(props: PartProps): JSX.Element {
  return (
    <FieldGroup legend="Budgets" hint="Only what is known of a job’s cost counts. A month begins on its first day in UTC.">
      <FieldRow>
        <TextField
          label="A job (US dollars)"
          optional
          inputMode="decimal"
          placeholder="No limit"
          hint="A job that reaches it is stopped."
          value={props.section.draft.budgetUsd}
          onInput={(budgetUsd) => props.section.set({ budgetUsd })}
          error={at(props, "budgetUsd")}
        />
        <TextField
          label="A month (US dollars)"
          optional
          inputMode="decimal"
          placeholder="No limit"
          hint="At 80 % there is a warning; at the limit nothing starts."
          value={props.section.draft.monthlyBudgetUsd}
          onInput={(monthlyBudgetUsd) => props.section.set({ monthlyBudgetUsd })}
          error={at(props, "monthlyBudgetUsd")}
        />
        <TextField
          label="A month (tokens of unknown cost)"
          optional
          inputMode="numeric"
          placeholder="No limit"
          hint="For jobs whose cost nobody knows."
          value={props.section.draft.monthlyBudgetTokens}
          onInput={(monthlyBudgetTokens) => props.section.set({ monthlyBudgetTokens })}
          error={at(props, "monthlyBudgetTokens")}
        />
      </FieldRow>
    </FieldGroup>
  )
}

function Commands(props: PartProps): JSX.Element {
  return (
    <>
      <FieldRow>
        <TextField
          label="Setup command"
          code
          optional
          spellcheck={false}
          placeholder="npm ci"
          hint="Runs in the clone before the agent."
          value={props.section.draft.setupCommand}
          onInput={(setupCommand) => props.section.set({ setupCommand })}
          error={at(props, "setupCommand")}
        />
        <TextField
          label="Test command"
          code
          optional
          spellcheck={false}
          placeholder="npm test"
          hint="Runs after the agent, before the push."
          value={props.section.draft.testCommand}
          onInput={(testCommand) => props.section.set({ testCommand })}
          error={at(props, "testCommand")}
        />
      </FieldRow>
      <Checkbox
        label="Push only when the tests pass"
        checked={props.section.draft.requirePassingTests}
        onChange={(requirePassingTests) => props.section.set({ requirePassingTests })}
      />
    </>
  )
}

function Guard(props: PartProps): JSX.Element {
  return (
    <>
      <TextArea
        label="Protected paths"
        code
        optional
        rows={3}
        spellcheck={false}
        placeholder={DEFAULT_PROTECTED_PATHS.join("\n")}
        hint={`A job that changes one of them fails. One pattern a line; empty: ${DEFAULT_PROTECTED_PATHS.join(", ")}.`}
        value={props.section.draft.protectedPaths}
        onInput={(protectedPaths) => props.section.set({ protectedPaths })}
        error={at(props, "protectedPaths")}
      />
      <Checkbox
        label="Allow changes to protected paths"
        hint="An agent may then change what runs with the forge’s own rights."
        checked={props.section.draft.allowProtectedPaths}
        onChange={(allowProtectedPaths) => props.section.set({ allowProtectedPaths })}
      />
    </>
  )
}

function Clone(props: PartProps): JSX.Element {
  return (
    <FieldGroup legend="Clone">
      <Checkbox
        label="With submodules"
        hint="Those on the repository’s own host. An agent’s changes in them are not published."
        checked={props.section.draft.submodules}
        onChange={(submodules) => props.section.set({ submodules })}
      />
      <Checkbox
        label="With Git LFS"
        hint="Needs git-lfs where the worker runs. Without it a change of such files is refused."
        checked={props.section.draft.lfs}
        onChange={(lfs) => props.section.set({ lfs })}
      />
      <Checkbox
        label="Fetch file contents only when they are needed"
        hint="A blobless clone: faster for a large history."
        checked={props.section.draft.blobless}
        onChange={(blobless) => props.section.set({ blobless })}
      />
    </FieldGroup>
  )
}

function PullRequests(props: PartProps): JSX.Element {
  return (
    <FieldGroup legend="Pull requests">
      <Checkbox label="Open as a draft" checked={props.section.draft.draft} onChange={(draft) => props.section.set({ draft })} />
      <FieldRow>
        <TextField
          label="Labels"
          optional
          hint="Between commas."
          value={props.section.draft.labels}
          onInput={(labels) => props.section.set({ labels })}
          error={at(props, "pullRequest.labels")}
        />
        <TextField
          label="Reviewers"
          optional
          hint="User names and teams (org/team), between commas."
          value={props.section.draft.reviewers}
          onInput={(reviewers) => props.section.set({ reviewers })}
          error={at(props, "pullRequest.reviewers")}
        />
      </FieldRow>
    </FieldGroup>
  )
}
