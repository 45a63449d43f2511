-- +goose Up
CREATE TABLE IF NOT EXISTS enrolld_recovery_codes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  login_id BIGINT UNSIGNED NOT NULL,
  hash BINARY(32) NOT NULL,
  used_at DATETIME(6) NULL,
  UNIQUE KEY code (login_id, hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_recovery_codes;
