import { type JSX, Show } from "solid-js"
import CirclePause from "lucide-solid/icons/circle-pause"
import CirclePlay from "lucide-solid/icons/circle-play"
import type { Settings } from "#contract/settings.ts"
import { editSettings, settingsQuery } from "../../api/settings.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { RulesForm } from "./rules-form.tsx"

const STARTS = { word: "Starts jobs", tone: "good", icon: CirclePlay } as const satisfies Look
const PAUSED = { word: "Paused", tone: "waiting", icon: CirclePause } as const satisfies Look

/** What holds for everybody: admins change it, others see it. */
export function InstallationCard(): JSX.Element {
  const settings = useQuery(settingsQuery)
  return (
    <Card
      title="Installation"
      aside={<Show when={dataOf(settings)}>{(known) => <LookBadge look={known().paused ? PAUSED : STARTS} />}</Show>}
    >
      <Loaded query={settings} skeleton={<Skeleton lines={4} />}>
        {(known) => (
          <>
            <Facts facts={factsOf(known())} />
            <Pause paused={known().paused} />
            <RulesForm settings={known()} />
          </>
        )}
      </Loaded>
    </Card>
  )
}

const factsOf = ({ environment, publicUrl }: Settings): Fact[] => [
  { term: "Environment", value: environment },
  { term: "Address", value: <code>{publicUrl}</code> },
]

function Pause(props: { paused: boolean }): JSX.Element {
  const { adminReason } = usePermission()
  const submit = createSubmit(() => editSettings({ paused: !props.paused }))
  return (
    <>
      <p class="soft">
        {props.paused
          ? "Running jobs go on to their end. New ones wait until somebody resumes."
          : "Pausing lets running jobs end and starts no new ones: they wait."}
      </p>
      <div class="row">
        <Button
          kind={props.paused ? "primary" : "plain"}
          icon={props.paused ? CirclePlay : CirclePause}
          busy={submit.busy()}
          disabledReason={adminReason()}
          onClick={() => void submit.run()}
        >
          {props.paused ? "Resume" : "Pause"}
        </Button>
      </div>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </>
  )
}
