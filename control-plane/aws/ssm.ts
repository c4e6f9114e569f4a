import type { Aws } from "./client.ts"
import { AwsError, isNotFound } from "./errors.ts"

// https://docs.aws.amazon.com/systems-manager/latest/APIReference

/** Writes a SecureString, over the former value when there is one. Throws AwsError. */
export async function putSecureParameter(
  aws: Aws,
  region: string,
  { name, value, keyId }: { name: string; value: string; keyId: string },
): Promise<void> {
  const put = (Tier: "Standard" | "Advanced") =>
    aws.json("ssm", "PutParameter", region, { Name: name, Value: value, Type: "SecureString", KeyId: keyId, Overwrite: true, Tier })
  // A standard parameter takes 4 KB; a longer value is kept as an advanced one, which costs money and cannot go back.
  if (new TextEncoder().encode(value).byteLength > 4096) return void (await put("Advanced"))
  try {
    await put("Standard")
  } catch (error) {
    if (!(error instanceof AwsError && error.message.includes("downgrade a parameter"))) throw error
    await put("Advanced")
  }
}

/** One that is not there counts as deleted. */
export async function deleteParameter(aws: Aws, region: string, name: string): Promise<void> {
  try {
    await aws.json("ssm", "DeleteParameter", region, { Name: name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
