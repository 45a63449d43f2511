package pagetest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"enrolld/handlers/page"
	"enrolld/handlers/page/pagetest"
)

type sample struct {
	page.Base
	Form *page.Form
	Rows []struct{ Name string }
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, content, want string }{
		{"sound", `{{range .Rows}}{{template "badge" (dict "kind" "good" "text" .Name)}}{{end}}`, ""},
		{"no such field", `{{range .Rows}}{{.Surname}}{{end}}`, "Surname"},
		{"no such parameter", `{{if .Flash}}{{template "field" (dict "form" .Form "name" "x" "label" "X" "hnit" "y")}}{{end}}`, `part "field" has no parameter "hnit"`},
		{"in a range's else", `{{range .Rows}}{{else}}{{template "back" (dict "url" "/")}}{{end}}`, `part "back" lacks "label"`},
		{"in a with", `{{with .Form}}{{template "submit" (dict)}}{{end}}`, `part "submit" lacks "verb"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"templates/x.tmpl": {Data: []byte(`{{define "content"}}` + tt.content + `{{end}}`)}}
			got := strings.Join(pagetest.Problems(page.New[sample](files, "x")), "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("problems %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestProblems_hidden(t *testing.T) {
	t.Parallel()
	type heading struct {
		page.Base
		Title string
	}
	files := fstest.MapFS{"templates/x.tmpl": {Data: []byte(`{{define "content"}}{{.Title}}{{end}}`)}}
	got := strings.Join(pagetest.Problems(page.New[heading](files, "x")), "\n")
	if want := "field Title hides the layout's"; got != want {
		t.Errorf("problems %q, want %q", got, want)
	}
}
