import { SSM_PREFIX } from "#contract/secrets.ts"
import type { Aws } from "../aws/client.ts"
import { AwsError } from "../aws/errors.ts"
import { deleteParameter, putSecureParameter } from "../aws/ssm.ts"
import { AppError, invalid } from "../errors.ts"

// Secrets of location `ssm`: their values pass through here on their way to AWS and are kept nowhere else.

/** What of the context this needs; it lies below it. */
export interface ParameterDoor {
  aws: Aws | null
  config: { environment: string; aws: { region: string }; managed: { region?: string | undefined; kmsKeyId?: string | undefined } }
}

/** Everything below it is this control plane's: written, overwritten and deleted; what lies elsewhere is only read, by workers. */
export const prefixOf = (environment: string): string => `${SSM_PREFIX}${environment}/`
export const pathOf = (environment: string, { projectId, name }: { projectId: string | null; name: string }): string =>
  `${prefixOf(environment)}${projectId ?? "shared"}/${name}`
export const isOurs = ({ config }: ParameterDoor, path: string): boolean => path.startsWith(prefixOf(config.environment))

const PATH = /^(\/[A-Za-z0-9_.-]+){1,15}$/
/** Of an advanced parameter: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 8192

/**
 * A name of a parameter or its ARN, with a version or label after it where one is meant. Nothing else gets through: AWS cuts
 * spaces off a name, so that one with a space before it would be another name to us and the same to AWS.
 */
const REFERENCE = /^(arn:[a-z-]+:ssm:[a-z0-9-]+:\d{12}:parameter(?=\/))?(\/?[\w.+=@-]+|(\/[\w.+=@-]+){2,15})(:[\w.-]+)?$/

/**
 * Below our prefix each secret has a place of its own. Throws `request.invalid` for another's: it would be read, written and
 * deleted under this name, by people who may not even see the other one.
 */
export function checkReference(door: ParameterDoor, reference: string, own: string): void {
  if (!REFERENCE.test(reference)) throw invalid("reference", "must be a parameter's path, such as /a/b, or its ARN")
  const path = reference.replace(/^arn:[^/]*:parameter(?=\/)/, "")
  if (isOurs(door, path) && reference !== own)
    throw invalid("reference", `must be ${own}, or lie elsewhere: below ${prefixOf(door.config.environment)} each secret has its own place`)
}

/** Throws `request.invalid` for what AWS would not take. */
export function checkWritable(door: ParameterDoor, path: string, value: string): void {
  if (door.aws === null)
    throw invalid(
      "value",
      "cannot be written to SSM: this control plane has no credentials for AWS (docs/aws.md). Leave it out and give the path of a parameter as reference.",
    )
  if (!isOurs(door, path))
    throw invalid(
      "reference",
      `must lie below ${prefixOf(door.config.environment)} to be written here; leave the value out for a parameter that is kept elsewhere`,
    )
  if (!PATH.test(path)) throw invalid("reference", "must be a path of letters, digits, dots, underscores and dashes, such as /a/b")
  if (new TextEncoder().encode(value).byteLength > MAX_BYTES) throw invalid("value", `must be at most ${MAX_BYTES} bytes in SSM`)
}

/** Throws `outside.failed` with AWS's words. */
export async function writeParameter(door: ParameterDoor, name: string, value: string): Promise<void> {
  const keyId = door.config.managed.kmsKeyId ?? `alias/viberglass-${door.config.environment}-ssm`
  await told(door, (aws, region) => putSecureParameter(aws, region, { name, value, keyId }))
}

/** Throws `outside.failed`: then the parameter may still be there. */
export async function forgetParameter(door: ParameterDoor, name: string): Promise<void> {
  await told(door, (aws, region) => deleteParameter(aws, region, name))
}

async function told({ aws, config }: ParameterDoor, act: (aws: Aws, region: string) => Promise<void>): Promise<void> {
  if (aws === null) throw new AppError("outside.failed", "This control plane has no credentials for AWS any more (docs/aws.md).")
  try {
    await act(aws, config.managed.region ?? config.aws.region)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new AppError("outside.failed", error.message, { action: error.action, code: error.code })
  }
}
