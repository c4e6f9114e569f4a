// `npm run setup-link -- <dev|prod>`: another link for the first admin, where the last one was lost or has ended.
import { main, readEnvironment, Refusal, remoteDatabase, setupLink } from "./cloudflare.ts"
import { readTarget } from "./deploy-config.ts"

await main(async () => {
  const environment = readEnvironment(process.argv[2], "setup-link")
  const target = readTarget(process.env)
  if (Array.isArray(target)) throw new Refusal(target.join("\n"))
  const link = setupLink(remoteDatabase(environment), target.url)
  if (link === null) throw new Refusal("There is an admin already: they add people on the page Users.")
  console.log(link)
})
