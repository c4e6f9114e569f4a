import { useNavigate } from "@solidjs/router"
import { createSignal, type JSX } from "solid-js"
import Trash from "lucide-solid/icons/trash"
import type { Project } from "#contract/projects.ts"
import { deleteProject } from "../../api/projects.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"

export function DeleteCard(props: { project: Project; ownSecrets: readonly string[] }): JSX.Element {
  const navigate = useNavigate()
  const [asking, setAsking] = createSignal(false)
  const submit = createSubmit(async () => {
    const { name } = props.project
    await deleteProject(props.project)
    toast(`${name} is deleted.`)
    navigate(paths.projects())
  })
  return (
    <Card title="Delete this project">
      <p class="soft">Its tickets and secrets go with it. Its repository is not touched.</p>
      <div class="row">
        <Button kind="danger" icon={Trash} onClick={() => setAsking(true)} disabledReason={whyNotWrite(props.project.role)}>
          Delete project
        </Button>
      </div>
      <Confirm
        open={asking()}
        title={`Delete ${props.project.name}?`}
        act="Delete project"
        busy={submit.busy()}
        problem={submit.problem()}
        onConfirm={() => void submit.run()}
        onClose={() => setAsking(false)}
      >
        <Goes
          goes={`Every ticket ${props.project.key}-… with its documents, the project’s prompts${props.ownSecrets.length > 0 ? `, and its secrets ${props.ownSecrets.join(", ")}` : ""}.`}
          remains="The repository with its branches and pull requests, the clankers, and jobs that have ended."
        />
      </Confirm>
    </Card>
  )
}
