import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { AgentSlug } from "#contract/agents.ts"
import type { ClankerStatus, DeploymentConfig, DeploymentStep, SelfTest } from "#contract/clankers.ts"
import { createdAt, flag, id, json, updatedAt } from "../db/columns.ts"

export interface AgentSettings {
  model?: string | undefined
  baseUrl?: string | undefined
  extraArgs?: string[] | undefined
}

export const clankers = sqliteTable(
  "clankers",
  {
    id: id(),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    maxConcurrency: integer("max_concurrency").notNull(),
    revision: integer("revision").notNull(),
    // The columns below are a projection of ClankerObject, guarded by `version`.
    status: text("status").$type<ClankerStatus>().notNull(),
    statusMessage: text("status_message"),
    acceptsJobs: flag("accepts_jobs").notNull(),
    deployedRevision: integer("deployed_revision"),
    servingRevision: integer("serving_revision"),
    steps: json<DeploymentStep[]>("steps").notNull(),
    facts: json<Record<string, unknown>>("facts"),
    /** The newest one; it outlives its job. */
    selfTest: json<SelfTest>("self_test"),
    version: integer("version").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [uniqueIndex("clankers_slug").on(table.slug), index("clankers_created").on(table.createdAt)],
)

/** Immutable snapshots: an edit makes the next one, a deployment names one. */
export const clankerRevisions = sqliteTable(
  "clanker_revisions",
  {
    clankerId: text("clanker_id").notNull(),
    revision: integer("revision").notNull(),
    agent: text("agent").$type<AgentSlug>().notNull(),
    agentSettings: json<AgentSettings>("agent_settings").notNull(),
    deploymentConfig: json<DeploymentConfig>("deployment_config").notNull(),
    secretIds: json<string[]>("secret_ids").notNull(),
    maxExecutionTime: integer("max_execution_time"),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.clankerId, table.revision] })],
)

export const clankerConfigFiles = sqliteTable(
  "clanker_config_files",
  {
    clankerId: text("clanker_id").notNull(),
    revision: integer("revision").notNull(),
    path: text("path").notNull(),
    content: text("content").notNull(),
    size: integer("size").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clankerId, table.revision, table.path] })],
)
