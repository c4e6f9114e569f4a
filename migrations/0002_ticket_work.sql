CREATE TABLE `installation_settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE TABLE `document_comments` (
	`id` text PRIMARY KEY NOT NULL,
	`ticket_id` text NOT NULL,
	`phase` text NOT NULL,
	`revision` integer NOT NULL,
	`line` integer NOT NULL,
	`quote` text NOT NULL,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`author` text NOT NULL,
	`author_id` text NOT NULL,
	`resolved_by` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

CREATE INDEX `document_comments_document` ON `document_comments` (`ticket_id`,`phase`,`created_at`);
CREATE TABLE `ticket_attachments` (
	`id` text PRIMARY KEY NOT NULL,
	`ticket_id` text NOT NULL,
	`name` text NOT NULL,
	`mime` text NOT NULL,
	`size` integer NOT NULL,
	`author` text NOT NULL,
	`author_id` text NOT NULL,
	`created_at` integer NOT NULL
);

CREATE INDEX `ticket_attachments_ticket` ON `ticket_attachments` (`ticket_id`,`created_at`);
ALTER TABLE `document_revisions` ADD `author_id` text;
ALTER TABLE `tickets` ADD `branch_round` integer DEFAULT 1 NOT NULL;
ALTER TABLE `tickets` ADD `reopened` integer DEFAULT false NOT NULL;
CREATE INDEX `tickets_pull_request` ON `tickets` ((pull_request ->> '$.url'));