-- +goose Up
-- The lines of the orders, for finding orders by product. parked: paid, and
-- waiting for the product to be mapped.
CREATE TABLE IF NOT EXISTS enrolld_order_lines (
  order_id BIGINT UNSIGNED NOT NULL,
  line_key VARBINARY(191) NOT NULL,
  account_id BIGINT UNSIGNED NOT NULL,
  platform VARCHAR(32) NOT NULL,
  product_key VARBINARY(255) NOT NULL,
  variant_key VARBINARY(255) NOT NULL DEFAULT '',
  parked BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (order_id, line_key),
  KEY product (account_id, platform, product_key),
  KEY parked (parked, account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_order_lines;
