-- +goose Up
-- What people did, or what was done to somebody who has a name there, is rare among
-- what deliveries did. Indexes find it, and a kind of it. Run again after a break,
-- it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_audit' AND column_name = 'named') > 0, 'DO 0',
  'ALTER TABLE enrolld_audit
    ADD COLUMN named BOOLEAN AS (login_id IS NOT NULL OR LENGTH(subject) > 0) VIRTUAL,
    ADD KEY kind (account_id, action, at),
    ADD KEY named (account_id, named, at)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_audit DROP KEY named, DROP KEY kind, DROP COLUMN named;
