-- +goose Up
-- Somebody of the team logs in on the site as a customer. The companion plugin takes
-- the token (taken_at), lets them in (until_at) and notes the end. told: what the
-- audit log knows of it: 0 nothing, 1 that they were let in, 2 the end.
CREATE TABLE IF NOT EXISTS enrolld_entries (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  login_id BIGINT UNSIGNED NOT NULL,
  user_id BIGINT UNSIGNED NOT NULL,
  course_id BIGINT UNSIGNED NOT NULL,
  token_hash BINARY(32) NOT NULL,
  operator VARCHAR(100) NOT NULL,
  reason VARCHAR(300) NOT NULL,
  back_url VARCHAR(500) NOT NULL,
  seconds SMALLINT UNSIGNED NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  taken_at DATETIME(6) NULL,
  until_at DATETIME(6) NULL,
  ended_at DATETIME(6) NULL,
  ended_by VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  told TINYINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE KEY token (token_hash),
  KEY customer (customer_id, ended_at),
  KEY login (login_id, ended_at),
  KEY untold (told, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_entries;
