-- +goose Up
-- An account's choices for mail to members; without a row the defaults count.
CREATE TABLE IF NOT EXISTS enrolld_mail_settings (
  account_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  lang VARCHAR(8) NOT NULL DEFAULT '',
  remind_days SMALLINT UNSIGNED NOT NULL,
  off VARCHAR(200) NOT NULL DEFAULT '',
  revision BIGINT UNSIGNED NOT NULL DEFAULT 1,
  updated_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_mail_settings;
