// PURE: what stands in a schedule's form, and what it asks of the server.
import type { ClawSchedule, MissedRuns, Overlap } from "#contract/claws.ts"
import type { ScheduleWrite, Timing } from "../../api/claws.ts"

export interface ScheduleDraft {
  templateId: string
  name: string
  /** Both are kept, so that looking at the other way loses nothing. */
  kind: "cron" | "interval"
  cron: string
  interval: string
  /** As the browser's field has it: a local time without a zone; empty when it counts from the moment of saving. */
  anchorAt: string
  timeZone: string
  overlap: Overlap
  missedRuns: MissedRuns
  webhook: boolean
  webhookUrl: string
}

export const emptySchedule = (templateId: string, timeZone: string): ScheduleDraft => ({
  ...{ templateId, name: "", kind: "cron", cron: "0 9 * * 1-5", interval: "1d", anchorAt: "", timeZone },
  ...{ overlap: "skip", missedRuns: "once", webhook: false, webhookUrl: "" },
})

export const scheduleDraftOf = (schedule: ClawSchedule): ScheduleDraft => ({
  templateId: schedule.templateId,
  name: schedule.name,
  kind: schedule.cron === null ? "interval" : "cron",
  cron: schedule.cron ?? "0 9 * * 1-5",
  interval: schedule.interval ?? "1d",
  anchorAt: schedule.interval === null ? "" : toField(schedule.anchorAt),
  timeZone: schedule.timeZone,
  overlap: schedule.overlap,
  missedRuns: schedule.missedRuns,
  webhook: schedule.webhook !== null,
  webhookUrl: schedule.webhook?.url ?? "",
})

export const timingOf = ({ kind, cron, interval, anchorAt, timeZone }: ScheduleDraft): Timing => ({
  cron: kind === "cron" ? cron.trim() : null,
  interval: kind === "interval" ? interval.trim() : null,
  anchorAt: kind === "interval" && anchorAt !== "" ? fromField(anchorAt) : null,
  timeZone: timeZone.trim(),
})

/** Whether there is anything to ask the server about. */
export const isTimed = ({ kind, cron, interval, timeZone }: ScheduleDraft): boolean =>
  (kind === "cron" ? cron : interval).trim() !== "" && timeZone.trim() !== ""

/** `before` is the schedule that is edited: what stays as it was is not said again, so that its next run stays, too. */
export function toRequest(draft: ScheduleDraft, before?: ClawSchedule): Partial<ScheduleWrite> {
  const { name, overlap, missedRuns } = draft
  const same = before && JSON.stringify(timingOf(draft)) === JSON.stringify(timingOf(scheduleDraftOf(before)))
  const url = draft.webhook ? draft.webhookUrl.trim() : null
  const webhook = url === (before?.webhook?.url ?? null) ? {} : { webhook: url === null ? null : { url } }
  return { name: name.trim(), overlap, missedRuns, ...(same ? {} : timingOf(draft)), ...webhook }
}

export function whyNot(draft: ScheduleDraft): string | null {
  if (draft.templateId === "") return "Choose a task template."
  if (draft.name.trim() === "") return "Give the schedule a name."
  if (!isTimed(draft)) return "Say when it is due."
  return draft.webhook && draft.webhookUrl.trim() === "" ? "Enter the webhook’s URL." : null
}

const MINUTE = 60_000

function toField(iso: string): string {
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16)
}

/** What cannot be read goes as it is: the server says what is wrong with it. */
function fromField(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? text : at.toISOString()
}
