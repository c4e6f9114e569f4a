DROP INDEX `claw_executions_open`;
CREATE INDEX `claw_executions_open` ON `claw_executions` (`schedule_id`,`due_at`) WHERE status IN ('pending', 'running');