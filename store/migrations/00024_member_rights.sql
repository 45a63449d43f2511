-- +goose Up
CREATE TABLE IF NOT EXISTS enrolld_member_rights (
  member_id BIGINT UNSIGNED NOT NULL,
  permission VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ends_at DATETIME(6) NULL,
  PRIMARY KEY (member_id, permission)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_member_rights;
