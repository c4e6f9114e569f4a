import { useNavigate } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { deleteClanker } from "../../api/clankers.ts"
import { projectsQuery } from "../../api/queries.ts"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { count } from "../../parts/numbers.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { list } from "./paste.ts"
import { RemainsInAws } from "./remains.tsx"
import { usersOf } from "./used-by-card.tsx"

export function DeleteClanker(props: { clanker: Clanker; open: boolean; onClose: () => void }): JSX.Element {
  const navigate = useNavigate()
  const projects = useQuery(projectsQuery)
  const submit = createSubmit(async () => {
    const { name } = props.clanker
    const remains = await deleteClanker(props.clanker)
    toast([`${name} is deleted.`, ...remains].join(" "))
    navigate(paths.clankers())
  })
  const users = () => usersOf(props.clanker.id, dataOf(projects)?.items ?? []).map(({ project }) => project.name)
  const blocked = () => {
    if (users().length > 0) return `${list(users())} ${users().length === 1 ? "uses" : "use"} it: choose another clanker there first.`
    const unfinished = props.clanker.running + props.clanker.queued
    return unfinished > 0 ? `${count(unfinished, "job")} of it ${unfinished === 1 ? "is" : "are"} not finished: cancel or wait.` : null
  }
  return (
    <Confirm
      open={props.open}
      title={`Delete ${props.clanker.name}?`}
      act="Delete clanker"
      busy={submit.busy()}
      problem={submit.problem()}
      blocked={blocked()}
      onConfirm={() => void submit.run()}
      onClose={props.onClose}
    >
      <Goes
        goes={
          <>
            Its configuration with {count(props.clanker.revision, "revision")}
            <Show when={props.clanker.files.length > 0}>, {count(props.clanker.files.length, "file")}</Show> and its links to secrets.
          </>
        }
        remains={
          <>
            <RemainsInAws clanker={props.clanker} />
            <p>{REMAINS[props.clanker.deploymentConfig.computeType]}The secrets themselves and the jobs that it ran.</p>
          </>
        }
      />
    </Confirm>
  )
}

const REMAINS = {
  lambda: "",
  ecs: "",
  docker: "The image on the host. ",
} as const
