package mailbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed web
var webFiles embed.FS

var pages = template.Must(template.ParseFS(webFiles, "web/*.html.tmpl"))

// The policies: our pages load only our own files; a message's HTML loads nothing
// from anywhere and runs no script, but its links open.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
		"frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	bodyPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox " +
		"allow-top-navigation-by-user-activation; " +
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'"
)

// listPage is the view of the list.
type listPage struct {
	Root     string // relative way to the mailbox's root
	SMTPAddr string
	Messages []Message // newest first, without bodies
	Newest   int64     // id of the newest message, 0: none
}

// messagePage is the view of one message.
type messagePage struct {
	Root string
	Message
}

func (m *Mailbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.list)
	mux.HandleFunc("GET /messages.json", m.listJSON)
	mux.HandleFunc("GET /messages/{id}", m.show)
	mux.HandleFunc("GET /messages/{id}/html", m.showHTML)
	mux.HandleFunc("GET /messages/{id}/raw", m.showRaw)
	for _, name := range []string{"mailbox.css", "mailbox.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, webFiles, "web/"+name)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// summaries returns the messages for a list, newest first.
func (m *Mailbox) summaries() []Message {
	all := m.Messages()
	slices.Reverse(all)
	for i := range all {
		all[i] = all[i].summary()
	}
	return all
}

// list serves GET /.
func (m *Mailbox) list(w http.ResponseWriter, _ *http.Request) {
	p := listPage{Root: "./", SMTPAddr: m.SMTPAddr(), Messages: m.summaries()}
	if len(p.Messages) > 0 {
		p.Newest = p.Messages[0].ID
	}
	render(w, "list", p)
}

// listJSON serves GET /messages.json.
func (m *Mailbox) listJSON(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Messages []Message `json:"messages"`
	}{m.summaries()})
}

// show serves GET /messages/{id} and /messages/{id}.json.
func (m *Mailbox) show(w http.ResponseWriter, r *http.Request) {
	id, asJSON := strings.CutSuffix(r.PathValue("id"), ".json")
	msg, ok := m.find(w, id)
	if !ok {
		return
	}
	w.Header().Add("Vary", "Accept")
	if asJSON || strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, msg)
		return
	}
	render(w, "message", messagePage{Root: "../", Message: msg})
}

// showHTML serves GET /messages/{id}/html, made for a frame.
func (m *Mailbox) showHTML(w http.ResponseWriter, r *http.Request) {
	msg, ok := m.find(w, r.PathValue("id"))
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", bodyPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(openLinksOutside(msg.HTML)))
}

// showRaw serves GET /messages/{id}/raw.
func (m *Mailbox) showRaw(w http.ResponseWriter, r *http.Request) {
	msg, ok := m.find(w, r.PathValue("id"))
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(msg.Raw))
}

// find returns the message, or answers 404.
func (m *Mailbox) find(w http.ResponseWriter, id string) (Message, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	msg, ok := m.Message(n)
	if err != nil || !ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		render(w, "missing", listPage{Root: "../"})
		return Message{}, false
	}
	return msg, true
}

var headTag = regexp.MustCompile(`(?i)<head[^>]*>`)

// openLinksOutside makes links open in a new tab, which browsers cut off from the
// opener by themselves: within the frame they would meet its sandbox.
func openLinksOutside(html string) string {
	const base = `<base target="_blank">`
	if at := headTag.FindStringIndex(html); at != nil {
		return html[:at[1]] + base + html[at[1]:]
	}
	return base + html
}

func render(w http.ResponseWriter, name string, page any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, name, page); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
