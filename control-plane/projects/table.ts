import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { WorkerSettings } from "#contract/projects.ts"
import type { Phase } from "#contract/tickets.ts"
import { at, createdAt, id, json, updatedAt } from "../db/columns.ts"

export const projects = sqliteTable(
  "projects",
  {
    id: id(),
    slug: text("slug").notNull(),
    key: text("key").notNull(),
    name: text("name").notNull(),
    repositoryUrl: text("repository_url").notNull(),
    baseBranch: text("base_branch").notNull(),
    pullRequestRepository: text("pull_request_repository"),
    pullRequestBaseBranch: text("pull_request_base_branch"),
    branchNameTemplate: text("branch_name_template").notNull(),
    scm: json<{ provider: "github"; apiUrl?: string | undefined; secretId?: string | undefined }>("scm"),
    defaultClankerId: text("default_clanker_id"),
    phaseClankers: json<Partial<Record<Phase, string>>>("phase_clankers").notNull(),
    autoStart: json<{ onCreate: boolean; labels: string[]; onApproval: boolean }>("auto_start").notNull(),
    workerSettings: json<WorkerSettings>("worker_settings").notNull(),
    agentInstructions: text("agent_instructions").notNull(),
    /** The number of the next ticket; taken by a guarded update. */
    nextTicket: integer("next_ticket").notNull().default(1),
    archivedAt: at("archived_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex("projects_slug").on(table.slug),
    uniqueIndex("projects_key").on(table.key),
    index("projects_created").on(table.createdAt),
  ],
)
