package letter

import (
	"slices"
	"strings"

	"enrolld"
)

// Values are what is put in place of placeholders. They are clean: one line each,
// addresses of pages checked by WebURL.
type Values struct {
	Text    map[string]string // by field; missing or empty: there is none
	Courses []Course
}

// Letter is a text that is filled in.
type Letter struct {
	Subject string
	Blocks  []Block
}

// Fill puts values into a text. The wording is whole: see Standard for ours. What
// Check finds wrong is left out.
func Fill(w enrolld.Wording, v Values) Letter {
	about, _ := Of(w.Kind)
	f := &filler{about: about, values: v, button: w.Button, tongue: TongueOf(w.Lang)}
	blocks, _ := Parse(w.Body)
	return Letter{Subject: f.subject(w.Subject), Blocks: f.blocks(blocks)}
}

type filler struct {
	about  About
	values Values
	tongue Tongue
	button string // its label, until it is used: there is one button
}

func (f *filler) blocks(list []Block) []Block {
	var out []Block
	for _, b := range list {
		switch b.Kind {
		case List:
			if b.Items = f.items(b.Items); len(b.Items) > 0 {
				out = append(out, b)
			}
			continue
		case Paragraph:
			if special, ok := f.alone(b); ok {
				if special.Kind == Courses && len(special.Courses) == 0 {
					out = withoutHeading(out)
				} else {
					out = append(out, special)
				}
				continue
			}
		}
		if b.Lines = f.lines(b.Lines); len(b.Lines) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// withoutHeading takes the heading away of what turned out to be nothing.
func withoutHeading(list []Block) []Block {
	if n := len(list); n > 0 && (list[n-1].Kind == Title || list[n-1].Kind == Subtitle) {
		return list[:n-1]
	}
	return list
}

func (f *filler) items(items [][]Block) [][]Block {
	var out [][]Block
	for _, item := range items {
		if item = f.blocks(item); len(item) > 0 {
			out = append(out, item)
		}
	}
	return out
}

// alone makes a list of courses or the button of a placeholder that is all of its
// paragraph.
func (f *filler) alone(b Block) (Block, bool) {
	if len(b.Lines) != 1 || len(b.Lines[0]) != 1 || b.Lines[0][0].field == "" || b.Lines[0][0].urlField != "" {
		return Block{}, false
	}
	field, _ := f.about.field(b.Lines[0][0].field)
	switch {
	case field.form == titles:
		return Block{Kind: Courses, Courses: f.values.Courses}, true
	case field.form == page && f.button != "" && f.values.Text[field.Name] != "":
		label := f.button
		f.button = ""
		return Block{Kind: Button, Button: Span{Text: label, URL: f.values.Text[field.Name]}}, true
	}
	return Block{}, false
}

func (f *filler) lines(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		if filled, ok := f.line(l); ok {
			out = append(out, filled)
		}
	}
	return out
}

// line fills a line in; false: what it is about is not there.
func (f *filler) line(l Line) (Line, bool) {
	var out Line
	begins := false // a missing name was to begin the line
	for _, s := range l {
		if s.urlField != "" {
			field, _ := f.about.field(s.urlField)
			if s.URL = f.values.Text[field.Name]; s.URL == "" {
				return nil, false
			}
		}
		if s.field == "" {
			if begins {
				s.Text, begins = strings.TrimLeft(s.Text, pauses), false
			}
			out = append(out, clear(s))
			continue
		}
		field, known := f.about.field(s.field)
		s.Text, s.Foreign = f.text(field), true
		switch {
		case s.Text == "" && field.form == name:
			out, begins = withoutPause(out), len(out) == 0
			continue
		case s.Text == "" || !known:
			return nil, false
		case s.URL == "" && field.form == page:
			s.URL = s.Text
		case s.URL == "" && field.form == mail:
			s.URL = "mailto:" + s.Text
		}
		out = append(out, clear(s))
	}
	return out, slices.ContainsFunc(out, func(s Span) bool { return strings.TrimSpace(s.Text) != "" })
}

func clear(s Span) Span {
	s.field, s.urlField = "", ""
	return s
}

// pauses are what stands around a name.
const pauses = " ,:;"

// withoutPause takes away what led to a name that is missing: "Hello {name},"
// becomes "Hello,".
func withoutPause(l Line) Line {
	if n := len(l); n > 0 {
		l[n-1].Text = strings.TrimRight(l[n-1].Text, " ,")
	}
	return l
}

// text is a field's value within a line.
func (f *filler) text(field Field) string {
	if field.form != titles {
		return f.values.Text[field.Name]
	}
	var list []string
	for _, c := range f.values.Courses {
		list = append(list, c.Title)
	}
	return strings.Join(list, ", ")
}

// maxSubjectValue is how long a value may be within a subject, in runes: what
// comes after it is to be read, too.
const maxSubjectValue = 110

// subject fills in the subject, where courses are the first and a number.
func (f *filler) subject(s string) string {
	var b strings.Builder
	for _, part := range split(s) {
		if part.field == "" {
			b.WriteString(part.Text)
			continue
		}
		field, _ := f.about.field(part.field)
		value := f.values.Text[field.Name]
		if field.form == titles {
			value = f.tongue.titles(f.values.Courses)
		}
		if value == "" && field.form == name {
			before := strings.TrimRight(b.String(), " ,")
			b.Reset()
			b.WriteString(before)
			continue
		}
		b.WriteString(Cut(value, maxSubjectValue))
	}
	return strings.TrimLeft(strings.Join(strings.Fields(b.String()), " "), pauses)
}

// split takes a line without markup apart.
func split(s string) []Span {
	var out []Span
	for s != "" {
		at := strings.IndexByte(s, '{')
		if at < 0 {
			return append(out, Span{Text: s})
		}
		m := inBraces.FindStringSubmatch(s[at:])
		if m == nil {
			out, s = append(out, Span{Text: s[:at+1]}), s[at+1:]
			continue
		}
		out = append(out, Span{Text: s[:at]}, Span{field: m[1]})
		s = s[at+len(m[0]):]
	}
	return out
}
