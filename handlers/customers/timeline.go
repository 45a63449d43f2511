package customers

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/handlers/page"
	"enrolld/mailer/letter"
	"enrolld/store"
)

// mostEntries bounds a timeline.
const mostEntries = 200

// timeline is everything that happened to a customer, the newest first.
func (s *Screens) timeline(h history) []page.Entry {
	out := []page.Entry{{At: h.customer.CreatedAt, Icon: "customers", Title: "Became a customer"}}
	for _, o := range h.orders {
		out = append(out, s.orderEntries(o)...)
	}
	for _, m := range h.messages {
		out = append(out, messageEntry(m))
		if m.ReturnedAt != nil {
			out = append(out, returnedEntry(m))
		}
	}
	for _, e := range h.events {
		entry := eventEntry(h.site, e)
		if e.CustomerID != h.customer.ID {
			entry.Title += ", of a customer who was merged into this one"
		}
		out = append(out, entry)
	}
	slices.SortStableFunc(out, func(a, b page.Entry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Title, b.Title)) })
	return out[:min(len(out), mostEntries)]
}

// orderEntries tell what a checkout tool said of an order.
func (s *Screens) orderEntries(o store.Order) []page.Entry {
	e := entries{who: s.platform(o.Platform), cause: orderWords(o)}
	var names []string
	for _, key := range o.Record.LineKeys() {
		names = append(names, productName(o.Record.Lines[key].Product.Value))
	}
	e.add(soldAt(o), page.Muted, "orders", "Ordered "+strings.Join(names, ", "), enrolld.Money{})
	for _, p := range o.Record.Payments {
		e.add(p.At, page.Good, "", "Paid", p.Value.Amount)
	}
	for _, f := range o.Record.Failures {
		e.add(f.At, page.Warning, "", "A payment failed", enrolld.Money{})
	}
	for _, r := range o.Record.Refunds {
		e.add(r.At, page.Bad, "undo", "Refunded", r.Value.Amount)
	}
	for _, d := range o.Record.Disputes {
		e.add(d.At, page.Bad, "", disputeWords[d.Value.State], enrolld.Money{})
	}
	for _, sub := range o.Record.Subscriptions {
		e.add(sub.At, page.Muted, "refresh", subscriptionWords[sub.Value.State], enrolld.Money{})
	}
	return e.list
}

// entries collects what is about one order.
type entries struct {
	who, cause string
	list       []page.Entry
}

func (e *entries) add(at time.Time, kind page.Kind, icon, title string, money enrolld.Money) {
	if title == "" || at.IsZero() {
		return
	}
	if money.Currency != "" {
		title += " " + money.String()
	}
	e.list = append(e.list, page.Entry{At: at, Kind: kind, Icon: icon, Title: title, Who: e.who, Cause: e.cause})
}

var disputeWords = map[enrolld.DisputeState]string{
	enrolld.DisputeOpen: "A payment is disputed", enrolld.DisputeWon: "The dispute was won", enrolld.DisputeLost: "The dispute was lost",
}

var subscriptionWords = map[enrolld.SubscriptionState]string{
	enrolld.SubscriptionPastDue: "The subscription is past due", enrolld.SubscriptionTrialing: "A trial runs",
	enrolld.SubscriptionActive: "The subscription is active", enrolld.SubscriptionPaused: "The subscription is paused",
	enrolld.SubscriptionCancelling: "The subscription was cancelled and runs to the end of what is paid",
	enrolld.SubscriptionCancelled:  "The subscription was cancelled", enrolld.SubscriptionCompleted: "Every instalment is paid",
	enrolld.SubscriptionEnded: "The subscription ended",
}

func messageEntry(m store.MessageRecord) page.Entry {
	e := page.Entry{At: m.CreatedAt, Icon: "emails", Title: "Email queued: " + letter.TitleOf(m.Kind), Unsettled: true}
	switch {
	case m.SentAt != nil:
		e = page.Entry{At: *m.SentAt, Icon: "emails", Title: "Email sent: " + letter.TitleOf(m.Kind), Text: m.Response}
	case m.State == string(enrolld.SendDead):
		e.Kind, e.Title, e.Text, e.Unsettled = page.Bad, "Email given up: "+letter.TitleOf(m.Kind), m.Response, false
	case m.State == string(enrolld.SendSuppressed):
		e.Kind, e.Title, e.Text, e.Unsettled = page.Warning, "Email not sent: "+letter.TitleOf(m.Kind), m.Response, false
	}
	return e
}

