-- +goose Up
-- What customers unsubscribed from: kind is one of enrolld_messages.kind that is not
-- transactional. Only the customer takes it back.
CREATE TABLE IF NOT EXISTS enrolld_mail_optouts (
  account_id BIGINT UNSIGNED NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(16) NOT NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (customer_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_mail_optouts;
