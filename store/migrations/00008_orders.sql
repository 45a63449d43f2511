-- +goose Up
-- record is the JSON of enrolld.Order. first_ref is one of its references: the
-- key by which a new order's id is read back.
CREATE TABLE IF NOT EXISTS enrolld_orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  integration_id BIGINT UNSIGNED NOT NULL,
  first_ref VARBINARY(191) NOT NULL,
  customer_id BIGINT UNSIGNED NULL,
  number VARCHAR(100) NOT NULL DEFAULT '',
  test BOOLEAN NOT NULL DEFAULT FALSE,
  record MEDIUMTEXT NOT NULL,
  revision INT UNSIGNED NOT NULL DEFAULT 1,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY first_ref (integration_id, first_ref),
  KEY customer (customer_id),
  KEY recent (account_id, updated_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_orders;
