import { queryOptions } from "@tanstack/solid-query"
import type { AwsChecks, Settings } from "#contract/settings.ts"
import { touch } from "./actions.ts"
import { get, patch, post } from "./client.ts"
import { keys } from "./keys.ts"
import { queryClient } from "./query-client.ts"

export const settingsQuery = () => queryOptions({ queryKey: keys.settings, queryFn: () => get<Settings>("/api/settings") })

/** A number that is none is sent as it was typed: the server says what is allowed. */
export interface SettingsWrite {
  maxConcurrency?: number | string
  projectConcurrency?: number | string | null
  requireSecondApprover?: boolean
  paused?: boolean
}

export async function editSettings(changes: SettingsWrite): Promise<void> {
  queryClient.setQueryData(settingsQuery().queryKey, await patch<Settings>("/api/settings", changes))
  // Why a job waits is a part of the job.
  void touch(keys.job.all, keys.ticket.all, keys.dashboard)
}

/** Asks AWS, which takes seconds; nothing is changed there. */
export const checkAws = (): Promise<AwsChecks> => post<AwsChecks>("/api/settings/aws-checks")
