import { createSignal, type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { createProject } from "../../api/projects.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { errorAt } from "../../parts/field-errors.ts"
import { usePermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { emptyRepository, REPOSITORY_FIELDS, repositoryRequest, whyNotRepository } from "./repository-draft.ts"
import { RepositoryFields } from "./repository-fields.tsx"
import { emptyScm, SCM_FIELDS, scmRequest } from "./scm-draft.ts"
import { ScmFields } from "./scm-fields.tsx"

interface NewProjectFormProps {
  clankers: readonly Clanker[]
  secrets: readonly Secret[]
  onCreated: (project: Project) => void
}

export function NewProjectForm(props: NewProjectFormProps): JSX.Element {
  const { memberReason } = usePermission()
  const [repository, setRepository] = createStore(emptyRepository())
  const [scm, setScm] = createStore(emptyScm())
  const [key, setKey] = createSignal("")
  const submit = createSubmit(async () => {
    const request = { ...repositoryRequest(repository), ...scmRequest(scm), ...(key().trim() ? { key: key().trim() } : {}) }
    props.onCreated(await createProject(request))
  }, [...REPOSITORY_FIELDS, ...SCM_FIELDS, "key"])
  const at = (path: string) => errorAt(submit, path)
  const reason = () => memberReason() ?? whyNotRepository(repository)
  return (
    <Form label="New project" onSubmit={async () => reason() === null && submit.run()}>
      <Card title="Repository">
        <RepositoryFields draft={repository} onChange={(changes) => setRepository(changes)} errorAt={at} autofocus />
        <TextField
          label="Key"
          code
          optional
          maxLength={5}
          placeholder="WEB"
          hint="Two to five capitals before each ticket’s number. Empty: made from the name. It stays once there are tickets."
          value={key()}
          onInput={(typed) => setKey(typed.toUpperCase())}
          error={at("key")}
        />
      </Card>
      <Card title="SCM execution">
        <ScmFields
          draft={scm}
          onChange={(changes) => setScm(changes)}
          errorAt={at}
          secrets={props.secrets}
          clankers={props.clankers}
          project={null}
        />
      </Card>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot stuck>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Create project
        </Button>
        <LinkButton href={paths.projects()}>Cancel</LinkButton>
      </FormFoot>
    </Form>
  )
}
