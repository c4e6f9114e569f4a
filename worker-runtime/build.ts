// Bundles the worker to one file, the same that images and hosts run: `node worker-runtime/build.ts`.
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"

/** Writes `<root>/dist/viberator/viberator.mjs` (ESM, Node, everything inlined) and answers its path. */
export async function buildWorker(root: string): Promise<string> {
  const file = join(root, "dist/viberator/viberator.mjs")
  await build({
    input: join(root, "worker-runtime/entry/cli.ts"),
    platform: "node",
    cwd: root,
    logLevel: "warn",
    // ws tries these native speed-ups and goes without them.
    external: ["bufferutil", "utf-8-validate"],
    output: {
      file,
      format: "esm",
      codeSplitting: false,
      minify: { compress: true, mangle: false, codegen: false },
      banner: "#!/usr/bin/env node",
    },
  })
  return file
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = await buildWorker(fileURLToPath(new URL("..", import.meta.url)))
  process.stdout.write(`${file}\n`)
}
