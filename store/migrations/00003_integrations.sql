-- +goose Up
-- A source of deliveries. The token in its URL is found by its hash; token and
-- secrets are kept encrypted, so that they can be shown to their owner.
CREATE TABLE IF NOT EXISTS enrolld_integrations (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  platform VARCHAR(32) NOT NULL,
  name VARCHAR(100) NOT NULL DEFAULT '',
  token_hash BINARY(32) NOT NULL,
  sealed BLOB NOT NULL,
  settings TEXT NOT NULL,
  accept_test BOOLEAN NOT NULL DEFAULT FALSE,
  created_at DATETIME(6) NOT NULL,
  disabled_at DATETIME(6) NULL,
  UNIQUE KEY token (token_hash),
  KEY account (account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_integrations;
