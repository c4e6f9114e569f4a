import { execFileSync } from "node:child_process"

// Read what it wrote before committing: no generated table rebuild may land (control-plane/test/migrations.test.ts).
execFileSync("node", ["node_modules/drizzle-kit/bin.cjs", "generate", ...process.argv.slice(2)], { stdio: "inherit" })
