-- +goose Up
-- Mail about imports and failures, for owners and admins who were members before
-- there was any and have never chosen their mail: as a new login has it. An admin
-- follows the owner, as new ones do. Run again, it adds nothing.
INSERT IGNORE INTO enrolld_member_topics (member_id, topic)
SELECT m.id, t.topic FROM enrolld_members m
  JOIN (SELECT 'import.finished' AS topic UNION ALL SELECT 'deliveries.failed') t
  WHERE m.type IN ('owner','admin')
    AND NOT EXISTS (SELECT 1 FROM enrolld_audit a
      WHERE a.account_id = m.account_id AND a.login_id = m.login_id AND a.action = 'member.topics')
    AND NOT EXISTS (SELECT 1 FROM enrolld_members o
      JOIN enrolld_audit a ON a.account_id = o.account_id AND a.login_id = o.login_id AND a.action = 'member.topics'
      WHERE o.owner_of = m.account_id
        AND NOT EXISTS (SELECT 1 FROM enrolld_member_topics x WHERE x.member_id = o.id AND x.topic = t.topic));
-- +goose Down
-- What was added cannot be told from what somebody chose: it stays.
DO 0;
