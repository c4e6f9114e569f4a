// `npm run migrate:latest -- [local|dev|prod]`: applies what is new in migrations/. A deploy does it by itself, and so does `npm start`.
import { join } from "node:path"
import { build, ROOT } from "./build.ts"
import { main, readEnvironment, remoteDatabase } from "./cloudflare.ts"
import { serve } from "./serve.ts"

await main(async () => {
  const [where = "local"] = process.argv.slice(2)
  if (where !== "local") {
    console.log(remoteDatabase(readEnvironment(where, "migrate:latest")).migrate())
    return
  }
  build()
  await (await serve({ state: join(ROOT, ".local", "control-plane"), ticking: false })).close()
  console.log("The local database is up to date.")
})
