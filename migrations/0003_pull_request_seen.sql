ALTER TABLE `tickets` ADD `pull_request_seen_at` integer;
CREATE INDEX `tickets_open_pull_request` ON `tickets` (`pull_request_seen_at`) WHERE (pull_request ->> '$.state') = 'open';