package wording

import (
	"bytes"
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/mailer"
	"enrolld/mailer/letter"
)

// previewPage is what stands in the frame: a page of its own, which holds the mail
// in a frame again.
type previewPage struct {
	Subject, HTML, Text string
	Problems            []letter.Problem
	Phone, Dark         bool
}

var previewTemplate = template.Must(template.ParseFS(files, "templates/preview.tmpl"))

// preview shows a text as it is saved.
func (s *Screens) preview(r *gate.Request) error {
	w, _, err := asked(r.URL.Query().Get)
	if err != nil {
		return err
	}
	saved, err := s.frame.DB.Wordings(r.Context(), r.Account.ID)
	if err != nil {
		return err
	}
	return s.showPreview(r, beginning(saved, w), r.URL.Query().Get)
}

// try shows a text as it is typed; nothing is kept of it.
func (s *Screens) try(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	w, err := typed(form)
	if err != nil {
		return err
	}
	return s.showPreview(r, w, form.Get)
}

func (s *Screens) showPreview(r *gate.Request, w enrolld.Wording, get func(string) string) error {
	p := previewPage{Problems: letter.Check(w), Phone: get("width") == "phone", Dark: get("scheme") == "dark"}
	if w.Body != "" && !tooLarge(p.Problems, w) {
		m := mailer.Sample(r.Account, w.Kind, cmp.Or(get("person"), mailer.SamplePeople[0].Key), r.Now())
		m.Wording = w
		mail, err := mailer.Render(m)
		if err != nil {
			return err
		}
		p.Subject, p.Text, p.HTML = mail.Subject, mail.Text, inScheme(mail.HTML, p.Dark)
	}
	var b bytes.Buffer
	if err := previewTemplate.ExecuteTemplate(&b, "preview", p); err != nil {
		return err
	}
	r.Framed()
	r.Writer.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.Writer.WriteHeader(http.StatusOK)
	_, err := b.WriteTo(r.Writer)
	return err
}

// tooLarge says whether a text is not worth the work of showing it.
func tooLarge(problems []letter.Problem, w enrolld.Wording) bool {
	return len(problems) > 0 && len(w.Body) > 4*enrolld.MaxWordingBody
}

// inScheme has the mail look as it does where people chose light or dark, whatever
// the one who edits it chose.
func inScheme(html string, dark bool) string {
	query, scheme := "not all", "light"
	if dark {
		query, scheme = "all", "dark"
	}
	html = strings.Replace(html, "@media (prefers-color-scheme: dark)", "@media "+query, 1)
	return strings.Replace(html, ":root { color-scheme: light dark;", ":root { color-scheme: "+scheme+";", 1)
}

// change is a line of a comparison.
type change struct {
	Text string
	Kind string // "same", "mine" or "ours"
}

// compare lays two texts side by side, line by line: the longest common
// subsequence stays.
func compare(mine, ours string) []change {
	a, b := strings.Split(mine, "\n"), strings.Split(ours, "\n")
	long := make([][]int, len(a)+1) // of the rests from i and j
	for i := range long {
		long[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if long[i][j] = max(long[i+1][j], long[i][j+1]); x == y {
				long[i][j] = long[i+1][j+1] + 1
			}
		}
	}
	var out []change
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, change{a[i], "same"})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && long[i+1][j] >= long[i][j+1]:
			out = append(out, change{a[i], "mine"})
			i++
		default:
			out = append(out, change{b[j], "ours"})
			j++
		}
	}
	return slices.DeleteFunc(out, func(c change) bool { return c.Text == "" })
}
