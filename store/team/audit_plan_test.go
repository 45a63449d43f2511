package team_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"enrolld/store"
	"enrolld/store/storetest"
	"enrolld/store/team"
)

// TestAuditGoesByIndex: a page of the log reads about as many entries as it shows,
// with the filters that people use, where programs have made a hundred times as many as people.
func TestAuditGoesByIndex(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const few = 1500
	h.exec(`INSERT INTO enrolld_audit (account_id, at, actor, action, customer_id, detail)
		SELECT ?, ? + INTERVAL seq MINUTE, 'delivery', ELT(1 + seq % 2, 'access.granted', 'access.revoked'), seq, '{}' FROM seq_1_to_30000`,
		h.account.ID, deskTime)
	h.exec(`INSERT INTO enrolld_audit (account_id, at, actor, action, login_id, subject, detail)
		SELECT ?, ? + INTERVAL seq HOUR, 'Maya', ELT(1 + seq % 2, 'member.terms', 'product.rule'), 999, CONCAT('x', seq, '@example.org'), '{}'
		FROM seq_1_to_300`, h.account.ID, deskTime)
	h.exec(`INSERT INTO enrolld_audit (account_id, at, actor, action, login_id, detail)
		SELECT 0, ?, 'Maya', 'login.signed_in', 1000 + seq, '{}' FROM seq_1_to_3000`, deskTime)
	h.exec(`ANALYZE TABLE enrolld_audit`)
	db := storetest.Open(t, h.db.Name(), 1) // its session counts what its statements read
	one := team.New(db)
	reads := func() (n int64) {
		list, err := store.Collect(t.Context(), db.Conn(), func(rows *sql.Rows, n *int64) error {
			var name string
			return rows.Scan(&name, n)
		}, `SHOW SESSION STATUS LIKE 'Handler_read%'`)
		h.check(err)
		for _, x := range list {
			n += x
		}
		return n
	}
	day := func(n int) time.Time { return deskTime.AddDate(0, 0, n) }
	_, err := one.AuditLog(t.Context(), h.account.ID, team.AuditFilter{})
	h.check(err)
	for name, tt := range map[string]struct {
		f    team.AuditFilter
		want string // in the first row's action
	}{
		"everything":              {team.AuditFilter{}, "access."},
		"what programs did":       {team.AuditFilter{Action: "access."}, "access."},
		"what people did":         {team.AuditFilter{Action: "member."}, "member."},
		"what nobody did":         {team.AuditFilter{Action: "transfer."}, ""},
		"somebody":                {team.AuditFilter{Who: "maya"}, "m"},
		"nobody":                  {team.AuditFilter{Who: "xaver"}, ""},
		"a program":               {team.AuditFilter{Who: "deliver"}, "access."},
		"an early day":            {team.AuditFilter{From: day(1), To: day(2)}, "access."},
		"somebody on a day":       {team.AuditFilter{Who: "maya", From: day(1), To: day(2)}, "m"},
		"of a kind on a day":      {team.AuditFilter{Action: "member.", From: day(1), To: day(2)}, "member."},
		"somebody, of a kind":     {team.AuditFilter{Who: "maya", Action: "member."}, "member."},
		"the next page, far back": {team.AuditFilter{Before: h.entry(`actor = 'Maya' ORDER BY id LIMIT 1`)}, "access."},
	} {
		before := reads()
		list, err := one.AuditLog(t.Context(), h.account.ID, tt.f)
		h.check(err)
		if n := reads() - before; n > few {
			t.Errorf("%s: %d reads, want at most %d", name, n, few)
		}
		if len(list) == 0 != (tt.want == "") || len(list) > 0 && tt.want != "m" && !strings.HasPrefix(list[0].Action, tt.want) {
			t.Errorf("%s: got %d entries, want those of %q", name, len(list), tt.want)
		}
	}
	before := reads()
	own, err := one.AuditRowsOf(t.Context(), 1007)
	h.check(err)
	if n := reads() - before; n > few || len(own) != 1 {
		t.Errorf("of a login: %d entries in %d reads, want 1 in at most %d", len(own), n, few)
	}
}

func (h *house) entry(where string) (id int64) {
	h.t.Helper()
	h.check(h.db.Conn().QueryRowContext(h.t.Context(), `SELECT id FROM enrolld_audit WHERE `+where).Scan(&id))
	return id
}
