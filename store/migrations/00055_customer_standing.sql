-- +goose Up
-- What the team decided about a customer as a whole. removed_at stays when the
-- customer comes back, who is in the lists again then: gone. exported_revision is
-- that at which everything was last handed out. Run again after a break, it does
-- nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_customers' AND column_name = 'blocked_at') > 0, 'DO 0',
  'ALTER TABLE enrolld_customers
    ADD COLUMN blocked_at DATETIME(6) NULL,
    ADD COLUMN blocked_by VARCHAR(100) NOT NULL DEFAULT '''',
    ADD COLUMN block_reason VARCHAR(500) NOT NULL DEFAULT '''',
    ADD COLUMN removed_at DATETIME(6) NULL,
    ADD COLUMN removed_by VARCHAR(100) NOT NULL DEFAULT '''',
    ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN erased_at DATETIME(6) NULL,
    ADD COLUMN exported_revision INT UNSIGNED NOT NULL DEFAULT 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_customers
  DROP COLUMN blocked_at, DROP COLUMN blocked_by, DROP COLUMN block_reason, DROP COLUMN removed_at, DROP COLUMN removed_by,
  DROP COLUMN gone, DROP COLUMN erased_at, DROP COLUMN exported_revision;
