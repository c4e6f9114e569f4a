CREATE TABLE `clanker_config_files` (
	`clanker_id` text NOT NULL,
	`revision` integer NOT NULL,
	`path` text NOT NULL,
	`content` text NOT NULL,
	`size` integer NOT NULL,
	PRIMARY KEY(`clanker_id`, `revision`, `path`)
);

CREATE TABLE `clanker_revisions` (
	`clanker_id` text NOT NULL,
	`revision` integer NOT NULL,
	`agent` text NOT NULL,
	`agent_settings` text NOT NULL,
	`deployment_config` text NOT NULL,
	`secret_ids` text NOT NULL,
	`max_execution_time` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`clanker_id`, `revision`)
);

CREATE TABLE `clankers` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`max_concurrency` integer NOT NULL,
	`revision` integer NOT NULL,
	`status` text NOT NULL,
	`status_message` text,
	`accepts_jobs` integer NOT NULL,
	`deployed_revision` integer,
	`serving_revision` integer,
	`steps` text NOT NULL,
	`facts` text,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `clankers_slug` ON `clankers` (`slug`);
CREATE INDEX `clankers_created` ON `clankers` (`created_at`);
CREATE TABLE `hosts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`connected` integer DEFAULT false NOT NULL,
	`engine` text,
	`slots` integer DEFAULT 0 NOT NULL,
	`host_version` text,
	`last_seen_at` integer,
	`revoked_at` integer,
	`projection` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);

CREATE INDEX `hosts_created` ON `hosts` (`created_at`);
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`act` text NOT NULL,
	`subject` text NOT NULL,
	`request_id` text NOT NULL,
	`address` text,
	`status` integer NOT NULL
);

CREATE INDEX `audit_log_at` ON `audit_log` (`at`);
CREATE TABLE `idempotency_keys` (
	`caller` text NOT NULL,
	`path` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`status` integer,
	`reply` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`caller`, `path`, `key`)
);

CREATE INDEX `idempotency_keys_created` ON `idempotency_keys` (`created_at`);
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`project_id` text NOT NULL,
	`ticket_id` text,
	`clanker_id` text NOT NULL,
	`exclusive` text NOT NULL,
	`requested_by` text NOT NULL,
	`spec` text NOT NULL,
	`status` text NOT NULL,
	`terminal` integer DEFAULT false NOT NULL,
	`snapshot` text,
	`version` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `jobs_one_unfinished` ON `jobs` (`exclusive`) WHERE terminal = 0;
CREATE INDEX `jobs_created` ON `jobs` (`created_at`);
CREATE INDEX `jobs_ticket` ON `jobs` (`ticket_id`,`created_at`);
CREATE INDEX `jobs_project` ON `jobs` (`project_id`,`created_at`);
CREATE INDEX `jobs_clanker` ON `jobs` (`clanker_id`,`created_at`);
CREATE INDEX `jobs_unfinished` ON `jobs` (`terminal`,`updated_at`);
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`key` text NOT NULL,
	`name` text NOT NULL,
	`repository_url` text NOT NULL,
	`base_branch` text NOT NULL,
	`pull_request_repository` text,
	`pull_request_base_branch` text,
	`branch_name_template` text NOT NULL,
	`scm` text,
	`default_clanker_id` text,
	`phase_clankers` text NOT NULL,
	`auto_start` text NOT NULL,
	`worker_settings` text NOT NULL,
	`agent_instructions` text NOT NULL,
	`next_ticket` integer DEFAULT 1 NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `projects_slug` ON `projects` (`slug`);
CREATE UNIQUE INDEX `projects_key` ON `projects` (`key`);
CREATE INDEX `projects_created` ON `projects` (`created_at`);
CREATE TABLE `prompt_templates` (
	`key` text NOT NULL,
	`scope` text NOT NULL,
	`template` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`key`, `scope`)
);

CREATE TABLE `secrets` (
	`id` text PRIMARY KEY NOT NULL,
	`scope` text NOT NULL,
	`name` text NOT NULL,
	`location` text NOT NULL,
	`reference` text,
	`sealed` text,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `secrets_scope_name` ON `secrets` (`scope`,`name`);
CREATE INDEX `secrets_created` ON `secrets` (`created_at`);
CREATE TABLE `document_revisions` (
	`ticket_id` text NOT NULL,
	`phase` text NOT NULL,
	`n` integer NOT NULL,
	`source` text NOT NULL,
	`content` text NOT NULL,
	`author` text,
	`job_id` text,
	`feedback` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`ticket_id`, `phase`, `n`)
);

CREATE UNIQUE INDEX `document_revisions_job` ON `document_revisions` (`ticket_id`,`phase`,`job_id`);
CREATE TABLE `phase_documents` (
	`ticket_id` text NOT NULL,
	`phase` text NOT NULL,
	`state` text NOT NULL,
	`revision` integer NOT NULL,
	`approved_revision` integer,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`ticket_id`, `phase`)
);

CREATE TABLE `ticket_timeline` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`ticket_id` text NOT NULL,
	`key` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`act` text NOT NULL,
	`detail` text NOT NULL
);

CREATE UNIQUE INDEX `ticket_timeline_key` ON `ticket_timeline` (`ticket_id`,`key`);
CREATE INDEX `ticket_timeline_at` ON `ticket_timeline` (`ticket_id`,`at`);
CREATE TABLE `tickets` (
	`id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`number` integer NOT NULL,
	`key` text NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`severity` text NOT NULL,
	`category` text NOT NULL,
	`phase` text NOT NULL,
	`source` text NOT NULL,
	`external_id` text,
	`external_url` text,
	`labels` text NOT NULL,
	`branch` text,
	`pull_request` text,
	`override` text,
	`resolved` integer DEFAULT false NOT NULL,
	`created_by` text NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `tickets_key` ON `tickets` (`key`);
CREATE UNIQUE INDEX `tickets_external` ON `tickets` (`project_id`,`source`,`external_id`);
CREATE INDEX `tickets_project_created` ON `tickets` (`project_id`,`created_at`);
CREATE INDEX `tickets_created` ON `tickets` (`created_at`);
CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE INDEX `accounts_user` ON `accounts` (`user_id`);
CREATE TABLE `api_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`prefix` text NOT NULL,
	`scopes` text NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`created_at` integer NOT NULL
);

CREATE UNIQUE INDEX `api_tokens_hash` ON `api_tokens` (`hash`);
CREATE INDEX `api_tokens_user` ON `api_tokens` (`user_id`);
CREATE TABLE `rate_limits` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`count` integer NOT NULL,
	`last_request` integer NOT NULL
);

CREATE UNIQUE INDEX `rate_limits_key` ON `rate_limits` (`key`);
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `sessions_token` ON `sessions` (`token`);
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);
CREATE TABLE `setup_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);

CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`image` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `users_email` ON `users` (`email`);
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE INDEX `verifications_identifier` ON `verifications` (`identifier`);