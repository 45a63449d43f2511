-- +goose Up
-- WordPress has no unique key on email, login or nicename; this is ours.
CREATE TABLE IF NOT EXISTS enrolld_site_names (
  site_id BIGINT UNSIGNED NOT NULL,
  kind ENUM('email','login','nicename') NOT NULL,
  name VARBINARY(320) NOT NULL,
  user_id BIGINT UNSIGNED NULL,
  PRIMARY KEY (site_id, kind, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_site_names;
