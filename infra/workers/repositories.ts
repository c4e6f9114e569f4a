import { readFileSync } from "node:fs"
import { LifecyclePolicy, Repository, RepositoryPolicy } from "@pulumi/aws/ecr/index.js"
import { interpolate, type Output } from "@pulumi/pulumi"
import { policy } from "../policy.ts"
import type { WorkersConfig } from "./config.ts"

/**
 * Only what no tag names any more goes: every push leaves its own <environment>-<sha>, so nothing that a clanker names or has
 * resolved to a digest is ever without one.
 */
const LIFECYCLE = JSON.stringify(JSON.parse(readFileSync(new URL("lifecycle.json", import.meta.url), "utf8")))

/** Addresses of the images by selector, with the tag that follows the environment's last push. */
export type Images = Record<string, Output<string>>

/** A repository for each image of the catalogue, unless another environment of the account has made them. */
export function makeRepositories(config: WorkersConfig): Images {
  const { account, environment, region } = config
  if (config.makeRepositories) for (const { repository } of Object.values(config.images)) makeRepository(config, repository)
  return Object.fromEntries(
    Object.entries(config.images).map(([selector, { repository }]) => [
      selector,
      interpolate`${account}.dkr.ecr.${region}.amazonaws.com/${repository}:${environment}-latest`,
    ]),
  )
}

function makeRepository(config: WorkersConfig, name: string): void {
  const { account, region, tags } = config
  const made = new Repository(name, {
    name,
    // A clanker that names <environment>-<sha> gets that image and no other; only those that follow, and the cache, may move.
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: [
      { filterType: "WILDCARD", filter: "latest" },
      { filterType: "WILDCARD", filter: "*-latest" },
      { filterType: "WILDCARD", filter: "buildcache" },
    ],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: "AES256" }],
    forceDelete: false,
    // It serves every environment of the account.
    tags: { ...tags, Name: name },
  })
  new RepositoryPolicy(name, {
    repository: made.name,
    policy: policy(new URL("policies/repository-resource.json", import.meta.url), { account, region }),
  })
  new LifecyclePolicy(name, { repository: made.name, policy: LIFECYCLE })
}
