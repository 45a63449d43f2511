package wordpress

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// phpValue is the value of an expression. A null one has no text; an unknown
// one is what only PHP could work out.
type phpValue struct {
	text    string
	null    bool
	unknown bool
	missing string // the environment variable that was not set, for the error
}

// maxText bounds what concatenation may build.
const maxText = 1 << 16

func (v phpValue) truthy() bool { return !v.null && v.text != "" && v.text != "0" }

// evaluator works out the few expressions of a wp-config.php: literals, names,
// concatenation, ?: and ??, and the ways to read the environment.
type evaluator struct {
	dir    string // of the file, for __DIR__
	file   string
	env    func(string) (string, bool)
	vars   map[string]phpValue
	consts map[string]phpValue
	toks   []token
	depth  int
}

// value works out one whole expression; what follows it makes it unknown.
func (e *evaluator) value(toks []token) phpValue {
	sub := *e
	sub.toks = toks
	v := sub.choice()
	if len(sub.toks) > 0 {
		return phpValue{unknown: true}
	}
	return v
}

// choice is a ?: b and a ?? b. getenv yields false where ?? wants null; people
// mean the default then, so a missing variable counts as null.
func (e *evaluator) choice() phpValue {
	v := e.concat()
	for {
		switch {
		case e.eat("?:"):
			other := e.concat()
			if !v.unknown && !v.truthy() {
				v = other
			}
		case e.eat("?"):
			// a ? b : c, where only the elvis written with a space is simple.
			if !e.eat(":") {
				return phpValue{unknown: true}
			}
			other := e.concat()
			if !v.unknown && !v.truthy() {
				v = other
			}
		case e.eat("??"):
			other := e.concat()
			if !v.unknown && v.null {
				v = other
			}
		default:
			return v
		}
	}
}

func (e *evaluator) concat() phpValue {
	v := e.primary()
	for e.eat(".") {
		next := e.primary()
		v = phpValue{text: v.text + next.text, unknown: v.unknown || next.unknown,
			null: v.null && next.null, missing: v.missing + next.missing}
		if len(v.text) > maxText {
			return phpValue{unknown: true} // $a = $a . $a, forty times
		}
	}
	return v
}

func (e *evaluator) primary() phpValue {
	unknown := phpValue{unknown: true}
	if len(e.toks) == 0 || e.depth > maxDepth {
		return unknown
	}
	t := e.toks[0]
	e.toks = e.toks[1:]
	switch t.kind {
	case tokString, tokNumber:
		return phpValue{text: t.text}
	case tokVariable:
		return e.variable(t.text)
	case tokName:
		return e.name(t.text)
	}
	if !t.is("(") {
		return unknown
	}
	if len(e.toks) > 1 && e.toks[1].is(")") && castNames[strings.ToLower(e.toks[0].text)] {
		e.toks = e.toks[2:]
		return e.primary()
	}
	e.depth++
	v := e.choice()
	e.depth--
	if !e.eat(")") {
		return unknown
	}
	return v
}

var castNames = map[string]bool{"string": true, "int": true, "bool": true}

func (e *evaluator) variable(name string) phpValue {
	if (name == "_ENV" || name == "_SERVER") && len(e.toks) > 2 &&
		e.toks[0].is("[") && e.toks[1].kind == tokString && e.toks[2].is("]") {
		key := e.toks[1].text
		e.toks = e.toks[3:]
		return e.getenv(key)
	}
	if v, ok := e.vars[name]; ok {
		return v
	}
	return phpValue{unknown: true}
}

func (e *evaluator) name(name string) phpValue {
	switch strings.ToLower(name) {
	case "true":
		return phpValue{text: "1"}
	case "false":
		return phpValue{}
	case "null":
		return phpValue{null: true}
	case "__dir__":
		return phpValue{text: e.dir}
	case "__file__":
		return phpValue{text: e.file}
	}
	if e.eat("::") { // Config::get('X') of Bedrock
		if len(e.toks) > 0 && e.toks[0].named("get") {
			e.toks = e.toks[1:]
			if args, ok := e.arguments(); ok && len(args) == 1 {
				return e.constant(args[0].text)
			}
		}
		return phpValue{unknown: true}
	}
	if len(e.toks) > 0 && e.toks[0].is("(") {
		args, ok := e.arguments()
		if !ok || len(args) == 0 {
			return phpValue{unknown: true}
		}
		return e.call(strings.ToLower(name), args)
	}
	return e.constant(name)
}

func (e *evaluator) constant(name string) phpValue {
	if v, ok := e.consts[name]; ok {
		return v
	}
	return phpValue{unknown: true}
}

func (e *evaluator) call(name string, args []phpValue) phpValue {
	for _, a := range args {
		if a.unknown {
			return a
		}
	}
	switch name {
	case "getenv", "env":
		v := e.getenv(args[0].text)
		if v.null && name == "env" && len(args) > 1 {
			return args[1]
		}
		return v
	case "getenv_docker":
		return e.docker(args)
	case "dirname":
		n := 1
		if len(args) > 1 {
			n, _ = strconv.Atoi(args[1].text)
		}
		dir := args[0].text
		for range min(n, maxDepth) {
			dir = filepath.Dir(dir)
		}
		return phpValue{text: dir}
	case "realpath", "trim", "strval", "trailingslashit", "untrailingslashit":
		return args[0]
	}
	return phpValue{unknown: true}
}

func (e *evaluator) getenv(name string) phpValue {
	if v, ok := e.env(name); ok {
		return phpValue{text: v}
	}
	return phpValue{null: true, missing: name + " "}
}

// docker is getenv_docker of the official image: the file that ${NAME}_FILE
// names, the variable, the default.
func (e *evaluator) docker(args []phpValue) phpValue {
	if path, ok := e.env(args[0].text + "_FILE"); ok && path != "" {
		text, err := readSmall(path)
		if err != nil {
			return phpValue{null: true, missing: fmt.Sprintf("%s_FILE (%v) ", args[0].text, fileError(err))}
		}
		return phpValue{text: strings.TrimRight(text, "\r\n")}
	}
	v := e.getenv(args[0].text)
	if v.null && len(args) > 1 {
		return args[1]
	}
	return v
}

func fileError(err error) error {
	if os.IsNotExist(err) {
		return os.ErrNotExist
	}
	return err
}

// arguments reads ( expr, expr … ).
func (e *evaluator) arguments() ([]phpValue, bool) {
	if !e.eat("(") {
		return nil, false
	}
	e.depth++
	defer func() { e.depth-- }()
	var out []phpValue
	for {
		if e.eat(")") {
			return out, true
		}
		out = append(out, e.choice())
		if !e.eat(",") && (len(e.toks) == 0 || !e.toks[0].is(")")) {
			return nil, false
		}
	}
}

func (e *evaluator) eat(punct string) bool {
	if len(e.toks) == 0 || !e.toks[0].is(punct) {
		return false
	}
	e.toks = e.toks[1:]
	return true
}
