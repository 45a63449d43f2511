-- +goose Up
-- A product as a platform names it, discovered or mapped. A variant is mapped as
-- 'product/variant'. mapped_at NULL: its lines are parked.
CREATE TABLE IF NOT EXISTS enrolld_products (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  platform VARCHAR(32) NOT NULL,
  product_key VARBINARY(255) NOT NULL,
  name VARCHAR(250) NOT NULL DEFAULT '',
  courses TEXT NOT NULL,
  duration_days INT UNSIGNED NOT NULL DEFAULT 0,
  start_delay_days INT UNSIGNED NOT NULL DEFAULT 0,
  grace_hours INT NOT NULL DEFAULT 0,
  on_refund VARCHAR(16) NOT NULL DEFAULT '',
  on_cancel VARCHAR(16) NOT NULL DEFAULT '',
  on_expiry VARCHAR(16) NOT NULL DEFAULT '',
  mapped_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY product (account_id, platform, product_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_products;
