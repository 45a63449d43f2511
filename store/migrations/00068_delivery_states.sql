-- +goose Up
-- An account's deliveries of one state: those that failed, and those that led to
-- nothing, are few among many. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_deliveries' AND index_name = 'by_state') > 0, 'DO 0',
  'ALTER TABLE enrolld_deliveries ADD KEY by_state (account_id, state, id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_deliveries DROP KEY by_state;
