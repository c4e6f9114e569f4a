import { fileURLToPath } from "node:url"
import { headersFile } from "#contract/headers.ts"
import { cloudflare } from "@cloudflare/vite-plugin"
import { defineConfig } from "vite"
import solid from "vite-plugin-solid"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Static assets bypass the Worker: their headers are the same table, written beside them. */
const headers = {
  name: "security-headers",
  generateBundle(this: {
    environment?: { name: string }
    emitFile: (file: { type: "asset"; fileName: string; source: string }) => string
  }) {
    if (this.environment?.name === "client") this.emitFile({ type: "asset", fileName: "_headers", source: headersFile() })
  },
}

/** Prompt defaults are texts in the Worker. */
const markdown = {
  name: "markdown-as-text",
  transform: (code: string, id: string) => (id.endsWith(".md") ? { code: `export default ${JSON.stringify(code)}`, map: null } : null),
}

/** One build for both: assets into dist/client, the Worker into dist/<its name>. */
export default defineConfig({
  root: here("."),
  plugins: [markdown, headers, solid(), cloudflare({ configPath: here("../wrangler.toml"), persistState: false })],
  build: { outDir: here("../dist"), emptyOutDir: true },
})
