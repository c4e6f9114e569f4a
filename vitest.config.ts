import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { ACCEPTED_PROTOCOLS } from "./control-plane/contract/worker.ts"
import { readWire } from "./testbed/wire.ts"

/** `.md` files are texts here as in the built Worker. */
const markdown = {
  name: "markdown-as-text",
  transform: (code: string, id: string) => (id.endsWith(".md") ? { code: `export default ${JSON.stringify(code)}`, map: null } : null),
}
const edgeFiles = ["control-plane/test/*.edge.test.ts"]
/** They start AWS's stand-in, which takes seconds: not for a check that is run all day. */
const motoFiles = ["control-plane/test/*.moto.test.ts"]

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [markdown],
        test: {
          name: "unit",
          include: ["control-plane/**/*.test.ts", "tools/*.test.ts", "ui/test/*.test.ts"],
          exclude: [...edgeFiles, ...motoFiles, "node_modules/**"],
        },
      },
      {
        plugins: [
          markdown,
          cloudflareTest(async () => ({
            main: "control-plane/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                PUBLIC_URL: "http://control-plane.test",
                MASTER_KEYS: JSON.stringify({ current: "k1", keys: { k1: Buffer.alloc(32, 7).toString("base64") } }),
                SESSION_KEY: Buffer.alloc(32, 5).toString("base64"),
                WORKER_TOKEN_KEY: Buffer.alloc(32, 9).toString("base64"),
                // workerd has no process environment of ours: a seed to replay comes as a binding.
                REPLAY: { runs: Number(process.env["REPLAYS"] ?? 300), seed: process.env["SEED"] ? Number(process.env["SEED"]) : null },
                // The same for files: what is recorded of each accepted protocol.
                WIRES: Object.fromEntries(ACCEPTED_PROTOCOLS.map((protocol) => [protocol, readWire(protocol)])),
                MIGRATIONS: await readD1Migrations("migrations"),
              },
            },
          })),
        ],
        test: { name: "edge", include: edgeFiles, testTimeout: 20_000 },
      },
      {
        // The stacks' own packages are installed by `npm test` and `npm run plan`.
        test: { name: "infra", include: ["infra/test/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        test: {
          name: "worker",
          include: ["worker-runtime/**/*.test.ts", "testbed/*.test.ts", ...motoFiles],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "end-to-end",
          include: ["tools/end-to-end/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
