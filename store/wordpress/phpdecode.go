package wordpress

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The limits of Unserialize. WordPress's own values nest four levels deep, and
// the largest options that we read stay far below a megabyte.
const (
	maxDepth      = 100
	maxSerialized = 16 << 20
)

var (
	errDeep   = errors.New("nested too deeply")
	errShort  = errors.New("the text ends early")
	errObject = errors.New("objects and references are refused")

	floatPattern = regexp.MustCompile(`^(?:-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NAN)$`)
	intPattern   = regexp.MustCompile(`^(?:0|-?[1-9][0-9]*)$`)
)

// Unserialize reads what PHP's serialize wrote: nil, bool, int64, Float, string
// or *Array. It is stricter than PHP: objects, references, numbers that
// serialize would not write and anything after the value are errors, so that
// Serialize(Unserialize(s)) == s for every s it accepts.
func Unserialize(s string) (any, error) {
	if len(s) > maxSerialized {
		return nil, fmt.Errorf("unserialize PHP: %d bytes are too many", len(s))
	}
	d := decoder{rest: s}
	v, err := d.value(0)
	if err == nil && d.rest != "" {
		err = errors.New("something follows the value")
	}
	if err != nil {
		return nil, fmt.Errorf("unserialize PHP at byte %d: %w", len(s)-len(d.rest), err)
	}
	return v, nil
}

// UnserializeArray is Unserialize for a value that must be an array.
func UnserializeArray(s string) (*Array, error) {
	v, err := Unserialize(s)
	if err != nil {
		return nil, err
	}
	a, ok := v.(*Array)
	if !ok {
		return nil, fmt.Errorf("unserialize PHP: got %T, want an array", v)
	}
	return a, nil
}

type decoder struct {
	rest string
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	if strings.HasPrefix(d.rest, "N;") {
		d.rest = d.rest[2:]
		return nil, nil
	}
	if len(d.rest) < 2 {
		return nil, errShort
	}
	kind := d.rest[0]
	if strings.IndexByte("OCErR", kind) >= 0 {
		return nil, errObject
	}
	if d.rest[1] != ':' {
		return nil, fmt.Errorf("no type %q", d.rest[:2])
	}
	d.rest = d.rest[2:]
	switch kind {
	case 'b':
		return d.boolean()
	case 'i':
		return d.integer()
	case 'd':
		return d.float()
	case 's':
		return d.str()
	case 'a':
		return d.array(depth)
	}
	return nil, fmt.Errorf("no type %q", kind)
}

// until returns the text before the next end byte and steps over both.
func (d *decoder) until(end byte) (string, error) {
	// No number is longer than this; the bound keeps hostile input linear.
	head := d.rest[:min(len(d.rest), 400)]
	i := strings.IndexByte(head, end)
	if i < 0 {
		return "", errShort
	}
	d.rest = d.rest[i+1:]
	return head[:i], nil
}

func (d *decoder) boolean() (any, error) {
	text, err := d.until(';')
	if err != nil {
		return nil, err
	}
	if text != "0" && text != "1" {
		return nil, fmt.Errorf("%q is not a bool", text)
	}
	return text == "1", nil
}

func (d *decoder) integer() (any, error) {
	text, err := d.until(';')
	if err != nil {
		return nil, err
	}
	if !intPattern.MatchString(text) {
		return nil, fmt.Errorf("%q is not an int", text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (d *decoder) float() (any, error) {
	text, err := d.until(';')
	if err != nil {
		return nil, err
	}
	if !floatPattern.MatchString(text) {
		return nil, fmt.Errorf("%q is not a float", text)
	}
	return Float(text), nil
}

// count reads a length; it is never more than what can still follow.
func (d *decoder) count() (int, error) {
	text, err := d.until(':')
	if err != nil {
		return 0, err
	}
	if !intPattern.MatchString(text) {
		return 0, fmt.Errorf("%q is not a length", text)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > len(d.rest) {
		return 0, errShort
	}
	return n, nil
}

func (d *decoder) str() (any, error) {
	n, err := d.count()
	if err != nil {
		return nil, err
	}
	if len(d.rest) < n+3 || d.rest[0] != '"' || d.rest[n+1:n+3] != `";` {
		return nil, errors.New("the string has another length")
	}
	s := d.rest[1 : n+1]
	d.rest = d.rest[n+3:]
	return s, nil
}

func (d *decoder) array(depth int) (any, error) {
	n, err := d.count()
	if err != nil {
		return nil, err
	}
	if d.rest == "" || d.rest[0] != '{' {
		return nil, errors.New("the array has no {")
	}
	d.rest = d.rest[1:]
	a := &Array{}
	for range n {
		key, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		switch key.(type) {
		case int64, string:
		default:
			return nil, fmt.Errorf("a %T is no array key", key)
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a.Entries = append(a.Entries, Entry{key, v})
	}
	if d.rest == "" || d.rest[0] != '}' {
		return nil, errors.New("the array has no }")
	}
	d.rest = d.rest[1:]
	return a, nil
}
