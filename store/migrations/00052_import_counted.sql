-- +goose Up
-- How many bytes of its file were counted, while that goes on. Run again after a
-- break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_imports' AND column_name = 'counted') > 0, 'DO 0',
  'ALTER TABLE enrolld_imports ADD COLUMN counted BIGINT UNSIGNED NOT NULL DEFAULT 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_imports DROP COLUMN counted;
