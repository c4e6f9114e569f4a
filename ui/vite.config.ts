import { fileURLToPath } from "node:url"
import { cloudflare } from "@cloudflare/vite-plugin"
import { defineConfig } from "vite"
import solid from "vite-plugin-solid"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Prompt defaults are texts in the Worker. */
const markdown = {
  name: "markdown-as-text",
  transform: (code: string, id: string) => (id.endsWith(".md") ? { code: `export default ${JSON.stringify(code)}`, map: null } : null),
}

/** One build for both: assets into dist/client, the Worker into dist/<its name>. */
export default defineConfig({
  root: here("."),
  plugins: [markdown, solid(), cloudflare({ configPath: here("../wrangler.toml"), persistState: false })],
  build: { outDir: here("../dist"), emptyOutDir: true },
})
