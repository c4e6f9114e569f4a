/** Where the AWS console shows what an ARN names; null where it has no page that is known here. */
export function consoleLink(value: string): string | null {
  const [, service, region = "", resource = ""] = /^arn:aws:(lambda|ecs|logs):([a-z0-9-]+):\d{12}:(.+)$/.exec(value) ?? []
  const at = `https://${region}.console.aws.amazon.com`
  switch (service) {
    case "lambda": {
      const [, name] = /^function:([^:]+)/.exec(resource) ?? []
      return name ? `${at}/lambda/home?region=${region}#/functions/${name}` : null
    }
    case "ecs": {
      const [, cluster] = /^cluster\/(.+)$/.exec(resource) ?? []
      const [, family, revision] = /^task-definition\/([^:]+):(\d+)$/.exec(resource) ?? []
      if (cluster) return `${at}/ecs/v2/clusters/${cluster}?region=${region}`
      return family ? `${at}/ecs/v2/task-definitions/${family}/${revision}?region=${region}` : null
    }
    case "logs": {
      const [, group] = /^log-group:([^:]+)/.exec(resource) ?? []
      return group ? logGroupLink(region, group) : null
    }
    default:
      return null
  }
}

/** A log group by its name. The console reads its fragment through two decoders, with $ in place of %. */
export function logGroupLink(region: string, group: string): string {
  const twice = encodeURIComponent(encodeURIComponent(group)).replaceAll("%", "$")
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice}`
}
