package integrations

import (
	"slices"
	"strconv"
	"strings"
)

// nodeKind is what a Node is.
type nodeKind uint8

const (
	kindNone nodeKind = iota
	kindNull
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
)

// Node is a value of a decoded body, whether it came as JSON, as a form or as
// multipart. Senders differ in how they write the same thing ("12", 12, "12.0";
// null, "null", nothing at all), so a Node is asked for what is wanted and
// answers with it or with nothing. The zero Node is one that is not there: every
// method works on it.
//
// A Node and the texts that it gives keep the whole body in memory.
type Node struct {
	t *tree
	i int32
}

// null is how form senders write that there is nothing.
const null = "null"

func (n Node) kind() nodeKind {
	if n.t == nil {
		return kindNone
	}
	return n.t.nodes[n.i].kind
}

// at returns another node of the tree, none if it is 0.
func (n Node) at(i int32) Node {
	if i == 0 {
		return Node{}
	}
	return Node{n.t, i}
}

// kids returns the members of a list or an object in the order in which they
// came.
func (n Node) kids() []Node {
	if n.t == nil {
		return nil
	}
	self := &n.t.nodes[n.i]
	out := make([]Node, self.kids())
	for i, at := len(out)-1, self.last(); at != 0; i, at = i-1, n.t.nodes[at].older {
		out[i] = Node{n.t, at}
	}
	return out
}

func (n Node) name() string { return n.t.str(n.t.nodes[n.i].name) }

// Get walks down the tree by field names and list indexes.
func (n Node) Get(path ...string) Node {
	for _, p := range path {
		switch n.kind() {
		case kindObject:
			n = n.at(n.t.field(n.i, p))
		case kindList:
			n = n.item(p)
		default:
			return Node{}
		}
	}
	return n
}

// item returns a member of a list.
func (n Node) item(number string) Node {
	i, ok := index(number)
	count := n.t.nodes[n.i].kids()
	if !ok || i >= count {
		return Node{}
	}
	at := n.t.nodes[n.i].last()
	for range count - 1 - i {
		at = n.t.nodes[at].older
	}
	return n.at(at)
}

// First returns the first of several fields that says something.
func (n Node) First(names ...string) Node {
	for _, name := range names {
		if c := n.Get(name); !c.Empty() {
			return c
		}
	}
	return Node{}
}

// Empty says whether there is nothing: no such node, null, "null", blank text,
// an empty list or object.
func (n Node) Empty() bool {
	switch n.kind() {
	case kindNone, kindNull:
		return true
	case kindList, kindObject:
		return n.t.nodes[n.i].kids() == 0
	}
	return n.Text() == ""
}

// Exists says whether the sender wrote the field at all, be it null.
func (n Node) Exists() bool { return n.t != nil }

// IsText says whether the node is text, not a number, a list or an object.
func (n Node) IsText() bool { return n.kind() == kindText }

// IsObject says whether the node has fields.
func (n Node) IsObject() bool { return n.kind() == kindObject }

// Text returns a scalar as trimmed text. It is not called String so that no
// format verb prints a buyer's data by accident.
func (n Node) Text() string {
	if s := strings.TrimSpace(n.Raw()); s != null {
		return s
	}
	return ""
}

// Raw returns a scalar's text as it was sent, for comparing secrets.
func (n Node) Raw() string {
	if n.t == nil {
		return ""
	}
	return n.t.str(n.t.nodes[n.i].text())
}

// List returns the members of a list. A form's a[0], a[3] are a list in the
// order of their indexes; a single value where a list is wanted is one of one.
func (n Node) List() []Node {
	switch {
	case n.Empty():
		return nil
	case n.kind() == kindList:
		return n.kids()
	case n.kind() == kindObject:
		return n.indexed()
	}
	return []Node{n}
}

func (n Node) indexed() []Node {
	var indexes []int
	for _, kid := range n.kids() {
		i, ok := index(kid.name())
		if !ok {
			return []Node{n}
		}
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	indexes = slices.Compact(indexes)
	out := make([]Node, len(indexes))
	for i, at := range indexes {
		out[i] = n.Get(strconv.Itoa(at))
	}
	return out
}

// index reads what PHP takes for a number in brackets: no sign, no leading zero.
func index(s string) (int, bool) {
	if s == "" || s[0] == '0' && s != "0" {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	i, err := strconv.Atoi(s)
	return i, err == nil
}

// Keys returns the names of an object's fields, sorted.
func (n Node) Keys() []string {
	if !n.IsObject() {
		return nil
	}
	kids := n.kids()
	keys := make([]string, 0, len(kids))
	for _, kid := range kids {
		keys = append(keys, kid.name())
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Field is a field of an object.
type Field struct {
	Name  string
	Value Node
}

// Fields returns an object's fields, sorted by name: of two of one name the last,
// as Get has it.
func (n Node) Fields() []Field {
	if !n.IsObject() {
		return nil
	}
	kids := n.kids()
	out := make([]Field, len(kids))
	for i, kid := range kids {
		out[i] = Field{kid.name(), kid}
	}
	slices.SortFunc(out, func(a, b Field) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return int(b.Value.i - a.Value.i) // the youngest first
	})
	return slices.CompactFunc(out, func(a, b Field) bool { return a.Name == b.Name })
}
