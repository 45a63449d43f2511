-- +goose Up
-- What a delivery changed, and on whom: one row per order that it is about.
CREATE TABLE IF NOT EXISTS enrolld_delivery_effects (
  delivery_id BIGINT UNSIGNED NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  customer_id BIGINT UNSIGNED NULL,
  changes TEXT NOT NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (delivery_id, order_id),
  KEY orders (order_id),
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_delivery_effects;
