-- +goose Up
-- An offer of the ownership, confirmed by its owner and waiting for the other
-- side. open_account is the account while it waits, NULL afterwards.
CREATE TABLE IF NOT EXISTS enrolld_transfers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  open_account BIGINT UNSIGNED NULL,
  from_login BIGINT UNSIGNED NOT NULL,
  to_login BIGINT UNSIGNED NOT NULL,
  state ENUM('open','done','declined','withdrawn') NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  UNIQUE KEY open (open_account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_transfers;
