import { createSignal, type JSX, Show } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleHelp from "lucide-solid/icons/circle-question-mark"
import CircleSlash from "lucide-solid/icons/circle-slash"
import ShieldCheck from "lucide-solid/icons/shield-check"
import ShieldX from "lucide-solid/icons/shield-x"
import type { AwsCheck, AwsChecks, Settings } from "#contract/settings.ts"
import { checkAws, settingsQuery } from "../../api/settings.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { verdictOf } from "./aws-verdict.ts"
import "./aws-card.css"

const LOOKS = {
  ready: { word: "Ready", tone: "good", icon: CircleCheck },
  missing: { word: "Missing", tone: "waiting", icon: CircleSlash },
  denied: { word: "Denied", tone: "bad", icon: ShieldX },
  unknown: { word: "Unknown", tone: "quiet", icon: CircleHelp },
} as const satisfies Record<AwsCheck["state"], Look>

/** What the control plane may see in AWS, asked when somebody wants to know. */
export function AwsCard(): JSX.Element {
  const settings = useQuery(settingsQuery)
  return (
    <Card title="AWS">
      <Loaded query={settings} skeleton={<Skeleton lines={3} />}>
        {(known) => (
          <Show when={known().awsCredentials !== null} fallback={<p class="soft">{NOTHING}</p>}>
            <Access settings={known()} />
          </Show>
        )}
      </Loaded>
    </Card>
  )
}
const NOTHING =
  "This installation has no access to AWS, so clankers run on Docker hosts alone. For ECS and Lambda set AWS_ROLE_ARN with AWS_OIDC_KEYS, or an access key; docs/aws.md says how."

function Access(props: { settings: Settings }): JSX.Element {
  const { adminReason } = usePermission()
  const [found, setFound] = createSignal<AwsChecks | null>(null)
  const submit = createSubmit(async () => setFound(await checkAws()))
  return (
    <>
      <Facts facts={factsOf(props.settings, found())} />
      <div class="row">
        <Button icon={ShieldCheck} busy={submit.busy()} disabledReason={adminReason()} onClick={() => void submit.run()}>
          {submit.busy() ? "Asking AWS…" : "Check AWS access"}
        </Button>
        <span class="small soft">It only looks: nothing is changed. More in docs/aws.md.</span>
      </div>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <div role="status" aria-label="Result of the check">
        <Show when={found()}>{(result) => <Result result={result()} />}</Show>
      </div>
    </>
  )
}

function factsOf({ awsCredentials, awsRegion, managedDefaults }: Settings, found: AwsChecks | null): Fact[] {
  return [
    {
      term: "Access",
      value: awsCredentials === "role" ? "By a role that AWS lends for an hour; no key is stored" : "By a stored access key",
    },
    { term: "Region", value: found?.region ?? managedDefaults.region ?? awsRegion },
    ...(found?.identity ? [{ term: "Known as", value: <Copyable text={found.identity} what="identity" /> }] : []),
    ...(found ? [{ term: "Checked", value: <RelativeTime at={found.checkedAt} /> }] : []),
  ]
}

function Result(props: { result: AwsChecks }): JSX.Element {
  return (
    <div class="stack">
      <p>{verdictOf(props.result.checks)}</p>
      <ShortList items={props.result.checks}>
        {(check) => (
          <div class="aws-check">
            <LookBadge plain look={LOOKS[check.state]} />
            <div class="aws-check-words">
              <strong>{check.name.charAt(0).toUpperCase() + check.name.slice(1)}</strong>
              <span class="small soft">{check.message}</span>
            </div>
          </div>
        )}
      </ShortList>
    </div>
  )
}
