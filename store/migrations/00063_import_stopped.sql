-- +goose Up
-- stopped_at is when an import was last paused by itself: what the daily mail about
-- failures goes by. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_imports' AND column_name = 'stopped_at') > 0, 'DO 0',
  'ALTER TABLE enrolld_imports ADD COLUMN stopped_at DATETIME(6) NULL');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_imports DROP COLUMN stopped_at;
