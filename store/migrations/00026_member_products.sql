-- +goose Up
-- Products that a member was given by choice: what the product scope joins with.
CREATE TABLE IF NOT EXISTS enrolld_member_products (
  member_id BIGINT UNSIGNED NOT NULL,
  product_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (member_id, product_id),
  KEY product (product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_member_products;
