package emails

import (
	"embed"
	"fmt"
	"net/http"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct{ frame *gate.Frame }

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f} }

const below = "/emails"

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	route := func(name, method, path string, handle func(*gate.Request) error) gate.Route {
		return gate.Route{
			Name: name, Method: method, Path: "/a/{account}" + path, Access: gate.Member, Permission: enrolld.PermEmails, EveryProduct: true,
			Handle: browsing(handle),
		}
	}
	const one = "/customers/{customer:[0-9]+}/emails/{message:[0-9]+}"
	return []gate.Route{
		route("mails", http.MethodGet, below, s.list),
		route("mail", http.MethodGet, one, s.show),
		route("mail-again-ask", http.MethodGet, one+"/again", s.askAgain),
		route("mail-again", http.MethodPost, one+"/again", s.again),
	}
}

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{{
	Title: "Emails", Icon: "emails", Path: below, Needs: enrolld.PermEmails, Also: enrolld.PermCustomersBrowse, EveryProduct: true,
}}

// browsing lets in who may browse the customers, too: without it nobody who was not
// searched for is shown, in no list.
func browsing(handle func(*gate.Request) error) func(*gate.Request) error {
	return func(r *gate.Request) error {
		if !r.May(enrolld.PermCustomersBrowse) {
			info, _ := enrolld.PermCustomersBrowse.Info()
			return enrolld.Errorf(enrolld.Forbidden, "emails name customers, and you do not have the permission '%s'", info.Title)
		}
		return handle(r)
	}
}

// stateWords say how an email stands.
var stateWords = map[string]page.Fact{
	string(enrolld.SendRetry):      {Text: "Waits", Kind: page.Muted},
	string(enrolld.SendSent):       {Text: "Sent", Kind: page.Good},
	string(enrolld.SendDead):       {Text: "Given up", Kind: page.Bad},
	string(enrolld.SendSuppressed): {Text: "Not sent", Kind: page.Warning},
	string(enrolld.SendBounced):    {Text: "Came back", Kind: page.Bad},
	string(enrolld.SendComplained): {Text: "Called spam", Kind: page.Warning},
}

// stateOf says how an email stands; a state that we have no words for is called by
// its own.
func stateOf(m store.MailRecord) page.Fact {
	switch w, ok := stateWords[m.State]; {
	case m.Sending:
		return page.Fact{Text: "Being sent", Kind: page.Muted}
	case m.State == string(enrolld.SendRetry) && m.Attempts > 0:
		return page.Fact{Text: "Waits to be tried again", Kind: page.Warning}
	case ok:
		return w
	}
	return page.Fact{Text: sentence(m.State), Kind: page.Muted}
}

func sentence(word string) string {
	word = strings.ReplaceAll(word, "_", " ")
	if word == "" {
		return word
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

func pathOf(r *gate.Request, customer, message int64) string {
	return r.Path(fmt.Sprintf("/customers/%d/emails/%d", customer, message))
}
