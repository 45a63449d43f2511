-- +goose Up
-- template names the variant of the text in which members are told; empty: the
-- standard one. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_imports' AND column_name = 'template') > 0, 'DO 0',
  'ALTER TABLE enrolld_imports ADD COLUMN template VARCHAR(60) NOT NULL DEFAULT ''''');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_imports DROP COLUMN template;
