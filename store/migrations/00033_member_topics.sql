-- +goose Up
-- Mail that a member wants: a row for each topic that is on.
CREATE TABLE IF NOT EXISTS enrolld_member_topics (
  member_id BIGINT UNSIGNED NOT NULL,
  topic VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (member_id, topic)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_member_topics;
