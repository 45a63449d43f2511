-- +goose Up
-- Links that prove control of an address once: password resets, first passwords,
-- changes of address. hash is the token's; data is JSON.
CREATE TABLE IF NOT EXISTS enrolld_tokens (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  login_id BIGINT UNSIGNED NOT NULL,
  hash BINARY(32) NOT NULL,
  data TEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  UNIQUE KEY hash (hash),
  KEY login (login_id, kind),
  KEY expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_tokens;
