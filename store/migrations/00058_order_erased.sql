-- +goose Up
-- erased: what named the buyer is gone, and deliveries that tell it again are
-- emptied. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_orders' AND column_name = 'erased') > 0, 'DO 0',
  'ALTER TABLE enrolld_orders ADD COLUMN erased BOOLEAN NOT NULL DEFAULT FALSE');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_orders DROP COLUMN erased;
