// What a stack of infra/ would make, without an account: `npm run plan base prod`.
import { spawnSync } from "node:child_process"
import { ROOT } from "./build.ts"
import { installInfra } from "./infra.ts"

await installInfra()
const args = ["--disable-warning=ExperimentalWarning", "infra/plan.ts", ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" }).status ?? 1
