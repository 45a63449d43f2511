package team_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// digestDay is the end of what the first digest of these tests tells of.
var digestDay = time.Date(2040, 3, 5, 5, 55, 0, 0, time.UTC)

// fails has a delivery end at a moment.
func (h *house) fails(accountID int64, state, note string, at time.Time) {
	h.t.Helper()
	h.exec(`INSERT INTO enrolld_deliveries (account_id, integration_id, delivery_key, event, state, received_at, headers, body, due_at, finished_at, note)
		SELECT ?, 1, UNHEX(SHA2(COUNT(*), 256)), 'sale', ?, ?, '', 'x', ?, ?, ? FROM enrolld_deliveries`, accountID, state, at, at, at, note)
}

// failsElse has an email, an import and a bulk action end, and one of each that a
// person ended or that goes on.
func (h *house) failsElse(accountID int64, at time.Time) {
	h.t.Helper()
	for i, state := range []string{"dead", "sent"} {
		h.exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at)
			VALUES (?, 5, 'access', ?, 'buyer@shop.example', '{}', ?, ?, ?)`, accountID, fmt.Sprintf("mail %d", i), state, at, at)
	}
	for _, stopped := range []any{at, nil} {
		h.exec(`INSERT INTO enrolld_imports (account_id, file_name, state, plan, courses, preview, counts, undo_counts, actor, created_at, stopped_at)
			VALUES (?, 'members.csv', 'paused', '', '', '', '', '', 'Ann', ?, ?)`, accountID, at, stopped)
	}
	for _, note := range []string{"It stopped.", ""} {
		h.exec(`INSERT INTO enrolld_bulks (account_id, state, terms, chosen, picks, counts, actor, note, created_at, finished_at)
			VALUES (?, 'cancelled', '', TRUE, '', '', 'Ann', ?, ?, ?)`, accountID, note, at, at)
	}
}

func (h *house) takes(l enrolld.Login, topic enrolld.Topic) {
	h.t.Helper()
	h.exec(`INSERT INTO enrolld_member_topics (member_id, topic) VALUES (?, ?) ON DUPLICATE KEY UPDATE topic = topic`, h.member(h.account.ID, l), string(topic))
}

// digests sweeps and returns what was queued: to whom, the total, the lines.
func (h *house) digests() []string {
	h.t.Helper()
	_, err := h.team.Digests(h.t.Context())
	h.check(err)
	return h.toldFailures()
}

func (h *house) toldFailures() []string {
	h.t.Helper()
	var out []string
	for _, m := range h.mail() {
		d := m.Data.Team
		if d == nil || d.Event != enrolld.EventFailures {
			continue
		}
		out = append(out, m.To+" of "+d.Account+": "+d.Detail)
		for _, l := range d.Lines {
			out = append(out, fmt.Sprintf("  %s %s (%s)", l.Name, l.Text, strings.NewReplacer(
				fmt.Sprintf("/a/%d/", h.account.ID), "/a/own/", fmt.Sprintf("/a/%d/", h.other.ID), "/a/other/").Replace(l.Path+"/")))
		}
	}
	h.exec(`DELETE FROM enrolld_messages WHERE kind = 'team'`)
	return out
}

func (h *house) wantDigests(what string, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.digests()); diff != "" {
		h.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// newDigestHouse is a house in which the owners alone take the mail.
func newDigestHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.exec(`DELETE t FROM enrolld_member_topics t JOIN enrolld_members m ON m.id = t.member_id WHERE m.owner_of IS NULL`)
	return h
}

func TestDigests(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	h.clock.Set(digestDay.Add(5*time.Minute - time.Second))
	h.fails(h.account.ID, "dead", "given up after 9 attempts: buyer@shop.example is away", digestDay.Add(-time.Second))
	h.wantDigests("a day ago nothing had failed")
	h.clock.Set(digestDay.Add(5 * time.Minute))
	day := []string{"Ann@example.org of Ink & Wash: 1 delivery", "  1 delivery could not be processed: every attempt failed (/a/own/)"}
	h.wantDigests("the first sweep after six", day...)
	h.fails(h.account.ID, "dead", "late", digestDay)
	h.clock.Advance(time.Minute)
	h.wantDigests("again on the same day")

	at := digestDay.Add(2 * time.Hour)
	for range 2 {
		h.fails(h.account.ID, "parked", "product stripe:p1 'Ink' is not mapped to a course", at)
	}
	h.fails(h.account.ID, "done", "", at)
	h.fails(h.other.ID, "parked", "two buyers: eve@shop.example", at)
	h.failsElse(h.account.ID, at)
	h.takes(h.uma, enrolld.TopicFailures)
	h.takes(h.dan, enrolld.TopicFailures)
	h.clock.Advance(24 * time.Hour)
	deliveries := "  3 deliveries could not be processed; most often: a product has no rule yet (/a/own/products?state=waiting/)"
	h.wantDigests(
		"each of what they may know",
		"Ann@example.org of Ink & Wash: 3 deliveries, 1 email, 1 import, 1 bulk action",
		deliveries,
		"  1 email to members could not be sent and will not be tried again (/a/own/emails?state=dead/)",
		"  1 import could not go on (/a/own/imports/)",
		"  1 bulk action stopped before the end (/a/own/customers/bulk/)",
		"uma@example.org of Ink & Wash: 3 deliveries", deliveries,
		"eve@example.org of Rivals: 1 delivery", "  1 delivery could not be processed: a person has to decide (/a/other/)",
	)
	h.clock.Advance(24 * time.Hour)
	h.wantDigests("nothing new")
}

// TestDigests_decided: mail that was not sent since the team shut the customer out
// has not failed.
func TestDigests_decided(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	at := digestDay.Add(-time.Hour)
	for i := range 2 {
		h.exec(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at)
			VALUES (?, ?, 'access', ?, 'buyer@shop.example', '{}', 'queued', ?, ?)`, h.account.ID, 5+i, fmt.Sprintf("mail %d", i), at, at)
	}
	h.check(h.db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.DropMessages(t.Context(), h.account.ID, 5, "not sent: the customer was blocked")
	}))
	h.clock.Set(digestDay.Add(time.Hour))
	h.wantDigests("dropped")
	var waits int
	h.check(h.db.Conn().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM enrolld_messages WHERE customer_id IN (5, 6) AND state = 'queued'`).Scan(&waits))
	if waits != 1 {
		t.Errorf("%d messages wait, want the one to somebody else", waits)
	}
}

// TestDigests_scope: sub-accounts are told of with their client account, to who
// enters them; who was given some products hears of nothing.
func TestDigests_scope(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	h.check(h.db.SetCompanion(t.Context(), h.account.ID, "companion key"))
	brand, err := h.team.AddSubAccount(t.Context(), by(h.ann), h.account.ID, "Brand")
	h.check(err)
	h.takes(h.uma, enrolld.TopicFailures)
	h.takes(h.bob, enrolld.TopicFailures)
	h.exec(`UPDATE enrolld_members SET all_products = FALSE WHERE id = ?`, h.member(h.account.ID, h.bob))
	h.exec(`UPDATE enrolld_members SET all_accounts = FALSE WHERE id = ?`, h.member(h.account.ID, h.uma))
	h.exec(`INSERT INTO enrolld_member_accounts (member_id, account_id) VALUES (?, ?)`, h.member(h.account.ID, h.uma), brand)
	h.forget()
	at := digestDay.Add(-time.Hour)
	h.fails(h.account.ID, "dead", "x", at)
	h.fails(brand, "parked", "no WordPress user: buyer@shop.example is an editor", at)
	h.clock.Set(digestDay.Add(time.Hour))
	sub := fmt.Sprintf("  1 delivery in Brand could not be processed: no WordPress user could be made for the buyer (/a/%d/)", brand)
	h.wantDigests("the family",
		"Ann@example.org of Ink & Wash: 2 deliveries", "  1 delivery could not be processed: what was sent cannot be processed (/a/own/)", sub,
		"uma@example.org of Ink & Wash: 1 delivery", sub)
}

// TestDigests_silence: a source that falls silent is told of once, until it has sent
// something again; one that was switched off, or whose account is paused, is not.
func TestDigests_silence(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	last := digestDay.Add(-20 * time.Hour).Truncate(time.Hour)
	source := func(account int64, name string) int64 {
		i, err := h.db.AddIntegration(t.Context(), store.Integration{AccountID: account, Platform: "stripe", Name: name, Token: store.NewToken()})
		h.check(err)
		return i.ID
	}
	hears := func(id int64, until time.Time) {
		var list []store.Arrival
		for at := until.AddDate(0, 0, -20); !at.After(until); at = at.Add(4 * time.Hour) {
			list = append(list, store.Arrival{IntegrationID: id, Hour: at})
		}
		h.check(h.db.NoteArrivals(t.Context(), list))
	}
	main, second, off := source(h.account.ID, "Main"), source(h.account.ID, ""), source(h.account.ID, "Off")
	for _, id := range []int64{main, second, off, source(h.other.ID, "Theirs")} {
		hears(id, last)
	}
	h.exec(`UPDATE enrolld_integrations SET disabled_at = NOW() WHERE id = ?`, off)
	h.exec(`UPDATE enrolld_accounts SET paused_at = NOW() WHERE id = ?`, h.other.ID)
	h.clock.Set(digestDay.Add(time.Hour))
	h.wantDigests("silent since eight hours after", "Ann@example.org of Ink & Wash: 2 sources",
		"  2 sources sent nothing for longer than usual: Main, stripe (/a/own/)")
	h.clock.Advance(24 * time.Hour)
	h.wantDigests("still silent")
	hears(main, h.clock.Now().Add(-2*time.Hour))
	h.clock.Advance(24 * time.Hour)
	h.wantDigests("once more", "Ann@example.org of Ink & Wash: 1 source", "  1 source sent nothing for longer than usual: Main (/a/own/)")
	hears(second, h.clock.Now().Add(-2*time.Hour))
	h.clock.Advance(20 * time.Hour)
	hears(second, h.clock.Now())
	h.clock.Advance(4 * time.Hour)
	h.wantDigests("silent until the night")
}

func TestDigests_off(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	h.check(h.team.SetTopics(t.Context(), by(h.ann), h.account.ID, h.ann.ID, []enrolld.Topic{enrolld.TopicTeam}))
	h.fails(h.account.ID, "dead", "x", digestDay.Add(-time.Hour))
	h.clock.Set(digestDay.Add(time.Hour))
	h.wantDigests("the topic is off")
}

// TestDigests_replicas sweeps in several places at once.
func TestDigests_replicas(t *testing.T) {
	t.Parallel()
	h := newDigestHouse(t)
	h.fails(h.account.ID, "dead", "x", digestDay.Add(-time.Hour))
	h.clock.Set(digestDay.Add(time.Hour))
	errs := make([]error, 4)
	var sweeps sync.WaitGroup
	for i := range errs {
		sweeps.Go(func() { _, errs[i] = team.New(h.db).Digests(t.Context()) })
	}
	sweeps.Wait()
	for _, err := range errs {
		h.check(err)
	}
	want := []string{"Ann@example.org of Ink & Wash: 1 delivery", "  1 delivery could not be processed: what was sent cannot be processed (/a/own/)"}
	if diff := cmp.Diff(want, h.toldFailures()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
