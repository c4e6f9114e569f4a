// The page behind a pull request's html_url, so that the link in the product leads somewhere on one machine.
import { git } from "./git.ts"
import type { Pull } from "./forge-pulls.ts"
import type { Repository } from "./forge-state.ts"
import type { Reply } from "./http.ts"

export function parsePullPage(path: string): { name: string; number: number } | null {
  const [, name, number] = /^\/([\w.-]+\/[\w.-]+)\/pull\/(\d+)$/.exec(path) ?? []
  return name === undefined || number === undefined ? null : { name, number: Number(number) }
}

export async function pullPage(repository: Repository, pull: Pull): Promise<Reply> {
  const diff = (await git(repository.bare, ["diff", `${pull.base.sha}...${pull.head.sha}`])).toString()
  const state = pull.merged ? "merged" : pull.draft && pull.state === "open" ? "draft" : pull.state
  const title = `${pull.title} #${pull.number}`
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<body style="font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem">
<h1>${escape(title)}</h1>
<p>${state}: ${escape(pull.user?.login ?? "somebody")} wants to merge <code>${escape(pull.head.ref)}</code> into <code>${escape(pull.base.ref)}</code>
of ${escape(repository.name)}. This is a stand-in for GitHub on your machine.</p>
<pre style="white-space:pre-wrap">${escape(pull.body ?? "")}</pre>
<pre style="overflow:auto;background:#f4f4f5;padding:1rem">${escape(diff)}</pre></body></html>`
  return {
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" },
    body,
  }
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
