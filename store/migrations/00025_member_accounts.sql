-- +goose Up
-- The account itself or sub-accounts that a member was given by choice.
CREATE TABLE IF NOT EXISTS enrolld_member_accounts (
  member_id BIGINT UNSIGNED NOT NULL,
  account_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (member_id, account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_member_accounts;
