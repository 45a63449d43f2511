package customers

import (
	"net/http"
	"strings"
	"testing"

	"enrolld"
	"enrolld/store"
)

// TestMailTrouble: the page says why mail does not arrive, with a way to try again for
// who may see all of it, and what the customer ended, with none.
func TestMailTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.people["Ann"]
	id := w.Insert(`INSERT INTO enrolld_messages (account_id, customer_id, kind, cause, recipient, data, state, due_at, created_at, sent_at)
		VALUES (?,?,'welcome','a','ann@ink.example','{}','sent',?,?,?)`, w.Account.ID, ann, w.DB.Now(), w.DB.Now(), w.DB.Now())
	mark := w.DB.Keys().MessageMark(&enrolld.Message{ID: id, AccountID: w.Account.ID, Cause: "a"})
	_, err := w.DB.TakeReports(t.Context(), 0, false, []enrolld.MailReport{{
		Kind: enrolld.ReportBounced, MessageID: enrolld.MessageID(id, mark, "mail.example"), Text: "550 5.1.1 no such <user>",
	}})
	w.check(err)
	w.check(w.DB.Unsubscribe(t.Context(), store.Subscription{AccountID: w.Account.ID, CustomerID: ann, Kind: "expiring"}, enrolld.Actor{}, true))

	b := w.owner()
	want(t, "the page", b.Get(w.path("/%d", ann)), http.StatusOK, "Mail to this address bounces", "550 5.1.1 no such &lt;user&gt;",
		"Unsubscribed from", "reminders before access ends", "Came back", "Email came back", "Unsubscribed from reminders before access ends", w.path("/%d/mail", ann))
	narrow := w.person("narrow@example.com", enrolld.Scope{Products: []int64{w.products["Ink"]}}, enrolld.PermCustomersBrowse)
	if a := narrow.Get(w.path("/%d", ann)); a.Status != http.StatusOK || strings.Contains(a.Body, "bounces") || strings.Contains(a.Body, "Unsubscribed") {
		t.Errorf("who was given some products sees of mail: %d\n%s", a.Status, a.Body)
	}
	if a := narrow.Post(w.path("/%d/mail", ann), nil); a.Status != http.StatusForbidden {
		t.Errorf("and tries again: %d, want 403", a.Status)
	}
	want(t, "the question", b.Get(w.path("/%d/mail", ann)), http.StatusOK, "Try mail to ann@ink.example again?", "550 5.1.1 no such &lt;user&gt;")
	if a := b.Post(w.path("/%d/mail", ann), nil); a.Status != http.StatusSeeOther || a.Location != w.path("/%d", ann) {
		t.Errorf("trying again: %d to %s", a.Status, a.Location)
	}
	a := b.Get(w.path("/%d", ann))
	want(t, "the page then", a, http.StatusOK, "Mail to ann@ink.example is tried again.", "Mail is tried again, though it came back", "Unsubscribed from")
	if strings.Contains(a.Body, "address bounces") {
		t.Error("the page still says that mail bounces")
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} { // nothing to lift
		a := b.Get(w.path("/%d/mail", ann))
		if method == http.MethodPost {
			a = b.Post(w.path("/%d/mail", ann), nil)
		}
		if a.Status != http.StatusSeeOther {
			t.Errorf("%s with nothing to lift: %d", method, a.Status)
		}
	}
}
