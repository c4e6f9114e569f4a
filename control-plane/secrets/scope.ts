// PURE

/** A project's secret is for that project's jobs alone, wherever it was ticked; the installation's are for all. */
export const isUsableIn = ({ projectId: scope }: { projectId: string | null }, projectId: string | null): boolean =>
  scope === null || scope === projectId
