-- +goose Up
-- A WordPress install: one users table. Names are unique within it.
CREATE TABLE IF NOT EXISTS enrolld_sites (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  schema_name VARCHAR(64) NOT NULL,
  base_prefix VARCHAR(64) NOT NULL,
  users_table VARCHAR(64) NOT NULL,
  usermeta_table VARCHAR(64) NOT NULL,
  multisite BOOLEAN NOT NULL,
  content_dir VARCHAR(500) NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY place (schema_name, users_table)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_sites;
