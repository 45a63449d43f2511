-- +goose Up
-- The row is also the lock: whoever changes a customer's grants raises revision
-- first, which serializes them on one server and on a multi-writer cluster.
CREATE TABLE IF NOT EXISTS enrolld_customers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  email_key VARBINARY(320) NOT NULL,
  email VARCHAR(254) NOT NULL,
  first_name VARCHAR(250) NOT NULL DEFAULT '',
  last_name VARCHAR(250) NOT NULL DEFAULT '',
  wp_user_id BIGINT UNSIGNED NULL,
  wp_created BOOLEAN NOT NULL DEFAULT FALSE,
  problem VARCHAR(250) NOT NULL DEFAULT '',
  due_at DATETIME(6) NULL,
  revision INT UNSIGNED NOT NULL DEFAULT 1,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY email (account_id, email_key),
  KEY user (account_id, wp_user_id),
  KEY due (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_customers;
