-- +goose Up
-- Mail to the team: customer_id is 0, login_id says to whom; NULL: to an address
-- without a login. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_messages' AND column_name = 'login_id') > 0, 'DO 0',
  'ALTER TABLE enrolld_messages ADD COLUMN login_id BIGINT UNSIGNED NULL, ADD KEY login (login_id, id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_messages DROP KEY login, DROP COLUMN login_id;
