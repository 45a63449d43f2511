-- +goose Up
-- A person who signs in: one set of credentials for every account that they
-- were given. totp_secret is sealed; totp_step is the last step whose code was used.
-- Sessions of an earlier session_epoch are over. uses counts the transactions
-- that depended on the row.
CREATE TABLE IF NOT EXISTS enrolld_logins (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(254) NOT NULL,
  email_key VARBINARY(320) NOT NULL,
  username VARCHAR(60) NOT NULL DEFAULT '',
  username_key VARBINARY(240) NULL,
  name VARCHAR(100) NOT NULL DEFAULT '',
  phone VARCHAR(40) NOT NULL DEFAULT '',
  line1 VARCHAR(100) NOT NULL DEFAULT '',
  line2 VARCHAR(100) NOT NULL DEFAULT '',
  city VARCHAR(80) NOT NULL DEFAULT '',
  region VARCHAR(80) NOT NULL DEFAULT '',
  postal_code VARCHAR(16) NOT NULL DEFAULT '',
  country CHAR(2) NOT NULL DEFAULT '',
  password_hash VARBINARY(200) NOT NULL DEFAULT '',
  password_at DATETIME(6) NULL,
  must_change BOOLEAN NOT NULL DEFAULT FALSE,
  totp_secret VARBINARY(255) NOT NULL DEFAULT '',
  totp_at DATETIME(6) NULL,
  totp_step BIGINT NOT NULL DEFAULT 0,
  handle BINARY(32) NOT NULL,
  revision INT UNSIGNED NOT NULL DEFAULT 1,
  uses INT UNSIGNED NOT NULL DEFAULT 0,
  session_epoch INT UNSIGNED NOT NULL DEFAULT 1,
  last_sign_in_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY email (email_key),
  UNIQUE KEY username (username_key),
  UNIQUE KEY handle (handle)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_logins;
