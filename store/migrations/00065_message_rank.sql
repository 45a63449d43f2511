-- +goose Up
-- Who goes first of what waits: urgency is an enrolld.Rank upside down, 2 goes first
-- (see urgency in store/rank.go). What waited before there were ranks is of the middle
-- one, and so is what the previous version queues. Run again after a break, it does
-- nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_messages' AND column_name = 'urgency') > 0, 'DO 0',
  'ALTER TABLE enrolld_messages ADD COLUMN urgency TINYINT UNSIGNED NOT NULL DEFAULT 1,
    ADD KEY by_urgency (state, urgency, due_at)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_messages DROP KEY by_urgency, DROP COLUMN urgency;
