import {
  Bucket,
  BucketLifecycleConfiguration,
  BucketOwnershipControls,
  BucketPolicy,
  BucketPublicAccessBlock,
  BucketServerSideEncryptionConfiguration,
  BucketVersioning,
} from "@pulumi/aws/s3/index.js"
import { RolePolicy } from "@pulumi/aws/iam/index.js"
import { interpolate } from "@pulumi/pulumi"
import { policy } from "../../policy.ts"
import { namedBy } from "../../tags.ts"
import type { PlatformConfig } from "../config.ts"

/** Payloads that a worker is started with by hand (`--payload s3://…`). Workers read them; nobody else is let in from outside. */
export function makeStorage(config: PlatformConfig) {
  const { account, environment, workers } = config
  const made = new Bucket(
    "payloads",
    { bucket: interpolate`viberglass-${environment}-payloads-${account}`, forceDestroy: false, ...namedBy(config)("payloads") },
    { protect: environment === "prod" },
  )
  const bucket = made.bucket
  const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true }
  const block = new BucketPublicAccessBlock("payloads", { bucket, ...closed })
  new BucketOwnershipControls("payloads", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } })
  new BucketServerSideEncryptionConfiguration("payloads", {
    ...{ bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
  })
  const versioned = environment !== "dev"
  new BucketVersioning("payloads", { bucket, versioningConfiguration: { status: versioned ? "Enabled" : "Suspended" } })
  new BucketLifecycleConfiguration("payloads", {
    bucket,
    rules: [
      {
        ...{ id: "payloads-are-short-lived", status: "Enabled", filter: { prefix: "" }, expiration: { days: 30 } },
        ...{ noncurrentVersionExpiration: { noncurrentDays: 30 }, abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
      },
    ],
  })
  const encryptedWay = policy(new URL("../policies/bucket-resource.json", import.meta.url), { bucket })
  new BucketPolicy("payloads", { bucket, policy: encryptedWay }, { dependsOn: [block] })
  for (const [name, role] of [
    ["task", workers.taskRoleName],
    ["lambda", workers.lambdaRoleName],
  ] as const)
    new RolePolicy(`${name}-payloads`, {
      ...{ role, name: "payloads", policy: policy(new URL("../policies/payloads.json", import.meta.url), { bucket }) },
    })
  return { bucket }
}
