-- +goose Up
-- The orders in which the account's mail is listed: all of it, by state, by kind.
-- Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_messages' AND index_name = 'recent') > 0, 'DO 0',
  'ALTER TABLE enrolld_messages ADD KEY recent (account_id, id), ADD KEY by_state (account_id, state, id),
    ADD KEY by_kind (account_id, kind, id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_messages DROP KEY by_kind, DROP KEY by_state, DROP KEY recent;
