// Bundles the worker to one file, the same that images and hosts run: `node worker-runtime/build.ts`.
import { randomUUID } from "node:crypto"
import { mkdir, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import type { BuildOptions, Plugin } from "rolldown"

/**
 * What dockerode asks for at its start and only uses for engines behind SSH and for builds by BuildKit. Native code and
 * 2 MB of it; the host does neither, over a socket of its own machine.
 */
const LEFT_OUT = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs)$/
const leftOut: Plugin = {
  name: "left-out",
  resolveId: (id) => (LEFT_OUT.test(id) ? `\0left-out:${id}` : null),
  load: (id) => (id.startsWith("\0left-out:") ? "export default {}" : null),
}

/** Writes `<root>/dist/viberator/viberator.mjs` (ESM, Node, everything inlined) and answers its path. */
export async function buildWorker(root: string): Promise<string> {
  const file = join(root, "dist/viberator/viberator.mjs")
  const sdk = await bundleText(root, join(root, SDK))
  const { output } = await build({
    ...options(root, join(root, "worker-runtime/entry/cli.ts")),
    plugins: [asText(join(root, SDK), sdk), leftOut],
    write: false,
    output: { ...OUTPUT, format: "esm", banner: "#!/usr/bin/env node" },
  })
  // In one step: another process may be starting the former one, or building this one too.
  const written = join(root, "dist", `viberator-${randomUUID()}`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(written, output[0].code)
  await rename(written, file)
  return file
}

/**
 * More than half of all code, which few jobs need. Node reads through every function of a file before it runs the first one;
 * over a text it passes at once.
 */
const SDK = "worker-runtime/platform/aws-sdk.ts"

const OUTPUT = { codeSplitting: false, minify: { compress: true, mangle: false, codegen: false } } as const

const options = (root: string, input: string): BuildOptions => ({
  input,
  platform: "node",
  cwd: root,
  logLevel: "warn",
  // ws tries these native speed-ups and goes without them.
  external: ["bufferutil", "utf-8-validate"],
})

async function bundleText(root: string, input: string): Promise<{ code: string; names: readonly string[] }> {
  // The SDK's ES modules, of which what is not used falls away; by default Node's own form is taken, which is one piece.
  const resolve = { mainFields: ["module", "main"] }
  const { output } = await build({ ...options(root, input), resolve, write: false, output: { ...OUTPUT, format: "cjs" } })
  const [{ code, exports }] = output
  return { code, names: exports }
}

/** What is imported from `file` is compiled when the import is reached. */
function asText(file: string, { code, names }: { code: string; names: readonly string[] }): Plugin {
  const compiled = `
    import { createRequire } from "node:module"
    import { compileFunction, constants } from "node:vm"
    const parts = { exports: {} }
    const options = { filename: "aws-sdk.cjs", importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }
    compileFunction(${JSON.stringify(code)}, ["require", "module", "exports"], options)(createRequire(import.meta.url), parts, parts.exports)
    export const { ${names.join(", ")} } = parts.exports`
  return { name: "as-text", load: (id) => (id === file ? { code: compiled, moduleType: "js" } : null) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = await buildWorker(fileURLToPath(new URL("..", import.meta.url)))
  process.stdout.write(`${file}\n`)
}
