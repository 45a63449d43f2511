-- +goose Up
-- data is the credential as the WebAuthn library keeps it, JSON: public key,
-- counter, transports. Nothing in it is secret.
CREATE TABLE IF NOT EXISTS enrolld_passkeys (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  login_id BIGINT UNSIGNED NOT NULL,
  credential BINARY(32) NOT NULL,
  name VARCHAR(60) NOT NULL,
  data TEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,
  UNIQUE KEY credential (credential),
  KEY login (login_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_passkeys;
