-- +goose Up
-- open_key is the address while the invitation is open, NULL afterwards: an
-- address has one open invitation in an account. token is the hash of the newest
-- link's; terms are JSON.
CREATE TABLE IF NOT EXISTS enrolld_invitations (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  email VARCHAR(254) NOT NULL,
  email_key VARBINARY(320) NOT NULL,
  open_key VARBINARY(320) NULL,
  name VARCHAR(100) NOT NULL DEFAULT '',
  terms TEXT NOT NULL,
  token BINARY(32) NOT NULL,
  generation INT UNSIGNED NOT NULL DEFAULT 1,
  state ENUM('open','accepted','removed') NOT NULL,
  invited_by BIGINT UNSIGNED NOT NULL,
  reminded_at DATETIME(6) NULL,
  expired_told_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  sent_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  accepted_by BIGINT UNSIGNED NULL,
  UNIQUE KEY open (account_id, open_key),
  UNIQUE KEY token (token),
  KEY due (state, expires_at),
  KEY inviter (invited_by, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_invitations;
