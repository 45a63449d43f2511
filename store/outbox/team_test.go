package outbox_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/mailer"
	"enrolld/mailer/mailbox"
	"enrolld/store"
	"enrolld/store/outbox"
	pt "enrolld/store/provision/provisiontest"
)

// queueTeam queues messages to the team as store/team does.
func queueTeam(w *pt.World, accountID int64, data ...enrolld.TeamData) {
	w.T.Helper()
	var list []enrolld.Message
	for _, d := range data {
		list = append(list, enrolld.Message{
			AccountID: accountID, LoginID: 3, Kind: enrolld.MessageTeam, Cause: string(d.Event) + " " + d.Subject,
			To: "bob@shop.example", ToName: "Bob", Data: enrolld.MessageData{Team: &d},
		})
	}
	w.Check(w.DB.InTx(w.T.Context(), func(tx *store.Tx) error { return tx.QueueMessages(w.T.Context(), list) }))
}

// invitation is an invitation that ends after some time from now.
func invitation(w *pt.World, ttl time.Duration) enrolld.TeamData {
	now := w.Clock.Now()
	until := now.Add(ttl)
	return enrolld.TeamData{
		Event: enrolld.EventInvitation, Account: "Ink & Wash", Actor: "Maya Lind", Detail: "View products", At: now, Until: &until,
		Link: enrolld.Link{Path: "/invitations/", Purpose: "invitation 12 3"},
	}
}

// TestTeamMailCarriesOneLinkThroughAllAttempts claims an invitation three times:
// its token is that of its purpose, and is stored nowhere.
func TestTeamMailCarriesOneLinkThroughAllAttempts(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	queueTeam(w, w.Account.ID, invitation(w, 7*day))
	token := w.DB.Keys().Token("invitation 12 3")
	for attempt := range 3 {
		list := claim(w)
		if len(list) != 1 || list[0].Attempts != attempt {
			t.Fatalf("attempt %d: claimed %d messages, want one with its attempts counted", attempt+1, len(list))
		}
		m := list[0]
		got := []string{m.FromName, m.FromAddress, m.ReplyTo, m.Data.Team.URL}
		want := []string{"Enrolld", "enrolld@admin.example", "", "https://admin.example/invitations/" + token}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempt %d: sender and link (-want +got):\n%s", attempt+1, diff)
		}
		finish(w, list, enrolld.SendRetry, time.Hour)
		w.Clock.Advance(day)
	}
	for _, row := range w.Rows(`SELECT CONCAT_WS('|', data, cause, response) FROM enrolld_messages`) {
		if strings.Contains(row, token) || strings.Contains(row, "admin.example") {
			t.Errorf("the link is stored: %s", row)
		}
	}
}

