-- +goose Up
-- reminded_end is the end of which the member was reminded, so that each end is
-- announced once; mail_template the variant of the text in which the start is
-- announced. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_grants' AND column_name = 'reminded_end') > 0, 'DO 0',
  'ALTER TABLE enrolld_grants
    ADD COLUMN reminded_end DATETIME(6) NULL,
    ADD COLUMN mail_template VARCHAR(60) NOT NULL DEFAULT ''''');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_grants DROP COLUMN mail_template, DROP COLUMN reminded_end;
