-- +goose Up
-- What mail to members says in an account's own words. A row is never changed:
-- saving adds the next revision and retires the one before, so that a message's
-- history can show the words that it went out with. current is 1, or NULL in a
-- retired one, so that there is one current text of a kind, name and language.
CREATE TABLE IF NOT EXISTS enrolld_mail_templates (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  name VARCHAR(60) NOT NULL DEFAULT '',
  lang VARCHAR(8) NOT NULL,
  revision INT UNSIGNED NOT NULL,
  current TINYINT UNSIGNED NULL DEFAULT 1,
  subject VARCHAR(150) NOT NULL,
  body TEXT NOT NULL,
  button VARCHAR(60) NOT NULL DEFAULT '',
  saved_by BIGINT UNSIGNED NULL,
  saved_at DATETIME(6) NOT NULL,
  UNIQUE KEY current (account_id, kind, name, lang, current)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_mail_templates;