func TestTeamMailLeadsWhereItsLinkSays(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	queueTeam(w, 0,
		enrolld.TeamData{Event: enrolld.EventNewSignIn, Link: enrolld.Link{Path: "/me/security"}},
		enrolld.TeamData{Event: enrolld.EventNoLogin, Lines: []enrolld.TeamLine{{Name: "1 email", Path: "/a/1/emails"}}})
	list, _, err := outbox.NewMessages(w.DB, outbox.Options{
		BaseURL: "http://localhost:8765", From: "team@shop.example", FromName: "Shop",
	}).Claim(t.Context(), 10, enrolld.RankMany, nil)
	w.Check(err)
	var got []string
	for _, m := range list {
		got = append(got, strings.Join([]string{string(m.Data.Team.Event), m.Data.Team.URL, m.FromName, m.FromAddress}, "|"))
		for _, l := range m.Data.Team.Lines {
			got = append(got, l.URL)
		}
	}
	want := []string{"new_sign_in|http://localhost:8765/me/security|Shop|team@shop.example", "no_login||Shop|team@shop.example", "http://localhost:8765/a/1/emails"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// TestTeamMailNeedsNoSite has the only site away: the member's mail waits, the
// team's goes out, whether it is about that account or about none.
func TestTeamMailNeedsNoSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Receive("sale", pt.Buy("1", "ann@example.org", "paint"))
	queueTeam(w, w.Account.ID, invitation(w, day))
	queueTeam(w, 0, enrolld.TeamData{Event: enrolld.EventPasswordChanged})
	w.Exec(`DROP TABLE wp_users`)
	list := claim(w)
	finish(w, list, enrolld.SendSent, 0)
	w.Want(`SELECT kind, account_id = 0, state, login_id FROM enrolld_messages WHERE kind = 'team' ORDER BY id`,
		"team|0|sent|3", "team|1|sent|3")
	w.Want(`SELECT recipient, state, attempts FROM enrolld_messages WHERE kind <> 'team'`, "ann@example.org|queued|1")
	if len(list) != 2 {
		t.Errorf("claimed %d messages, want the team's two", len(list))
	}
}

func TestTeamMailOfAnExpiredLinkIsNotSent(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	now := w.Clock.Now()
	secret, open := enrolld.Link{Path: "/reset/", Purpose: "reset 1"}, enrolld.Link{Path: "/settings/users"}
	at := func(d time.Duration) *time.Time { until := now.Add(d); return &until }
	tests := []struct {
		name string // also the subject
		data enrolld.TeamData
		want string
	}{
		{"a link past its end", enrolld.TeamData{Event: enrolld.EventPasswordReset, Link: secret, Until: at(-time.Second)}, "dead"},
		{"a link at its end", enrolld.TeamData{Event: enrolld.EventPasswordReset, Link: secret, Until: at(0)}, "dead"},
		{"a link before its end", enrolld.TeamData{Event: enrolld.EventPasswordReset, Link: secret, Until: at(time.Second)}, "sent"},
		{"a link without end", enrolld.TeamData{Event: enrolld.EventPasswordReset, Link: secret}, "sent"},
		{"an offer past its end", enrolld.TeamData{Event: enrolld.EventTransferOffered, Link: open, Until: at(0)}, "dead"},
		{"what expired", enrolld.TeamData{Event: enrolld.EventInvitationExpired, Link: open, Until: at(-day)}, "sent"},
		{"a rule that is in force", enrolld.TeamData{Event: enrolld.EventFactorPolicy, Link: open, Until: at(-day)}, "sent"},
	}
	var want []string
	for _, tt := range tests {
		tt.data.Subject = tt.name
		queueTeam(w, 0, tt.data)
		reason := map[string]string{"dead": "the link expired before the mail could be sent", "sent": "250 so"}[tt.want]
		want = append(want, tt.name+"|"+tt.want+"|"+reason)
	}
	finish(w, claim(w), enrolld.SendSent, 0)
	w.Want(`SELECT JSON_VALUE(data, '$.team.subject'), state, response FROM enrolld_messages ORDER BY id`, want...)
	if again := claim(w); len(again) != 0 {
		t.Errorf("claimed %d messages again", len(again))
	}
}

// TestTeamMailWithoutData dies with a reason and keeps nobody waiting.
func TestTeamMailWithoutData(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	box := startMailbox(t)
	queueTeam(w, 0, enrolld.TeamData{Event: enrolld.EventPasswordChanged})
	w.Exec(`UPDATE enrolld_messages SET data = '{}'`)
	queueTeam(w, 0, enrolld.TeamData{Event: enrolld.EventCodesMade})
	send(w, box)
	w.Want(`SELECT state, response LIKE 'cannot be prepared: %' FROM enrolld_messages ORDER BY id`, "dead|1", "sent|0")
}

// TestTeamMailArrives goes the whole way, through SMTP.
func TestTeamMailArrives(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	box := startMailbox(t)
	queueTeam(w, w.Account.ID, invitation(w, 7*day))
	send(w, box)
	list := box.Messages()
	if len(list) != 1 {
		t.Fatalf("%d messages arrived, want one: %q", len(list), w.Rows(`SELECT state, response FROM enrolld_messages`))
	}
	m := list[0]
	got := []string{m.From, strings.Join(m.To, " "), m.FromHeader, m.Subject}
	want := []string{
		"enrolld@admin.example", "bob@shop.example", "Enrolld <enrolld@admin.example>", "Maya Lind invited you to ‘Ink & Wash’",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mail (-want +got):\n%s", diff)
	}
	link := "https://admin.example/invitations/" + w.DB.Keys().Token("invitation 12 3")
	lines := strings.Split(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n")
	if !slices.Contains(lines, link) || !strings.Contains(m.HTML, `href="`+link+`"`) {
		t.Errorf("the mail does not carry the link:\n%s", m.Text)
	}
	w.Want(`SELECT state, attempts FROM enrolld_messages`, "sent|1")
}

func startMailbox(t *testing.T) *mailbox.Mailbox {
	t.Helper()
	box, err := mailbox.Start(t.Context(), mailbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

// send has the mail worker send what is due.
func send(w *pt.World, box *mailbox.Mailbox) {
	w.T.Helper()
	relay, err := mailer.ParseURL("smtp://" + box.SMTPAddr() + "?tls=none")
	w.Check(err)
	transport := mailer.NewTransport(relay)
	w.T.Cleanup(func() { _ = transport.Close() })
	_, err = mailer.NewWorker(outbox.NewMessages(w.DB, admin), transport, mailer.Options{
		Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Domain: "admin.example", Lease: outbox.MessageLease,
	}).Step(w.T.Context())
	w.Check(err)
}
