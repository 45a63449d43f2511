-- +goose Up
-- The products that a platform's catalogue sells as several.
CREATE TABLE IF NOT EXISTS enrolld_bundles (
  account_id BIGINT UNSIGNED NOT NULL,
  platform VARCHAR(32) NOT NULL,
  product_key VARBINARY(255) NOT NULL,
  PRIMARY KEY (account_id, platform, product_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_bundles;
