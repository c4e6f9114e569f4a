import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Visibility, WorkerSettings } from "#contract/projects.ts"
import type { Phase } from "#contract/tickets.ts"
import type { Role } from "#contract/users.ts"
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
    visibility: text("visibility").$type<Visibility>().notNull().default("everyone"),
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

/** What a user may do in one project beyond, or in a project of members only instead of, their role in the installation. */
export const projectGrants = sqliteTable(
  "project_grants",
  {
    projectId: text("project_id").notNull(),
    userId: text("user_id").notNull(),
    role: text("role").$type<Role>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.userId] }), index("project_grants_user").on(table.userId)],
)
