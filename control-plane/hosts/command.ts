/** What makes a machine a host, to be run there. Where processes are refused it says containers, so that it works as shown. */
export function connectCommand({
  token,
  publicUrl,
  allowProcessEngine,
}: {
  token: string
  publicUrl: string
  allowProcessEngine: boolean
}): string {
  const engine = allowProcessEngine ? "" : " --engine docker"
  return `VIBERATOR_HOST_TOKEN=${token} node dist/viberator/viberator.mjs host --url ${publicUrl}${engine}`
}
