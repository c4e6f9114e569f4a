import type { Aws } from "./client.ts"

/** A private image: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:tag|@digest]`. */
export interface EcrImage {
  account: string
  region: string
  repository: string
  tag: string | null
  digest: string | null
}

/** Null for an image that lies elsewhere. No tag means `latest`. */
export function parseEcrImage(uri: string): EcrImage | null {
  const [, account, region, rest = ""] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(.+)$/.exec(uri) ?? []
  if (!account || !region) return null
  const [named = "", digest = null] = rest.split("@")
  const [repository = "", tag = null] = named.split(":")
  return { account, region, repository, tag: tag ?? (digest === null ? "latest" : null), digest }
}

/** The image's digest (`sha256:…`). Throws AwsError `not-found` for an unknown repository or tag. */
export async function imageDigest(aws: Aws, { account, region, repository, tag, digest }: EcrImage): Promise<string> {
  const { imageDetails = [] } = await aws.json<{ imageDetails?: { imageDigest?: string }[] }>(
    "ecr",
    "DescribeImages",
    region,
    { registryId: account, repositoryName: repository, imageIds: [digest === null ? { imageTag: tag } : { imageDigest: digest }] },
    true,
  )
  return imageDetails[0]?.imageDigest ?? ""
}
