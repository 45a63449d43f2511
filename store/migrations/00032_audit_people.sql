-- +goose Up
-- Who (login_id), whose (subject_login_id), from where, before and after (JSON).
-- account_id 0: what concerns a login alone. Append-only, as before. Run again
-- after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_audit' AND column_name = 'login_id') > 0, 'DO 0',
  'ALTER TABLE enrolld_audit
    ADD COLUMN login_id BIGINT UNSIGNED NULL,
    ADD COLUMN subject_login_id BIGINT UNSIGNED NULL,
    ADD COLUMN subject VARCHAR(254) NOT NULL DEFAULT '''',
    ADD COLUMN remote_addr VARCHAR(45) NOT NULL DEFAULT '''',
    ADD COLUMN request_id VARCHAR(16) NOT NULL DEFAULT '''',
    ADD COLUMN before_state TEXT NULL,
    ADD COLUMN after_state TEXT NULL,
    ADD KEY page (account_id, id),
    ADD KEY login (login_id, id),
    ADD KEY subject_login (subject_login_id, id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_audit
  DROP KEY page, DROP KEY login, DROP KEY subject_login,
  DROP COLUMN login_id, DROP COLUMN subject_login_id, DROP COLUMN subject, DROP COLUMN remote_addr,
  DROP COLUMN request_id, DROP COLUMN before_state, DROP COLUMN after_state;
