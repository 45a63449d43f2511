package letter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"enrolld"
)

// Problem is something that keeps a text from being saved.
type Problem struct {
	Part string // "subject", "body", "button", "name" or "lang"
	Text string // for people: what to do
}

// Check says what is wrong with a text; nothing when it can be sent.
func Check(w enrolld.Wording) []Problem {
	about, ok := Of(w.Kind)
	if !ok {
		return []Problem{{"body", "There are no emails of this kind."}}
	}
	c := checking{about: about}
	c.line("name", "The name", w.Name, enrolld.MaxWordingName)
	if !enrolld.ValidLanguage(w.Lang) {
		c.wrong("lang", "Choose a language of the list.")
	}
	if strings.TrimSpace(w.Subject) == "" {
		c.wrong("subject", "Enter a subject.")
	}
	c.line("subject", "The subject", w.Subject, enrolld.MaxWordingSubject)
	c.line("button", "The button", w.Button, enrolld.MaxWordingButton)
	if strings.ContainsAny(w.Button, "{}") {
		c.wrong("button", "The button has words only, no placeholder.")
	}
	c.subject(w.Subject)
	c.body(w)
	return c.problems
}

type checking struct {
	about    About
	problems []Problem
	used     []string // fields of the body
}

func (c *checking) wrong(part, text string) {
	if !slices.Contains(c.problems, Problem{part, text}) {
		c.problems = append(c.problems, Problem{part, text})
	}
}

// line checks what stands on one line.
func (c *checking) line(part, what, s string, most int) {
	switch {
	case utf8.RuneCountInString(s) > most:
		c.wrong(part, fmt.Sprintf("%s has at most %d characters.", what, most))
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		c.wrong(part, what+" is one line, without control characters.")
	}
}

func (c *checking) subject(s string) {
	for _, part := range split(s) {
		if part.field == "" {
			if strings.ContainsAny(part.Text, "{}") {
				c.wrong("subject", loneBrace)
			}
			continue
		}
		if field := c.field("subject", part.field); field.form == page {
			c.wrong("subject", "The subject cannot hold an address: take {"+field.Name+"} out.")
		}
	}
}

func (c *checking) body(w enrolld.Wording) {
	switch {
	case strings.TrimSpace(w.Body) == "":
		c.wrong("body", "Write what the email says.")
		return
	case utf8.RuneCountInString(w.Body) > enrolld.MaxWordingBody:
		c.wrong("body", fmt.Sprintf("The text has at most %d characters.", enrolld.MaxWordingBody))
		return
	case !utf8.ValidString(w.Body) || strings.ContainsFunc(w.Body, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }):
		c.wrong("body", "The text holds control characters: paste it as plain text.")
		return
	}
	blocks, problems := Parse(w.Body)
	for _, p := range problems {
		c.wrong("body", p)
	}
	c.blocks(blocks)
	for _, name := range c.about.Needs {
		if !slices.Contains(c.used, name) {
			c.wrong("body", "The text needs {"+name+"}: without it this email is of no use.")
		}
	}
}

func (c *checking) blocks(blocks []Block) {
	for _, b := range blocks {
		for _, item := range b.Items {
			c.blocks(item)
		}
		for _, l := range b.Lines {
			for _, s := range l {
				c.span(s)
			}
		}
	}
}

func (c *checking) span(s Span) {
	if s.field != "" {
		c.used = append(c.used, c.field("body", s.field).Name)
	}
	if s.urlField == "" {
		return
	}
	field := c.field("body", s.urlField)
	c.used = append(c.used, field.Name)
	if field.Name != "" && field.form != page {
		c.wrong("body", "A link cannot lead to {"+field.Name+"}: it is no address of a page.")
	}
}

// field finds what a placeholder stands for, or says that there is none.
func (c *checking) field(part, typed string) Field {
	field, ok := c.about.field(typed)
	if ok {
		return field
	}
	problem := fmt.Sprintf("There is no placeholder {%s} in this email.", strings.TrimSpace(typed))
	if near := c.about.near(typed); near != "" {
		problem += " Did you mean {" + near + "}?"
	}
	c.wrong(part, problem)
	return Field{}
}
