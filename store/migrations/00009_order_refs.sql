-- +goose Up
-- The platform's names for an order. The primary key makes two replicas that
-- meet one order for the first time agree on one row.
CREATE TABLE IF NOT EXISTS enrolld_order_refs (
  integration_id BIGINT UNSIGNED NOT NULL,
  ref VARBINARY(191) NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (integration_id, ref),
  KEY orders (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_order_refs;
