package importing_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/importing"
)

// staff makes maya a member who takes some topics.
func (d *desk) staff(topics ...enrolld.Topic) {
	d.T.Helper()
	d.Exec(`DELETE FROM enrolld_logins`)
	d.Exec(`DELETE FROM enrolld_members`)
	d.Exec(`DELETE FROM enrolld_member_topics`)
	d.Exec(`INSERT INTO enrolld_logins (id, email, email_key, name, handle, created_at)
		VALUES (?, 'maya@example.org', 'maya@example.org', 'Maya Lind', REPEAT('h', 32), NOW())`, maya.LoginID)
	d.Exec(`INSERT INTO enrolld_members (id, account_id, login_id, type, all_rights, all_accounts, all_products, created_at)
		VALUES (1, ?, ?, 'admin', TRUE, TRUE, TRUE, NOW())`, d.Account.ID, maya.LoginID)
	for _, topic := range topics {
		d.Exec(`INSERT INTO enrolld_member_topics (member_id, topic) VALUES (1, ?)`, string(topic))
	}
}

// told are the events of which mail was queued, with the counts.
func (d *desk) told() []string {
	return d.Rows(`SELECT JSON_VALUE(data, '$.team.event'), JSON_VALUE(data, '$.team.detail'), recipient FROM enrolld_messages WHERE kind = 'team' ORDER BY id`)
}

// TestTold tells who started an import how it ended, once, if they want to know.
func TestTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cancelled := func() {
		i := d.start(list(20, 3), terms(12))
		d.Check(d.x.Cancel(t.Context(), maya, d.Account.ID, i.ID))
	}
	undone := func() { d.undo(d.take(list(30, 1)+"nonsense,,\n", terms(12)).ID) }
	var got []string
	for _, step := range []struct {
		what   string
		topics []enrolld.Topic
		do     func()
		want   []string
	}{
		{"not wanted", []enrolld.Topic{enrolld.TopicTeam}, func() { d.take(list(0, 2), terms(12)) }, nil},
		{"done and undone", []enrolld.Topic{enrolld.TopicImport}, undone, []string{"import_done|1 new customer, 1 row not taken|maya@example.org"}},
		{"cancelled", []enrolld.Topic{enrolld.TopicImport}, cancelled, []string{"import_cancelled|no rows|maya@example.org"}},
		{"by nobody of the team", []enrolld.Topic{enrolld.TopicImport}, func() {
			i := d.draft(list(40, 1), terms(12))
			d.Exec(`UPDATE enrolld_imports SET login_id = NULL WHERE id = ?`, i.ID)
			_, err := d.x.Start(t.Context(), enrolld.Actor{Name: "command"}, d.Account.ID, i.ID)
			d.Check(err)
			d.work()
		}, nil},
	} {
		d.staff(step.topics...)
		step.do()
		all := d.told()
		if diff := cmp.Diff(slices.Concat(got, step.want), all); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
		got = all
	}
	d.Want(`SELECT DISTINCT login_id FROM enrolld_messages WHERE kind = 'team'`, "7")
}

// TestStart_by says that an import is of who started it.
func TestStart_by(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.draft(list(0, 1), terms(12))
	sam := enrolld.Actor{LoginID: 9, Name: "Sam"}
	got, err := d.x.Start(t.Context(), sam, d.Account.ID, i.ID)
	d.Check(err)
	if got.By.LoginID != 9 || got.By.Name != "Sam" || i.By.LoginID != maya.LoginID || got.State != importing.Running {
		t.Errorf("brought by %+v, started by %+v, want Maya and Sam", i.By, got.By)
	}
}
