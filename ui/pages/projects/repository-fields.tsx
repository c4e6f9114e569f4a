import type { JSX } from "solid-js"
import { FieldRow } from "../../kit/form.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { BranchField } from "./branch-field.tsx"
import type { RepositoryDraft } from "./repository-draft.ts"

interface RepositoryFieldsProps {
  draft: RepositoryDraft
  onChange: (changes: Partial<RepositoryDraft>) => void
  errorAt: (path: string) => string | null
  autofocus?: boolean | undefined
}

/** Which repository, from which branch, and where the pull requests go. */
export function RepositoryFields(props: RepositoryFieldsProps): JSX.Element {
  return (
    <>
      <TextField
        label="Name"
        required
        autofocus={props.autofocus}
        maxLength={100}
        value={props.draft.name}
        onInput={(name) => props.onChange({ name })}
        error={props.errorAt("name")}
      />
      <FieldRow>
        <TextField
          label="Repository URL"
          code
          required
          inputMode="url"
          spellcheck={false}
          placeholder="https://github.com/acme/shop.git"
          hint="Over https, without credentials: those are a secret."
          value={props.draft.repositoryUrl}
          onInput={(repositoryUrl) => props.onChange({ repositoryUrl })}
          error={props.errorAt("repositoryUrl")}
        />
        <TextField
          label="Base branch"
          code
          required
          spellcheck={false}
          hint="Work begins at its head."
          value={props.draft.baseBranch}
          onInput={(baseBranch) => props.onChange({ baseBranch })}
          error={props.errorAt("baseBranch")}
        />
      </FieldRow>
      <FieldRow>
        <TextField
          label="Pull request repository"
          code
          optional
          inputMode="url"
          spellcheck={false}
          placeholder="The same repository"
          hint="For work in a fork: where the pull requests go."
          value={props.draft.pullRequestRepository}
          onInput={(pullRequestRepository) => props.onChange({ pullRequestRepository })}
          error={props.errorAt("pullRequestRepository")}
        />
        <TextField
          label="Pull request base branch"
          code
          optional
          spellcheck={false}
          placeholder="The same branch"
          value={props.draft.pullRequestBaseBranch}
          onInput={(pullRequestBaseBranch) => props.onChange({ pullRequestBaseBranch })}
          error={props.errorAt("pullRequestBaseBranch")}
        />
      </FieldRow>
      <BranchField
        value={props.draft.branchNameTemplate}
        onInput={(branchNameTemplate) => props.onChange({ branchNameTemplate })}
        error={props.errorAt("branchNameTemplate")}
      />
    </>
  )
}
