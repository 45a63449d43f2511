package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"enrolld"
)

// settings is the file of --config: a JSON object whose names are those of the
// flags, e.g. {"wp-config": "/srv/site/wp-config.php", "listen": "127.0.0.1:8765"}.
// A list is given as a list.
type settings map[string]any

// loadSettings reads the file. It is kong's loader, so that flags and the
// environment stay stronger.
func loadSettings(r io.Reader) (kong.Resolver, error) {
	s := settings{}
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the settings file is not a JSON object")
	}
	return s, nil
}

// Validate refuses names that no command has: a typing error would otherwise be
// a setting that silently does nothing.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	flagNames(app.Node, known)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !known[name] {
			return enrolld.Errorf(enrolld.Invalid, "the settings file has %q, which is no setting; there are: %s",
				name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}

func flagNames(n *kong.Node, known map[string]bool) {
	for _, f := range n.Flags {
		if len(f.Envs) > 0 { // what an environment variable may set, a file may
			known[f.Name] = true
		}
	}
	for _, child := range n.Children {
		flagNames(child, known)
	}
}

// Resolve answers the value of a flag; nil when the file has none, or when the
// environment says something: kong would let the file win.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	switch v := s[flag.Name].(type) {
	case nil:
		return nil, nil
	case string, bool:
		return v, nil
	case json.Number:
		return v.String(), nil
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = fmt.Sprint(x)
		}
		return strings.Join(parts, ","), nil
	}
	return nil, enrolld.Errorf(enrolld.Invalid, "the settings file: %q wants text, a number, true, false or a list", flag.Name)
}
