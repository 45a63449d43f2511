-- +goose Up
-- Addresses that take no mail from an account: address is a keyed hash of the email
-- key. bounced_at keeps everything back, complained_at what is not transactional;
-- both NULL: it was lifted. Of messages up to lifted_message nothing counts any more.
CREATE TABLE IF NOT EXISTS enrolld_mail_suppressions (
  account_id BIGINT UNSIGNED NOT NULL,
  address BINARY(32) NOT NULL,
  bounced_at DATETIME(6) NULL,
  complained_at DATETIME(6) NULL,
  reason VARCHAR(500) NOT NULL DEFAULT '',
  message_id BIGINT UNSIGNED NOT NULL,
  lifted_message BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, address)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_mail_suppressions;
