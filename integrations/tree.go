package integrations

import "strings"

// tree is a decoded body. Its nodes have no pointers, only numbers: there are a
// few for every twenty bytes of a body, and so they cost the collector nothing.
type tree struct {
	text   strings.Builder // what names and texts are parts of
	nodes  []node          // the first one stands for nothing, the second is the root
	places map[place]int32 // of the fields of objects with many
}

// node is a value. Its kids are a chain from the youngest one to the oldest. It
// is kept small: a body has hundreds.
type node struct {
	kind  nodeKind
	name  part  // within an object
	place part  // of a bool, number or text: where it is; of a list or an object: see last and kids
	older int32 // the next in the chain that it is in; 0 is none
	next  int32 // what a form's a[] is numbered with
}

// has says whether a node may have kids.
func (n *node) has() bool { return n.kind >= kindList }

// text is where a bool's, number's or text's text is.
func (n *node) text() part {
	if n.has() {
		return part{}
	}
	return n.place
}

// last is the youngest kid of a list or an object; 0 is none.
func (n *node) last() int32 {
	if !n.has() {
		return 0
	}
	return int32(n.place.start)
}

// kids is how many kids a list or an object has.
func (n *node) kids() int {
	if !n.has() {
		return 0
	}
	return int(n.place.size)
}

// root is where a tree begins.
const root = 1

// part is a part of a tree's text.
type part struct{ start, size uint32 }

// place is a field as it is looked up: which object's and what name.
type place struct {
	of   int32
	name string
}

// manyKids is from how many on an object's fields are looked up in a map: below
// it a walk along the chain is faster than making one.
const manyKids = 400

// newTree makes a tree for so much text and about so many nodes.
func newTree(text, nodes int) *tree {
	const most = 1024
	t := &tree{nodes: make([]node, 1, 2+min(nodes, most))}
	t.text.Grow(text)
	return t
}

// str returns a part of the text.
func (t *tree) str(p part) string {
	return t.text.String()[p.start : p.start+p.size]
}

// keep appends to the text.
func (t *tree) keep(s string) part {
	start := t.text.Len()
	t.text.WriteString(s)
	return part{uint32(start), uint32(len(s))}
}

// add makes a node, the youngest kid of another one.
func (t *tree) add(to int32, kind nodeKind, name, text part) int32 {
	i := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{kind: kind, name: name, place: text})
	parent := &t.nodes[to]
	t.nodes[i].older, parent.place.start = int32(parent.place.start), uint32(i)
	if parent.place.size++; parent.place.size >= manyKids && parent.kind == kindObject {
		t.index(to)
	}
	return i
}

// index puts the youngest field of an object into the map; the others too when
// they are not yet there.
func (t *tree) index(of int32) {
	if t.places == nil {
		t.places = make(map[place]int32, 2*manyKids)
	}
	youngest := t.nodes[of].last()
	t.places[place{of, t.str(t.nodes[youngest].name)}] = youngest
	if t.nodes[of].kids() > manyKids {
		return
	}
	for i := t.nodes[youngest].older; i != 0; i = t.nodes[i].older {
		p := place{of, t.str(t.nodes[i].name)}
		if _, ok := t.places[p]; !ok {
			t.places[p] = i
		}
	}
}

// field finds an object's field, the youngest one of that name: the last one
// counts, and forms come back to it at once. 0 is none.
func (t *tree) field(of int32, name string) int32 {
	if t.nodes[of].kids() >= manyKids {
		return t.places[place{of, name}]
	}
	text := t.text.String()
	for i := t.nodes[of].last(); i != 0; {
		n := &t.nodes[i]
		if p := n.name; int(p.size) == len(name) && text[p.start:p.start+p.size] == name {
			return i
		}
		i = n.older
	}
	return 0
}
