-- +goose Up
-- A login in a client account. Rights, accounts and products that were chosen
-- are in tables of their own. revision counts changes; uses is raised by whoever
-- decides something by this row, so that a cluster finds the conflict.
CREATE TABLE IF NOT EXISTS enrolld_members (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  login_id BIGINT UNSIGNED NOT NULL,
  type ENUM('owner','admin','user') NOT NULL,
  all_rights BOOLEAN NOT NULL DEFAULT FALSE,
  all_accounts BOOLEAN NOT NULL DEFAULT FALSE,
  all_products BOOLEAN NOT NULL DEFAULT FALSE,
  edit_products BOOLEAN NOT NULL DEFAULT FALSE,
  delete_products BOOLEAN NOT NULL DEFAULT FALSE,
  by_hand BOOLEAN NOT NULL DEFAULT FALSE,
  owner_of BIGINT UNSIGNED NULL,
  deactivated_at DATETIME(6) NULL,
  revision INT UNSIGNED NOT NULL DEFAULT 1,
  uses INT UNSIGNED NOT NULL DEFAULT 0,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY member (account_id, login_id),
  UNIQUE KEY owner (owner_of),
  KEY login (login_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_members;
