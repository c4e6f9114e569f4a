import { type JSX, Show } from "solid-js"
import Archive from "lucide-solid/icons/archive"
import ArchiveRestore from "lucide-solid/icons/archive-restore"
import type { Project } from "#contract/projects.ts"
import { editProject } from "../../api/projects.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { createSubmit, type Submit } from "../../parts/submit.ts"

export function ArchiveCard(props: { project: Project }): JSX.Element {
  const submit = createArchiving(() => props.project, true)
  return (
    <Show when={props.project.archivedAt === null}>
      <Card title="Archive this project">
        <p class="soft">
          Nothing new begins in the archive: no tickets, no runs. Everything stays readable, and it can be taken out again.
        </p>
        <div class="row">
          <Button icon={Archive} busy={submit.busy()} disabledReason={whyNotWrite(props.project.role)} onClick={() => void submit.run()}>
            Archive project
          </Button>
        </div>
        <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      </Card>
    </Show>
  )
}

/** At the page's head: why nothing can be begun here, and the way back. */
export function ArchivedNotice(props: { project: Project }): JSX.Element {
  const submit = createArchiving(() => props.project, false)
  return (
    <Show when={props.project.archivedAt}>
      {(at) => (
        <Notice
          tone="waiting"
          title="This project is in the archive"
          action={
            <Button
              size="s"
              icon={ArchiveRestore}
              busy={submit.busy()}
              disabledReason={whyNotWrite(props.project.role)}
              onClick={() => void submit.run()}
            >
              Take it out
            </Button>
          }
        >
          <p>
            Since <RelativeTime at={at()} />. No tickets and no runs begin here; what there is can be read.
          </p>
          <Show when={submit.problem()}>{(problem) => <p>{problem()}</p>}</Show>
        </Notice>
      )}
    </Show>
  )
}

function createArchiving(project: () => Project, archived: boolean): Submit<[]> {
  return createSubmit(async () => {
    const { name } = await editProject(project().id, { archived })
    toast(archived ? `${name} is in the archive.` : `${name} is out of the archive.`)
  })
}
