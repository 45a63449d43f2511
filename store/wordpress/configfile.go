package wordpress

import (
	"path/filepath"
	"strings"
)

// definition is one define() of a constant, or an assignment to $table_prefix.
type definition struct {
	value   phpValue
	guarded bool // behind defined('X') || or if (!defined('X'))
}

// scan collects what files of PHP define. Nothing is executed.
type scan struct {
	env      func(string) (string, bool)
	defs     map[string][]definition
	vars     map[string]phpValue
	consts   map[string]phpValue
	requires []string // literal paths, in order
	mentions map[string]bool
}

// tablePrefix is the name of $table_prefix among the definitions.
const tablePrefix = "$table_prefix"

func newScan(env func(string) (string, bool), absPath string) *scan {
	s := &scan{env: env, defs: map[string][]definition{}, vars: map[string]phpValue{},
		consts: map[string]phpValue{}, mentions: map[string]bool{}}
	if absPath != "" {
		s.consts["ABSPATH"] = phpValue{text: absPath + "/"}
	}
	return s
}

// file scans the source of one file.
func (s *scan) file(path, src string) {
	e := &evaluator{dir: filepath.Dir(path), file: path, env: s.env, vars: s.vars, consts: s.consts}
	toks := tokenize(src)
	for i, t := range toks {
		switch t.kind {
		case tokString, tokName:
			s.mentions[t.text] = true
		}
		rest := toks[i+1:]
		switch {
		case t.named("define") && len(rest) > 3 && rest[0].is("(") && rest[1].kind == tokString &&
			rest[2].is(","):
			s.define(rest[1].text, e.value(expression(rest[3:])), guarded(toks[:i], rest[1].text))
		case t.named("const") && len(rest) > 2 && rest[0].kind == tokName && rest[1].is("="):
			s.define(rest[0].text, e.value(expression(rest[2:])), false)
		case t.kind == tokVariable && len(rest) > 1 && rest[0].is("="):
			s.assign(t.text, e.value(expression(rest[1:])), guarded(toks[:i], t.text))
		case t.named("require"), t.named("require_once"), t.named("include"), t.named("include_once"):
			if v := e.value(expression(rest)); !v.unknown && strings.HasPrefix(v.text, "/") {
				s.requires = append(s.requires, filepath.Clean(v.text))
			}
		}
	}
}

// define notes a definition; like PHP it keeps the first for later references.
func (s *scan) define(name string, v phpValue, guarded bool) {
	s.defs[name] = append(s.defs[name], definition{v, guarded})
	if old, ok := s.consts[name]; !v.unknown && (!ok || old.unknown) {
		s.consts[name] = v
	}
}

func (s *scan) assign(name string, v phpValue, guarded bool) {
	if _, ok := s.vars[name]; !ok || !guarded {
		s.vars[name] = v
	}
	if name == tablePrefix[1:] {
		s.defs[tablePrefix] = append(s.defs[tablePrefix], definition{v, guarded})
	}
}

// expression returns the tokens up to the end of the argument or statement.
func expression(toks []token) []token {
	depth := 0
	for i, t := range toks {
		switch {
		case t.is("("), t.is("["):
			depth++
		case t.is(")"), t.is("]"):
			if depth == 0 {
				return toks[:i]
			}
			depth--
		case t.is(";"), t.is(",") && depth == 0:
			return toks[:i]
		}
	}
	return toks
}

// guarded says whether the tokens before a definition ask defined('name'), or
// isset($name) for a variable.
func guarded(before []token, name string) bool {
	before = before[max(0, len(before)-10):]
	for i, t := range before {
		if (t.named("defined") || t.named("isset")) && i+2 < len(before) && before[i+1].is("(") &&
			before[i+2].text == name {
			return true
		}
	}
	return false
}

// lookup returns the value of a constant. ambiguous says that two definitions
// without a guard disagree: an if decides between them that only PHP can.
func (s *scan) lookup(name string) (v phpValue, found, ambiguous bool) {
	var first *definition
	for i, d := range s.defs[name] {
		if d.value.unknown || d.value.null {
			v.missing += d.value.missing
			continue
		}
		if first == nil {
			first = &s.defs[name][i]
		} else if !first.guarded && !d.guarded && first.value.text != d.value.text {
			return phpValue{}, false, true
		}
	}
	if first == nil {
		return v, false, false
	}
	return first.value, true, false
}
