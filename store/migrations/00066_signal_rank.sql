-- +goose Up
-- Who goes first, as of messages. by_user finds what waits about a user, which goes
-- before what is new about them. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_signals' AND column_name = 'urgency') > 0, 'DO 0',
  'ALTER TABLE enrolld_signals ADD COLUMN urgency TINYINT UNSIGNED NOT NULL DEFAULT 1,
    ADD KEY by_urgency (urgency, due_at), ADD KEY by_user (account_id, user_id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_signals DROP KEY by_user, DROP KEY by_urgency, DROP COLUMN urgency;
