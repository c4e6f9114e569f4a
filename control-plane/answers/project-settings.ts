import { servingAmong } from "../clankers/serving-store.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import { type MergedSettings, mergeSettings } from "../projects/settings.ts"
import type { ProjectRecord } from "../projects/store.ts"

/** What a run on the project's default clanker would use, each value with its source. */
export async function projectSettings(context: Context, { workerSettings, defaultClankerId }: ProjectRecord): Promise<MergedSettings> {
  const [clanker = null] = await servingAmong(context, defaultClankerId === null ? [] : [defaultClankerId])
  const strategyMaxMs = clanker ? STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig) : null
  return mergeSettings({ project: workerSettings, clanker, strategyMaxMs })
}
