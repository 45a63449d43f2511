-- +goose Up
-- courses: how many are open to the customer; NULL: the customer's words are not
-- written yet, or not any more. The keys are the orders of the list. Run again
-- after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_customers' AND column_name = 'courses') > 0, 'DO 0',
  'ALTER TABLE enrolld_customers ADD COLUMN courses SMALLINT UNSIGNED NULL,
    ADD KEY newest (account_id, id), ADD KEY joined (account_id, created_at), ADD KEY courses (account_id, courses),
    ADD KEY names (account_id, last_name, first_name)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_customers DROP KEY names, DROP KEY courses, DROP KEY joined, DROP KEY newest, DROP COLUMN courses;
