package mailer

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	texttemplate "text/template"

	"enrolld"
)

// Rendered is a message ready to read.
type Rendered struct {
	Subject string // one line, at most 200 runes
	HTML    string // a whole document
	Text    string // the same by itself, folded at 72 columns, lines end in \n
}

//go:embed templates/*.tmpl
var templateFiles embed.FS

// kinds are the kinds of messages.
var kinds = append(slices.Clone(enrolld.MemberKinds), enrolld.MessageTeam)

// readers are whom a message is for. Each has a template that fills the block
// "body" of the layout.
var readers = []string{toMember, toTeam}

const toMember, toTeam = "member", "team"

// readerOf says whom messages of a kind are for.
func readerOf(k enrolld.MessageKind) string {
	if k == enrolld.MessageTeam {
		return toTeam
	}
	return toMember
}

// The templates by reader, parsed once.
var (
	htmlTemplates = parseHTML()
	textTemplates = parseText()
)

func parseHTML() map[string]*htmltemplate.Template {
	all := make(map[string]*htmltemplate.Template)
	for _, k := range readers {
		all[k] = htmltemplate.Must(htmltemplate.ParseFS(templateFiles,
			"templates/layout.html.tmpl", "templates/"+k+".html.tmpl"))
	}
	return all
}

func parseText() map[string]*texttemplate.Template {
	all := make(map[string]*texttemplate.Template)
	for _, k := range readers {
		all[k] = texttemplate.Must(texttemplate.ParseFS(templateFiles,
			"templates/layout.txt.tmpl", "templates/"+k+".txt.tmpl"))
	}
	return all
}

// Render writes m in words: to a member in those of its wording, or ours in the
// wording's language; to the team in English. Dates are in UTC. It depends on
// nothing but m, so the same message always reads the same.
//
// Errors have code Invalid (no such kind, or data without which the message makes
// no sense: the site's address, the set-password link of a welcome, a course; for
// the team a known event, and its link where it is about one) or
// Internal (a defect in a template).
func Render(m *enrolld.Message) (Rendered, error) {
	v, err := newView(m)
	if err != nil {
		return Rendered{}, err
	}
	var html, text strings.Builder
	if err := htmlTemplates[readerOf(m.Kind)].ExecuteTemplate(&html, "layout", v); err != nil {
		return Rendered{}, fmt.Errorf("render %s as HTML: %w", m.Kind, err)
	}
	if err := textTemplates[readerOf(m.Kind)].ExecuteTemplate(&text, "layout", v); err != nil {
		return Rendered{}, fmt.Errorf("render %s as text: %w", m.Kind, err)
	}
	return Rendered{Subject: v.Subject, HTML: html.String(), Text: fold(text.String(), textWidth)}, nil
}
