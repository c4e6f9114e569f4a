import type { DeploymentStep } from "#contract/clankers.ts"

/** What to do about a start that failed, and where: the form, the settings, or the start button. */
export interface Advice {
  words: string
  to: "form" | "settings" | "start"
}

/** The fields of the form that a step looks at. */
const LOOKS_AT: Readonly<Record<string, string>> = {
  "check cluster": "cluster, region and launch type",
  "check network": "subnets, security groups and public IP address",
  "check image": "image",
  "check task definition": "task definition",
  "register task definition": "task definition, CPU, memory and roles",
  "create function": "role, image, VPC and architecture",
  "update configuration": "role, VPC, memory and disk",
}

/** AWS's words say what is wrong; this says where it is mended. Null where the words say that as well. */
export function adviceOn({ name, message = "" }: Pick<DeploymentStep, "name" | "message">): Advice | null {
  if (/does not allow|does not accept the control plane/.test(message))
    return {
      words: "The control plane lacks a right. Check its access, let who owns the AWS account add it, then start again.",
      to: "settings",
    }
  if (/for the moment|did not answer|takes no more/.test(message))
    return { words: "AWS had no answer for long enough. It may pass: start again.", to: "start" }
  const fields = LOOKS_AT[name]
  return fields === undefined ? null : { words: `Look at ${fields} in the clanker’s form, then start again.`, to: "form" }
}
