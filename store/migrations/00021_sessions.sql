-- +goose Up
-- Browsers that are signed in, or about to be. token is a hash, data is sealed.
-- One that was ended stays for a while after it would have expired, so that a
-- request under way cannot bring it back. epoch is the login's when it signed in.
CREATE TABLE IF NOT EXISTS enrolld_sessions (
  token VARBINARY(64) NOT NULL PRIMARY KEY,
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  login_id BIGINT UNSIGNED NULL,
  epoch INT UNSIGNED NOT NULL DEFAULT 0,
  data BLOB NOT NULL,
  remote_addr VARCHAR(45) NOT NULL DEFAULT '',
  agent VARCHAR(250) NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  seen_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  UNIQUE KEY id (id),
  KEY login (login_id),
  KEY expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_sessions;
