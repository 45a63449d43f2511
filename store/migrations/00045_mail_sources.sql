-- +goose Up
-- Who tells us what became of mail: a mail provider's webhook, or whoever pipes a
-- bounce mailbox. account_id 0: of every account's mail.
CREATE TABLE IF NOT EXISTS enrolld_mail_sources (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
  provider VARCHAR(32) NOT NULL,
  token_hash BINARY(32) NOT NULL,
  sealed BLOB NOT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY token (token_hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_mail_sources;
