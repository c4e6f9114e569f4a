// PURE: where AWS's console shows what a deployment's facts name. A partition without a public console has no links.

export interface ConsoleLink {
  name: string
  url: string
}

/** Each region has its own host below these: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
const DOMAINS: Readonly<Record<string, string>> = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
}

/** The links of a deployment, from its facts as the API shows them; those whose facts are missing are left out. */
export function consoleLinks(facts: Readonly<Record<string, unknown>>): ConsoleLink[] {
  const text = (name: string) => (typeof facts[name] === "string" ? facts[name] : "")
  const region = text("region")
  const [name, alias, version] = [text("functionName"), text("alias"), text("version")]
  const cluster = lastOf(text("clusterArn"))
  const [, family, revision] = /:task-definition\/([^:/]+):(\d+)$/.exec(text("taskDefinitionArn")) ?? []
  const group = text("logGroup")
  const made: [string, string | null][] = [
    ["Function", name ? functionLink(region, name) : null],
    ["Alias", name && alias ? functionLink(region, name, `aliases/${encodeURIComponent(alias)}`) : null],
    ["Version", name && version ? functionLink(region, name, `versions/${encodeURIComponent(version)}`) : null],
    ["Cluster", cluster ? ecsLink(region, `clusters/${encodeURIComponent(cluster)}/services`) : null],
    ["Task definition", family ? ecsLink(region, `task-definitions/${encodeURIComponent(family)}/${revision}/containers`) : null],
    ["Logs", group ? logGroupLink(region, group) : null],
  ]
  return made.flatMap(([linkName, url]) => (url === null ? [] : [{ name: linkName, url }]))
}

/** One task, by its ARN or id; null where there is no console. A task's page is kept for about an hour after its end. */
export function taskConsoleLink(region: string, clusterArn: string, taskArn: string): string | null {
  const [cluster, task] = [lastOf(clusterArn), lastOf(taskArn)]
  if (cluster === "" || task === "") return null
  return ecsLink(region, `clusters/${encodeURIComponent(cluster)}/tasks/${encodeURIComponent(task)}/configuration`)
}

/** A log group in CloudWatch; null where there is no console. */
export const logGroupLink = (region: string, group: string): string | null =>
  consoleUrl(region, `/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${inFragment(group)}`)

/** One stream of a log group; null where there is no console. */
export function logStreamLink(region: string, group: string, stream: string): string | null {
  const url = logGroupLink(region, group)
  return url === null ? null : `${url}/log-events/${inFragment(stream)}`
}

/** The lines of a log group that hold a text, as one invocation's request id; null where there is no console. */
export function logSearchLink(region: string, group: string, text: string): string | null {
  const url = logGroupLink(region, group)
  return url === null ? null : `${url}/log-events$3FfilterPattern$3D${inFragment(JSON.stringify(text))}`
}

/** The stream that the `awslogs` driver writes a task's container to. */
export const taskLogStream = ({ prefix, container, taskArn }: { prefix: string; container: string; taskArn: string }): string =>
  `${prefix}/${container}/${lastOf(taskArn)}`

const functionLink = (region: string, name: string, part = ""): string | null =>
  consoleUrl(region, `/lambda/home?region=${region}#/functions/${encodeURIComponent(name)}${part ? `/${part}` : ""}`)

const ecsLink = (region: string, path: string): string | null => consoleUrl(region, `/ecs/v2/${path}?region=${region}`)

function consoleUrl(region: string, path: string): string | null {
  const domain = DOMAINS[partitionOf(region)]
  // A region is part of a host name: what is not one makes no link.
  return domain !== undefined && /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region) ? `https://${region}.${domain}${path}` : null
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn"
  if (region.startsWith("us-gov-")) return "aws-us-gov"
  // Secret and sovereign partitions have consoles of their own, which are not at a public address known to us.
  return /-iso[a-z]?-/.test(region) || region.startsWith("eusc-") ? "other" : "aws"
}

/** Names in CloudWatch's fragment are encoded twice, the second time with a dollar sign. */
const inFragment = (name: string): string => encodeURIComponent(encodeURIComponent(name)).replaceAll("%", "$")

const lastOf = (arn: string): string => arn.split("/").at(-1) ?? ""
