CREATE TABLE `project_grants` (
	`project_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `user_id`)
);

CREATE INDEX `project_grants_user` ON `project_grants` (`user_id`);
ALTER TABLE `projects` ADD `visibility` text DEFAULT 'everyone' NOT NULL;