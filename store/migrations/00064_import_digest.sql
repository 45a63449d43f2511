-- +goose Up
-- digest is a keyed hash of the file, by which the same list is known again, also when
-- the file is not kept any more. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_imports' AND column_name = 'digest') > 0, 'DO 0',
  'ALTER TABLE enrolld_imports ADD COLUMN digest VARBINARY(32) NOT NULL DEFAULT '''', ADD KEY digest (account_id, digest, id)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_imports DROP KEY digest, DROP COLUMN digest;
