// PURE: the texts that tell an agent how to work here.

/** The project's instructions first, then the clanker's, each under its own heading. */
export function joinInstructions({ project, clanker, name }: { project: string; clanker: string; name: string }): string {
  const parts = [
    { heading: "# Instructions of the project", text: project.trim() },
    { heading: `# Instructions of ${name.replaceAll(/\s+/g, " ")}`, text: clanker.trim() },
  ]
  return parts
    .filter(({ text }) => text !== "")
    .map(({ heading, text }) => `${heading}\n\n${text}\n`)
    .join("\n")
}

/**
 * `skills/<name>/…` and `skills/<name>.md` → `<name>/SKILL.md`: every CLI wants a folder per skill, and front matter with
 * a name and a description in its SKILL.md.
 */
export function placeSkills(files: readonly { path: string; content: string }[]): Record<string, string> {
  const placed: Record<string, string> = {}
  for (const { path, content } of files) {
    const [, inside] = /^skills\/(.+)$/.exec(path) ?? []
    if (inside === undefined) continue
    const [, flat] = /^([^/]+)\.md$/i.exec(inside) ?? []
    const target = flat === undefined ? inside : `${flat}/SKILL.md`
    placed[target] = target.endsWith("/SKILL.md") ? withFrontMatter(content, target.slice(0, -"/SKILL.md".length)) : content
  }
  return placed
}

function withFrontMatter(content: string, name: string): string {
  if (content.startsWith("---\n")) return content
  const first = content.split("\n").find((line) => line.trim() !== "") ?? name
  const description = first.replace(/^#+\s*/, "").slice(0, 200)
  return `---\nname: ${JSON.stringify(name.replaceAll("/", "-"))}\ndescription: ${JSON.stringify(description)}\n---\n\n${content}`
}
