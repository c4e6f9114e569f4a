import type { Aws } from "./client.ts"
import { isNotFound } from "./errors.ts"

// https://docs.aws.amazon.com/systems-manager/latest/APIReference

/** Writes a SecureString, over the former value when there is one. Throws AwsError. */
export async function putSecureParameter(
  aws: Aws,
  region: string,
  { name, value, keyId }: { name: string; value: string; keyId: string },
): Promise<void> {
  // A standard parameter takes 4 KB; a longer value is kept as an advanced one, which costs money and cannot go back.
  const Tier = new TextEncoder().encode(value).byteLength > 4096 ? "Advanced" : "Standard"
  await aws.json("ssm", "PutParameter", region, { Name: name, Value: value, Type: "SecureString", KeyId: keyId, Overwrite: true, Tier })
}

/** One that is not there counts as deleted. */
export async function deleteParameter(aws: Aws, region: string, name: string): Promise<void> {
  try {
    await aws.json("ssm", "DeleteParameter", region, { Name: name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
