-- +goose Up
-- Append-only: no code path updates or deletes.
CREATE TABLE IF NOT EXISTS enrolld_audit (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  at DATETIME(6) NOT NULL,
  actor VARCHAR(100) NOT NULL,
  action VARCHAR(50) NOT NULL,
  customer_id BIGINT UNSIGNED NULL,
  delivery_id BIGINT UNSIGNED NULL,
  detail TEXT NOT NULL,
  KEY recent (account_id, at),
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_audit;
