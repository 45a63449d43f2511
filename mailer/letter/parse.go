package letter

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"enrolld"
)

// Block is a part of a text.
type Block struct {
	Kind    BlockKind
	Lines   []Line    // of a paragraph or a heading
	Items   [][]Block // of a list
	First   int       // number of a list's first item; 0: bullets
	Courses []Course  // of a list of courses, once it is filled in
	Button  Span      // its text and address, once it is filled in
}

// BlockKind says what a block is.
type BlockKind string

// The kinds of blocks.
const (
	Paragraph BlockKind = "paragraph"
	Title     BlockKind = "title"
	Subtitle  BlockKind = "subtitle"
	List      BlockKind = "list"
	Courses   BlockKind = "courses"
	Button    BlockKind = "button"
)

// Line is a line of a paragraph as it was typed.
type Line []Span

// Span is a run of text in one style.
type Span struct {
	Text    string
	URL     string // http, https or mailto; empty: no link
	Strong  bool
	Em      bool
	Foreign bool // a value: it may be written in another direction

	field    string // the placeholder that stands here, as it was typed
	urlField string // the placeholder that is the address
}

// Course is a line in a list of courses.
type Course struct {
	Title string
	URL   string
	Until string // in words; empty: no end
}

// reader knows the few constructs that a text may have, and placeholders.
var reader = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(placeholders{}, 50),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewEmphasisParser(), 500),
		util.Prioritized(extension.NewLinkifyParser(
			extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"}),
		), 999),
	),
)

// placeholders reads "{first_name}".
type placeholders struct{}

// Trigger is part of goldmark's interface.
func (placeholders) Trigger() []byte { return []byte{'{'} }

var inBraces = regexp.MustCompile(`^\{([^{}\\\n]{1,60})\}`)

// Parse is part of goldmark's interface.
func (placeholders) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	m := inBraces.FindSubmatch(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m[0]))
	return &placeholder{typed: string(m[1])}
}

type placeholder struct {
	ast.BaseInline
	typed string
}

var placeholderKind = ast.NewNodeKind("Placeholder")

// Kind is part of goldmark's interface.
func (*placeholder) Kind() ast.NodeKind { return placeholderKind }

// Dump is part of goldmark's interface.
func (n *placeholder) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// maxDepth is how deep lists may be nested.
const maxDepth = 4

// Parse reads a text. problems says, for people, what cannot be sent as it stands.
func Parse(body string) (blocks []Block, problems []string) {
	source := []byte(strings.ReplaceAll(strings.ToValidUTF8(body, "\uFFFD"), "\r\n", "\n"))
	r := reading{source: source}
	blocks = r.blocks(reader.Parse(text.NewReader(source)), 0)
	return blocks, r.problems
}

// reading makes blocks of goldmark's tree.
type reading struct {
	source   []byte
	problems []string
}

func (r *reading) wrong(problem string) { r.problems = append(r.problems, problem) }

func (r *reading) blocks(parent ast.Node, depth int) []Block {
	if depth > maxDepth {
		r.wrong("A list within a list within a list is too deep for an email.")
		return nil
	}
	var out []Block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			kind := Subtitle
			if n.Level == 1 {
				kind = Title
			}
			out = append(out, Block{Kind: kind, Lines: r.lines(n)})
		case *ast.List:
			b := Block{Kind: List}
			if n.IsOrdered() {
				b.First = max(n.Start, 1)
			}
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				b.Items = append(b.Items, r.blocks(item, depth+1))
			}
			out = append(out, b)
		default: // ast.Paragraph, ast.TextBlock
			out = append(out, apart(r.lines(n))...)
		}
	}
	return out
}

// apart cuts a paragraph where a line holds nothing but a placeholder: such a line
// may become a list of courses or a button.
func apart(lines []Line) []Block {
	var out []Block
	joins := false
	for _, l := range lines {
		if len(l) == 1 && l[0].field != "" {
			out, joins = append(out, Block{Kind: Paragraph, Lines: []Line{l}}), false
			continue
		}
		if !joins {
			out, joins = append(out, Block{Kind: Paragraph}), true
		}
		last := &out[len(out)-1]
		last.Lines = append(last.Lines, l)
	}
	return out
}

func (r *reading) lines(n ast.Node) []Line {
	lines := []Line{nil}
	r.spans(n, Span{}, &lines)
	var out []Line
	for _, l := range lines {
		if len(l) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// spans appends what a node holds, in a style.
func (r *reading) spans(parent ast.Node, style Span, lines *[]Line) {
	put := func(s Span) {
		last := &(*lines)[len(*lines)-1]
		*last = append(*last, s)
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		s := style
		switch n := n.(type) {
		case *ast.Text:
			if s.Text = r.plain(n.Segment.Value(r.source)); s.Text != "" {
				put(s)
			}
			if n.SoftLineBreak() || n.HardLineBreak() {
				*lines = append(*lines, nil)
			}
		case *placeholder:
			s.field = n.typed
			put(s)
		case *ast.Emphasis:
			s.Strong, s.Em = s.Strong || n.Level > 1, s.Em || n.Level == 1
			r.spans(n, s, lines)
		case *ast.Link:
			r.target(&s, string(n.Destination))
			r.spans(n, s, lines)
		case *ast.AutoLink:
			s.Text = r.plain(n.Label(r.source))
			address := string(n.URL(r.source))
			if n.AutoLinkType == ast.AutoLinkEmail {
				address = "mailto:" + s.Text
			}
			r.target(&s, address)
			put(s)
		case *ast.Image:
			r.wrong("Pictures cannot be put into an email: take the ! away, and it becomes a link.")
		default:
			r.wrong("There is something in the text that cannot be sent.")
		}
	}
}

// plain resolves backslashes, and finds braces that are no placeholder.
func (r *reading) plain(raw []byte) string {
	rest := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte(`\{`), nil), []byte(`\}`), nil)
	if bytes.ContainsAny(rest, "{}") {
		r.wrong(loneBrace)
	}
	return string(util.UnescapePunctuations(raw))
}

const loneBrace = "There is a { or } that belongs to no placeholder. One pair of braces is enough: {first_name}."

// target sets where a link leads: to a page, to an address, or to a placeholder.
func (r *reading) target(s *Span, address string) {
	address = strings.TrimSpace(address)
	if m := inBraces.FindStringSubmatch(address); m != nil && len(m[0]) == len(address) {
		s.urlField = m[1]
		return
	}
	if strings.ContainsAny(address, "{}") {
		r.wrong("A placeholder cannot be a part of an address: " + shown(address) + ". It can be the whole of it.")
		return
	}
	if s.URL = WebURL(address); s.URL != "" {
		return
	}
	if to, ok := strings.CutPrefix(address, "mailto:"); ok {
		if to, _, err := enrolld.ParseEmail(to); err == nil {
			s.URL = "mailto:" + to
			return
		}
	}
	r.wrong("A link leads to a page that begins with https://, not to " + shown(address) + ".")
}

// shown quotes what somebody typed.
func shown(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "“" + s + "”"
}

// WebURL returns s when it is an absolute http(s) address without anything that
// could break a line, else "".
func WebURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
