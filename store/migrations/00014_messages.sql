-- +goose Up
-- Mail to members: a row from the moment its cause commits, one per cause.
CREATE TABLE IF NOT EXISTS enrolld_messages (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  cause VARBINARY(100) NOT NULL,
  recipient VARCHAR(254) NOT NULL,
  recipient_name VARCHAR(500) NOT NULL DEFAULT '',
  data TEXT NOT NULL,
  state ENUM('queued','sent','dead') NOT NULL,
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  first_attempt_at DATETIME(6) NULL,
  due_at DATETIME(6) NOT NULL,
  lease BINARY(16) NOT NULL DEFAULT '',
  response VARCHAR(500) NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  sent_at DATETIME(6) NULL,
  UNIQUE KEY cause (account_id, cause),
  KEY work (state, due_at),
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_messages;
