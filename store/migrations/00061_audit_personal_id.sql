-- +goose Up
-- Where the rest of an entry about a customer lies; NULL: this is all of it. Run
-- again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_audit' AND column_name = 'personal_id') > 0, 'DO 0',
  'ALTER TABLE enrolld_audit ADD COLUMN personal_id BINARY(16) NULL');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_audit DROP COLUMN personal_id;
