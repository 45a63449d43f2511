package page

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// funcs are what templates can call besides their data's methods:
//
//	dict "a" 1 "b" 2       the parameters of a part
//	list "a" "b"           a slice of strings
//	params . "a b" "c"     what a part needs and what it may have; prints nothing
//	icon "key"             an icon beside its words, hidden from assistive tools
//	icon "key" "Secret"    an icon that stands alone, with its name
//	when .At .Now          "3 hours ago", with the exact time as title
//	lastday .Until .Now    "30 June 2027" of what ends with that day, the exact moment as title
//	thousands 1204         "1,204"
//	asset "app.css"        the address of a static file
//	option "v" "Label"     an Option, of a third argument the hint
//	options a b …          a slice of Options
//	grouped, kind, str     for the parts
var funcs = template.FuncMap{
	"dict":      dict,
	"list":      func(s ...string) []string { return s },
	"params":    params,
	"icon":      icon,
	"when":      when,
	"lastday":   endsWith,
	"thousands": thousands,
	"asset":     AssetURL,
	"option":    option,
	"options":   func(o ...Option) []Option { return o },
	"grouped":   grouped,
	"kind":      kind,
	"str":       str,
	"product":   func() string { return Product },
	"urls":      func() map[string]string { return urls },
}

var urls = map[string]string{
	"home": HomeURL, "profile": ProfileURL, "security": SecurityURL,
	"preferences": PreferencesURL, "signout": SignOutURL,
}

// dict makes a part's parameters of names and values in turn.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict wants names and values in turn")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %d is a %T", i/2+1, pairs[i])
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("dict: %q comes twice", name)
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// params fails when a part lacks what it needs or is given what it does not know.
func params(given map[string]any, needs, may string) (string, error) {
	need := strings.Fields(needs)
	for _, name := range need {
		if _, ok := given[name]; !ok {
			return "", fmt.Errorf("parameter %q is missing", name)
		}
	}
	known := slices.Concat(need, strings.Fields(may))
	for name := range given {
		if !slices.Contains(known, name) {
			return "", fmt.Errorf("no parameter %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return "", nil
}

func option(value any, label string, hint ...string) Option {
	return Option{Value: str(value), Label: label, Hint: strings.Join(hint, " ")}
}

// kind makes a Kind of what a template wrote; an unknown one fails when it is used.
func kind(k any) Kind { return Kind(str(k)) }

// str makes a string of any value, "" of none.
func str(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// thousands writes a whole number with its thousands apart.
func thousands(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
