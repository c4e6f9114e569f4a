import { type JSX, Show } from "solid-js"
import Cloud from "lucide-solid/icons/cloud"
import Database from "lucide-solid/icons/database"
import Terminal from "lucide-solid/icons/terminal"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import type { Secret, SecretLocation } from "#contract/secrets.ts"
import type { Look } from "./status-badge.tsx"
import "./secret-looks.css"

/** Where a secret is kept: the same word and icon everywhere. */
export const LOCATION_LOOKS = {
  database: { word: "Database", tone: "quiet", icon: Database },
  env: { word: "Environment", tone: "quiet", icon: Terminal },
  ssm: { word: "AWS SSM", tone: "quiet", icon: Cloud },
} as const satisfies Record<SecretLocation, Look>

/** For a ticked secret that is also some project's SCM credential: the agent could read what only git should. */
export function ScmWarning(props: { secret: Pick<Secret, "name" | "usedBy"> }): JSX.Element {
  const projects = () => props.secret.usedBy.filter(({ type }) => type === "project").map(({ name }) => name)
  return (
    <Show when={projects().length > 0}>
      <span class="scm-warning">
        <TriangleAlert size={14} aria-hidden="true" />
        {projects().join(" and ")} clones and pushes with {props.secret.name}: ticked here, the agent can read it too.
      </span>
    </Show>
  )
}
