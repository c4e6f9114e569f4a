// All that is used of the AWS SDK. The bundle holds it as text (build.ts): import it where it is needed, when it is needed.
export { defaultProvider } from "@aws-sdk/credential-provider-node"
export { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
export { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm"
