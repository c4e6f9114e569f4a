CREATE TABLE `deleted_job_usage` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`project_id` text NOT NULL,
	`ticket_id` text,
	`schedule_id` text,
	`clanker_id` text NOT NULL,
	`model` text,
	`status` text NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cost_usd` real,
	`compute_ms` integer NOT NULL,
	`started` integer NOT NULL,
	`created_at` integer NOT NULL
);

CREATE INDEX `deleted_job_usage_created` ON `deleted_job_usage` (`created_at`);
CREATE INDEX `deleted_job_usage_project` ON `deleted_job_usage` (`project_id`,`created_at`);