// returnedEntry tells what came back about an email.
func returnedEntry(m store.MessageRecord) page.Entry {
	e := page.Entry{At: *m.ReturnedAt, Icon: "emails", Kind: page.Bad, Title: "Email came back: " + letter.TitleOf(m.Kind), Text: m.ReturnedText}
	if m.State == string(enrolld.SendComplained) {
		e.Kind, e.Title = page.Warning, "Email called spam: "+letter.TitleOf(m.Kind)
	}
	return e
}

// eventWords say what the audit log tells of a customer. Their icons are of the
// same kind of thing everywhere.
var eventWords = map[string]struct {
	title string
	kind  page.Kind
}{
	"access.granted":   {"Access was opened to", page.Good},
	"access.revoked":   {"Access was closed to", page.Warning},
	"access.changed":   {"The end of access was changed for", page.Muted},
	"access.restored":  {"Access that should have been open was opened to", page.Good},
	"access.removed":   {"Access without a reason was closed to", page.Warning},
	"ground.given":     {"One more reason for access was given:", page.Muted},
	"ground.withdrawn": {"One reason for access was taken back:", page.Muted},

	store.AuditEntryAsked:      {"Asked to log in as this customer", page.Muted},
	store.AuditEntryTaken:      {"Logged in on the site as this customer", page.Warning},
	store.AuditEntryRefused:    {"Was not let onto the site as this customer", page.Bad},
	store.AuditEntryEnded:      {"Stopped being logged in as this customer", page.Muted},
	"customer.mail_resumed":    {"Mail is tried again, though it came back", page.Muted},
	"customer.unsubscribed":    {"Unsubscribed from", page.Warning},
	"customer.resubscribed":    {"Subscribed again to", page.Good},
	"customer.changed":         {"The profile was changed", page.Muted},
	"customer.address_added":   {"A further address was added", page.Muted},
	"customer.address_removed": {"A further address was removed", page.Muted},
	"customer.merged":          {"Another customer was merged into this one", page.Muted},
	"customer.unmerged":        {"A merge was undone", page.Muted},
	"customer.link_sent":       {"A link to set a password was sent", page.Muted},
	"message.resent":           {"An email was sent again", page.Muted},

	"customer.blocked":    {"Blocked", page.Bad},
	"customer.unblocked":  {"Unblocked", page.Good},
	"customer.removed":    {"Removed from the academy", page.Bad},
	"customer.taken_back": {"Taken back", page.Good},
	"customer.exported":   {"A copy of what is held of them was downloaded", page.Muted},
	"customer.erased":     {"Erased", page.Bad},
}

// programs are those that act by themselves.
var programs = map[string]string{
	"delivery": "A delivery", "clock": "The clock", "command": "The command line", "reconcile": "The check of what is stored",
	"customer": "The customer",
}

// iconOf is the icon of what an entry is about.
func iconOf(action string) string {
	switch action {
	case "customer.mail_resumed", "customer.unsubscribed", "customer.resubscribed", "customer.link_sent", "message.resent":
		return "emails"
	}
	if strings.HasPrefix(action, "customer.") {
		return "customers"
	}
	return "key"
}

func eventEntry(at site, e store.CustomerEvent) page.Entry {
	var detail struct {
		Course string           `json:"course"`
		Until  *time.Time       `json:"until"`
		Reason string           `json:"reason"`
		How    enrolld.EntryEnd `json:"how"`
		Mail   string           `json:"mail"` // what of it was ended or begun again
	}
	_ = json.Unmarshal(e.Detail, &detail) // what it does not tell is left out
	title := detail.Course
	if ref, err := enrolld.ParseCourseRef(detail.Course); err == nil {
		title = at.Title(ref)
	}
	title = cmp.Or(title, detail.Mail)
	out := page.Entry{At: e.At, Icon: iconOf(e.Action), Title: e.Action, Who: e.Actor, Text: cmp.Or(endWords[detail.How], detail.Reason)}
	if w, ok := eventWords[e.Action]; ok {
		out.Title, out.Kind = w.title, w.kind
	}
	if title != "" {
		out.Title += " " + title + endOf(e.Action, detail.Until)
	}
	if name, ok := programs[e.Actor]; ok && e.LoginID == 0 {
		out.Who = name
	}
	out.Text = cmp.Or(out.Text, whatChanged(e))
	return out
}
