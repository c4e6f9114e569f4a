import { For, type JSX } from "solid-js"
import type { ManagedDefaults } from "#contract/managed.ts"
import type { Settings } from "#contract/settings.ts"
import { settingsQuery } from "../../api/settings.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"

/** Each default in words, and what it means that there is none. */
const DEFAULTS = {
  region: { term: "Region", unset: ({ awsRegion }) => `${awsRegion}, from AWS_REGION` },
  cluster: { term: "Cluster", unset: () => ECS },
  ecsImage: { term: "Image of tasks", unset: () => ECS },
  subnetIds: { term: "Subnets", unset: () => ECS },
  securityGroupIds: { term: "Security groups", unset: () => ECS },
  assignPublicIp: { term: "Public IP address", unset: () => "no" },
  executionRoleArn: { term: "Execution role of tasks", unset: () => ECS },
  taskRoleArn: { term: "Role of tasks", unset: () => ECS },
  ecsLogGroup: { term: "Log of tasks", unset: ({ environment }) => `/ecs/viberglass-${environment}-worker` },
  lambdaImage: { term: "Image of functions", unset: () => LAMBDA },
  lambdaRoleArn: { term: "Role of functions", unset: () => LAMBDA },
  lambdaVpcConfig: { term: "VPC of functions", unset: () => "functions lie outside a VPC" },
  lambdaLogGroup: { term: "Log of functions", unset: ({ environment }) => `/aws/lambda/viberglass-${environment}-worker` },
  kmsKeyId: { term: "Key of secrets in SSM", unset: ({ environment }) => `alias/viberglass-${environment}-ssm` },
} as const satisfies Record<keyof ManagedDefaults, { term: string; unset: (settings: Settings) => string }>
const ECS = "each ECS clanker names its own"
const LAMBDA = "each Lambda clanker names its own"

/** What an empty field of a clanker on AWS falls back to. Set by who runs the installation, so shown only. */
export function ManagedCard(): JSX.Element {
  const settings = useQuery(settingsQuery)
  return (
    <Card title="Managed defaults">
      <p class="soft">
        What an empty field of a clanker on AWS falls back to. They come from the variable <code>MANAGED_DEFAULTS</code>, which the workers
        stack fills in.
      </p>
      <Loaded query={settings} skeleton={<Skeleton lines={6} />}>
        {(known) => (
          <Facts
            facts={Object.entries(DEFAULTS).map(([name, about]) => ({
              term: about.term,
              value: <Value of={name} {...about} settings={known()} />,
            }))}
          />
        )}
      </Loaded>
    </Card>
  )
}

function Value(props: { of: string; term: string; unset: (settings: Settings) => string; settings: Settings }): JSX.Element {
  const values = () => textsOf(props.settings.managedDefaults, props.of)
  return (
    <For each={values()} fallback={<span class="soft">Not set: {props.unset(props.settings)}</span>}>
      {(value) => <div>{/^\S*[-:/]\S*$/.test(value) ? <Copyable text={value} what={props.term.toLowerCase()} /> : value}</div>}
    </For>
  )
}

function textsOf(managed: ManagedDefaults, name: string): string[] {
  const { lambdaVpcConfig, ...flat } = managed
  if (name === "lambdaVpcConfig") return lambdaVpcConfig ? [...lambdaVpcConfig.subnetIds, ...lambdaVpcConfig.securityGroupIds] : []
  const value: unknown = Object.entries(flat).find(([key]) => key === name)?.[1]
  if (Array.isArray(value)) return value.map(String)
  return value === undefined ? [] : [value === true ? "Yes" : value === false ? "No" : String(value)]
}
