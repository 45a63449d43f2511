-- +goose Up
-- parent_id 0: a client account; otherwise a sub-account of it. A name is unique
-- beside its siblings. From second_factor_from on, everybody in the client
-- account needs a second factor. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_accounts' AND column_name = 'parent_id') > 0, 'DO 0',
  'ALTER TABLE enrolld_accounts
    ADD COLUMN parent_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN second_factor_from DATETIME(6) NULL,
    DROP KEY name, ADD UNIQUE KEY name (parent_id, name)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_accounts
  DROP KEY name, ADD UNIQUE KEY name (name), DROP COLUMN second_factor_from, DROP COLUMN parent_id;
