-- +goose Up
-- What came back about a message after it was sent: when, and in whose words why.
-- Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_messages' AND column_name = 'returned_at') > 0, 'DO 0',
  'ALTER TABLE enrolld_messages
    MODIFY COLUMN state ENUM(''queued'',''sent'',''dead'',''suppressed'',''bounced'',''complained'') NOT NULL,
    ADD COLUMN returned_at DATETIME(6) NULL, ADD COLUMN returned_text VARCHAR(500) NOT NULL DEFAULT ''''');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
-- The states stay: there may be messages in them.
ALTER TABLE enrolld_messages DROP COLUMN returned_text, DROP COLUMN returned_at;
