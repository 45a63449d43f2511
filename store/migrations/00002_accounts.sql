-- +goose Up
-- A client account: a blog of a site, with its own sources and customers.
CREATE TABLE IF NOT EXISTS enrolld_accounts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  site_id BIGINT UNSIGNED NOT NULL,
  blog_id BIGINT UNSIGNED NOT NULL DEFAULT 1,
  site_url VARCHAR(255) NOT NULL DEFAULT '',
  from_name VARCHAR(100) NOT NULL DEFAULT '',
  from_address VARCHAR(254) NOT NULL DEFAULT '',
  link_days SMALLINT UNSIGNED NOT NULL DEFAULT 7,
  companion_key VARBINARY(255) NOT NULL DEFAULT '',
  companion_at DATETIME(6) NULL,
  paused_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY name (name),
  KEY site (site_id, blog_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_accounts;
