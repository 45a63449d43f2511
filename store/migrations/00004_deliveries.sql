-- +goose Up
-- What came in. A leased delivery is a queued one whose due_at was moved ahead;
-- lease proves who moved it. The key of a delivery never expires.
CREATE TABLE IF NOT EXISTS enrolld_deliveries (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  integration_id BIGINT UNSIGNED NOT NULL,
  delivery_key BINARY(32) NOT NULL,
  event VARCHAR(100) NOT NULL,
  state ENUM('queued','done','ignored','parked','dead','rejected') NOT NULL,
  received_at DATETIME(6) NOT NULL,
  remote_addr VARCHAR(45) NOT NULL DEFAULT '',
  request_id VARCHAR(32) NOT NULL DEFAULT '',
  headers BLOB NOT NULL,
  body MEDIUMBLOB NOT NULL,
  duplicates INT UNSIGNED NOT NULL DEFAULT 0,
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  first_attempt_at DATETIME(6) NULL,
  due_at DATETIME(6) NOT NULL,
  lease BINARY(16) NOT NULL DEFAULT '',
  finished_at DATETIME(6) NULL,
  note VARCHAR(500) NOT NULL DEFAULT '',
  UNIQUE KEY delivery (integration_id, delivery_key),
  KEY work (state, due_at),
  KEY recent (account_id, received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_deliveries;
