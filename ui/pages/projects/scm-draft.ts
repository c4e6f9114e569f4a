import type { Project } from "#contract/projects.ts"
import { type Phase, PHASES } from "#contract/tickets.ts"
import type { ProjectWrite } from "../../api/projects.ts"

/** What stands in the fields of SCM execution; "" is "not chosen". */
export interface ScmDraft {
  provider: "" | "github"
  apiUrl: string
  secretId: string
  defaultClankerId: string
  phaseClankers: Record<Phase, string>
}

export const emptyScm = (): ScmDraft => ({
  provider: "github",
  apiUrl: "",
  secretId: "",
  defaultClankerId: "",
  phaseClankers: { research: "", planning: "", execution: "" },
})

export const scmOf = ({ scm, defaultClankerId, phaseClankers }: Project): ScmDraft => ({
  provider: scm?.provider ?? "",
  apiUrl: scm?.apiUrl ?? "",
  secretId: scm?.secretId ?? "",
  defaultClankerId: defaultClankerId ?? "",
  phaseClankers: {
    research: phaseClankers.research ?? "",
    planning: phaseClankers.planning ?? "",
    execution: phaseClankers.execution ?? "",
  },
})

export const scmRequest = ({ provider, apiUrl, secretId, defaultClankerId, phaseClankers }: ScmDraft) =>
  ({
    scm: provider === "" ? null : { provider, ...(apiUrl.trim() ? { apiUrl: apiUrl.trim() } : {}), ...(secretId ? { secretId } : {}) },
    defaultClankerId: defaultClankerId || null,
    phaseClankers: Object.fromEntries(PHASES.flatMap((phase) => (phaseClankers[phase] ? [[phase, phaseClankers[phase]]] : []))),
  }) satisfies Partial<ProjectWrite>

export const SCM_FIELDS: readonly string[] = [
  ...["scm.provider", "scm.apiUrl", "scm.secretId", "defaultClankerId"],
  ...PHASES.map((phase) => `phaseClankers.${phase}`),
]
