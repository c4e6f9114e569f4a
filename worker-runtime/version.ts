/** Sent with the claim; a test holds it equal to package.json, which lies outside this room. */
export const WORKER_VERSION = "0.1.0"
