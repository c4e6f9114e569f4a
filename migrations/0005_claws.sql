CREATE TABLE `claw_deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`schedule_id` text NOT NULL,
	`event` text NOT NULL,
	`subject` text NOT NULL,
	`body` text NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`next_at` integer,
	`delivered_at` integer,
	`last_error` text,
	`created_at` integer NOT NULL
);

CREATE UNIQUE INDEX `claw_deliveries_once` ON `claw_deliveries` (`event`,`subject`);
CREATE INDEX `claw_deliveries_next` ON `claw_deliveries` (`next_at`);
CREATE INDEX `claw_deliveries_schedule` ON `claw_deliveries` (`schedule_id`,`created_at`);
CREATE TABLE `claw_executions` (
	`id` text PRIMARY KEY NOT NULL,
	`schedule_id` text NOT NULL,
	`project_id` text NOT NULL,
	`due_at` integer NOT NULL,
	`trigger` text NOT NULL,
	`status` text NOT NULL,
	`reason` text,
	`job_id` text,
	`pull_request` text,
	`requested_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer
);

CREATE UNIQUE INDEX `claw_executions_due` ON `claw_executions` (`schedule_id`,`due_at`);
CREATE INDEX `claw_executions_open` ON `claw_executions` (`created_at`) WHERE status IN ('pending', 'running');
CREATE TABLE `claw_schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`template_id` text NOT NULL,
	`project_id` text NOT NULL,
	`name` text NOT NULL,
	`cron` text,
	`interval` text,
	`anchor_at` integer NOT NULL,
	`time_zone` text NOT NULL,
	`enabled` integer NOT NULL,
	`overlap` text NOT NULL,
	`missed_runs` text NOT NULL,
	`webhook_url` text,
	`webhook_sealed` text,
	`next_run_at` integer,
	`claim` text,
	`runs` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`paused_reason` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE INDEX `claw_schedules_due` ON `claw_schedules` (`next_run_at`);
CREATE INDEX `claw_schedules_template` ON `claw_schedules` (`template_id`);
CREATE INDEX `claw_schedules_created` ON `claw_schedules` (`created_at`);
CREATE TABLE `claw_templates` (
	`id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`clanker_id` text,
	`instructions` text NOT NULL,
	`secret_ids` text NOT NULL,
	`base_branch` text,
	`opens_pull_request` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE UNIQUE INDEX `claw_templates_name` ON `claw_templates` (`project_id`,`name`);
CREATE INDEX `claw_templates_created` ON `claw_templates` (`created_at`);
CREATE INDEX `claw_templates_clanker` ON `claw_templates` (`clanker_id`);