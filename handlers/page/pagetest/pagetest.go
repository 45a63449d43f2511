// Package pagetest checks views in tests: that every field that a template names
// exists in its struct, that none hides one of the layout's, and that every part is
// called with parameters that it knows.
package pagetest

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/jba/templatecheck"
)

// View is what a page.View can tell about itself.
type View interface {
	Name() string
	Source() (*template.Template, error)
	Data() any
}

// Check fails t for every view whose template does not fit its struct or calls a
// part with a parameter too many or too few. It renders nothing, so branches are
// checked whatever the data.
func Check(t testing.TB, views ...View) {
	t.Helper()
	for _, v := range views {
		for _, problem := range Problems(v) {
			t.Errorf("view %s: %s", v.Name(), problem)
		}
	}
}

// Problems returns what is wrong with a view, nothing when it is sound.
func Problems(v View) []string {
	source, err := v.Source()
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	layout := source.Lookup("layout")
	if layout == nil {
		return []string{"there is no layout"}
	}
	if err := templatecheck.CheckHTML(layout, v.Data()); err != nil {
		out = append(out, err.Error())
	}
	out = append(out, hidden(reflect.TypeOf(v.Data()))...)
	return append(out, calls(source)...)
}

// hidden are the fields of a page that stand before those that the layout shows: a
// heading called Title would be the title of the window, without the account.
func hidden(t reflect.Type) []string {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	base, embeds := t.FieldByName("Base")
	if !embeds || !base.Anonymous {
		return nil
	}
	var out []string
	for of := range base.Type.Fields() {
		if f, _ := t.FieldByName(of.Name); len(f.Index) == 1 {
			out = append(out, fmt.Sprintf("field %s hides the layout's", of.Name))
		}
	}
	return out
}

// part is what a part says about its parameters.
type part struct{ needs, may []string }

// calls compares every {{template "part" (dict …)}} with what the part declares.
func calls(t *template.Template) []string {
	parts := map[string]part{}
	for _, tmpl := range t.Templates() {
		if p, ok := declared(tmpl.Tree); ok {
			parts[tmpl.Name()] = p
		}
	}
	var out []string
	for _, tmpl := range t.Templates() {
		if tmpl.Tree == nil {
			continue
		}
		walk(tmpl.Tree.Root, func(n parse.Node) {
			call, ok := n.(*parse.TemplateNode)
			if !ok {
				return
			}
			p, known := parts[call.Name]
			names, isDict := dictNames(call.Pipe)
			if known && isDict {
				out = append(out, p.compare(tmpl.Name(), call, names)...)
			}
		})
	}
	slices.Sort(out)
	return out
}

func (p part) compare(where string, call *parse.TemplateNode, names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(p.needs, name) && !slices.Contains(p.may, name) {
			out = append(out, fmt.Sprintf("%s: part %q has no parameter %q (line %d)", where, call.Name, name, call.Line))
		}
	}
	for _, name := range p.needs {
		if !slices.Contains(names, name) {
			out = append(out, fmt.Sprintf("%s: part %q lacks %q (line %d)", where, call.Name, name, call.Line))
		}
	}
	return out
}

// declared finds {{params . "needs" "may"}} in a part.
func declared(tree *parse.Tree) (p part, ok bool) {
	if tree == nil {
		return p, false
	}
	walk(tree.Root, func(n parse.Node) {
		cmd, isCommand := n.(*parse.CommandNode)
		if !isCommand || len(cmd.Args) != 4 || cmd.Args[0].String() != "params" {
			return
		}
		needs, a := cmd.Args[2].(*parse.StringNode)
		may, b := cmd.Args[3].(*parse.StringNode)
		if a && b {
			p, ok = part{strings.Fields(needs.Text), strings.Fields(may.Text)}, true
		}
	})
	return p, ok
}

// dictNames returns the names in (dict "a" … "b" …), when the call has one.
func dictNames(pipe *parse.PipeNode) (names []string, ok bool) {
	if pipe == nil || len(pipe.Cmds) != 1 {
		return nil, false
	}
	args := pipe.Cmds[0].Args
	if len(args) == 1 {
		if inner, nested := args[0].(*parse.PipeNode); nested {
			return dictNames(inner)
		}
	}
	if args[0].String() != "dict" {
		return nil, false
	}
	for i := 1; i < len(args); i += 2 {
		if s, isString := args[i].(*parse.StringNode); isString {
			names = append(names, s.Text)
		}
	}
	return names, true
}

// walk calls do for a node and all that is below it.
func walk(n parse.Node, do func(parse.Node)) {
	do(n)
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			walk(c, do)
		}
	case *parse.ActionNode:
		walk(n.Pipe, do)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, do)
		}
	case *parse.IfNode:
		walkBranch(&n.BranchNode, do)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, do)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, do)
	}
}

func walkBranch(b *parse.BranchNode, do func(parse.Node)) {
	walk(b.List, do)
	if b.ElseList != nil {
		walk(b.ElseList, do)
	}
}
