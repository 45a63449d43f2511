-- +goose Up
-- What the companion plugin is to be told; rows go when they are told.
CREATE TABLE IF NOT EXISTS enrolld_signals (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  kind ENUM('purge','granted','revoked') NOT NULL,
  user_id BIGINT UNSIGNED NOT NULL,
  course_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
  cause VARCHAR(100) NOT NULL DEFAULT '',
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  created_at DATETIME(6) NOT NULL,
  due_at DATETIME(6) NOT NULL,
  lease BINARY(16) NOT NULL DEFAULT '',
  KEY work (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_signals;
