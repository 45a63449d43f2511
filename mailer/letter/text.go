package letter

import (
	"fmt"
	"strings"
)

// Text is the letter as plain text, its lines not folded.
func (l Letter) Text() string {
	var b strings.Builder
	writeBlocks(&b, l.Blocks, "")
	return strings.TrimSpace(b.String()) + "\n"
}

func writeBlocks(b *strings.Builder, blocks []Block, indent string) {
	for _, block := range blocks {
		switch block.Kind {
		case List:
			writeList(b, block, indent)
		case Courses:
			for _, c := range block.Courses {
				writeCourse(b, c, indent)
			}
		case Button:
			fmt.Fprintf(b, "%s%s:\n\n%s%s\n\n", indent, block.Button.Text, indent, block.Button.URL)
		default:
			for _, l := range block.Lines {
				b.WriteString(indent + strings.TrimSpace(l.Text()) + "\n")
			}
			b.WriteByte('\n')
		}
	}
}

func writeCourse(b *strings.Builder, c Course, indent string) {
	b.WriteString(indent + "- " + c.Title)
	if c.Until != "" {
		b.WriteString(" (" + c.Until + ")")
	}
	b.WriteByte('\n')
	if c.URL != "" {
		b.WriteString(indent + "  " + c.URL + "\n")
	}
	b.WriteByte('\n')
}

func writeList(b *strings.Builder, list Block, indent string) {
	for i, item := range list.Items {
		mark := "- "
		if list.First > 0 {
			mark = fmt.Sprintf("%d. ", list.First+i)
		}
		var inner strings.Builder
		writeBlocks(&inner, item, indent+strings.Repeat(" ", len(mark)))
		text := strings.TrimRight(inner.String(), "\n")
		b.WriteString(indent + mark + strings.TrimLeft(text, " ") + "\n")
	}
	if indent == "" {
		b.WriteByte('\n')
	}
}

// Text is the line as plain text: a link is its words with the address after them.
func (l Line) Text() string {
	var b strings.Builder
	for i, s := range l {
		b.WriteString(s.Text)
		if s.URL == "" || i+1 < len(l) && l[i+1].URL == s.URL {
			continue
		}
		if !sameAddress(l, i) {
			b.WriteString(" (" + strings.TrimPrefix(s.URL, "mailto:") + ")")
		}
	}
	return b.String()
}

// sameAddress says whether the link that ends at i shows its own address.
func sameAddress(l Line, i int) bool {
	words := ""
	for j := i; j >= 0 && l[j].URL == l[i].URL; j-- {
		words = l[j].Text + words
	}
	url := l[i].URL
	return words == url || "mailto:"+words == url || "http://"+words == url || "https://"+words == url
}

// Preheader is what lists of mails show beside the subject: the first paragraph
// that says more than a greeting.
func (l Letter) Preheader() string {
	const greeting, most = 30, 120
	for _, b := range l.Blocks {
		if b.Kind != Paragraph {
			continue
		}
		var words []string
		for _, line := range b.Lines {
			for _, s := range line {
				words = append(words, s.Text)
			}
			words = append(words, " ")
		}
		if text := strings.Join(strings.Fields(strings.Join(words, "")), " "); len([]rune(text)) > greeting {
			return Cut(text, most)
		}
	}
	return l.Subject
}
