-- +goose Up
-- Which text a message went out with, fixed when it is first claimed: lang is
-- empty before that, template_id NULL for a text of ours. Run again after a break,
-- it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_messages' AND column_name = 'template_id') > 0, 'DO 0',
  'ALTER TABLE enrolld_messages
    ADD COLUMN template_id BIGINT UNSIGNED NULL,
    ADD COLUMN template_lang VARCHAR(8) NOT NULL DEFAULT ''''');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_messages DROP COLUMN template_lang, DROP COLUMN template_id;
