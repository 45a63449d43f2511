package mailer

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
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

// kinds are the kinds that have templates.
var kinds = []enrolld.MessageKind{enrolld.MessageWelcome, enrolld.MessageAccess, enrolld.MessageRefunded, enrolld.MessageTeam}

// The templates, parsed once: each kind fills the block "body" of the layout, and
// says "why" the reader gets it or has a "footer" of its own.
var (
	htmlTemplates = parseHTML()
	textTemplates = parseText()
)

func parseHTML() map[enrolld.MessageKind]*htmltemplate.Template {
	all := make(map[enrolld.MessageKind]*htmltemplate.Template)
	for _, k := range kinds {
		all[k] = htmltemplate.Must(htmltemplate.ParseFS(templateFiles,
			"templates/layout.html.tmpl", "templates/"+string(k)+".html.tmpl"))
	}
	return all
}

func parseText() map[enrolld.MessageKind]*texttemplate.Template {
	all := make(map[enrolld.MessageKind]*texttemplate.Template)
	for _, k := range kinds {
		all[k] = texttemplate.Must(texttemplate.ParseFS(templateFiles,
			"templates/layout.txt.tmpl", "templates/"+string(k)+".txt.tmpl"))
	}
	return all
}

// Render writes m in words, in English, with dates in UTC. It depends on nothing
// but m, so the same message always reads the same.
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
	if err := htmlTemplates[m.Kind].ExecuteTemplate(&html, "layout", v); err != nil {
		return Rendered{}, fmt.Errorf("render %s as HTML: %w", m.Kind, err)
	}
	if err := textTemplates[m.Kind].ExecuteTemplate(&text, "layout", v); err != nil {
		return Rendered{}, fmt.Errorf("render %s as text: %w", m.Kind, err)
	}
	return Rendered{Subject: v.Subject, HTML: html.String(), Text: fold(text.String(), textWidth)}, nil
}
