package wordpress

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Array is a PHP array: ordered entries with integer or string keys.
type Array struct {
	Entries []Entry
}

// Entry is one element of an Array. Key is an int64 or a string; Value is nil,
// bool, int64, Float, string or *Array.
type Entry struct {
	Key, Value any
}

// Float is a PHP float as it was written, so that a value survives a round
// trip to the last byte whatever serialize_precision the writer had.
type Float string

// Float64 returns the number; INF, -INF and NAN are understood.
func (f Float) Float64() float64 {
	n, err := strconv.ParseFloat(string(f), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return n
}

// Get returns the value under key, an int64, int or string.
func (a *Array) Get(key any) (any, bool) {
	if i := a.find(key); i >= 0 {
		return a.Entries[i].Value, true
	}
	return nil, false
}

// Set replaces the value under key where it stands, or appends it.
func (a *Array) Set(key, value any) {
	if n, ok := key.(int); ok {
		key = int64(n)
	}
	if i := a.find(key); i >= 0 {
		a.Entries[i].Value = value
		return
	}
	a.Entries = append(a.Entries, Entry{key, value})
}

func (a *Array) find(key any) int {
	if n, ok := key.(int); ok {
		key = int64(n)
	}
	for i := range a.Entries {
		if a.Entries[i].Key == key {
			return i
		}
	}
	return -1
}

// Strings returns the string values in order: what WordPress keeps in
// active_plugins and site_admins.
func (a *Array) Strings() []string {
	var out []string
	for _, e := range a.Entries {
		if s, ok := e.Value.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Serialize writes v as PHP's serialize does. v is nil, bool, int, int64,
// float64, Float, string or *Array of these; anything else is an error.
func Serialize(v any) (string, error) {
	var b strings.Builder
	if err := serialize(&b, v, 0); err != nil {
		return "", fmt.Errorf("serialize for PHP: %w", err)
	}
	return b.String(), nil
}

func serialize(b *strings.Builder, v any, depth int) error {
	if depth > maxDepth {
		return errDeep
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("N;")
	case bool:
		if v {
			b.WriteString("b:1;")
		} else {
			b.WriteString("b:0;")
		}
	case int:
		fmt.Fprintf(b, "i:%d;", v)
	case int64:
		fmt.Fprintf(b, "i:%d;", v)
	case float64:
		fmt.Fprintf(b, "d:%s;", formatFloat(v))
	case Float:
		if !floatPattern.MatchString(string(v)) {
			return fmt.Errorf("%q is not a float", string(v))
		}
		fmt.Fprintf(b, "d:%s;", string(v))
	case string:
		writeString(b, v)
	case *Array:
		return serializeArray(b, v, depth)
	default:
		return fmt.Errorf("a %T has no PHP form here", v)
	}
	return nil
}

func serializeArray(b *strings.Builder, a *Array, depth int) error {
	if a == nil {
		return errors.New("a nil array")
	}
	fmt.Fprintf(b, "a:%d:{", len(a.Entries))
	for _, e := range a.Entries {
		switch e.Key.(type) {
		case int, int64, string:
		default:
			return fmt.Errorf("a %T is no array key", e.Key)
		}
		if err := serialize(b, e.Key, depth+1); err != nil {
			return err
		}
		if err := serialize(b, e.Value, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// writeString counts bytes, as PHP does: "Zoë" is s:4.
func writeString(b *strings.Builder, s string) {
	b.WriteString("s:")
	b.WriteString(strconv.Itoa(len(s)))
	b.WriteString(`:"`)
	b.WriteString(s)
	b.WriteString(`";`)
}

// formatFloat follows php_gcvt with serialize_precision -1: shortest digits,
// an exponent from 1.0E+17 on and below 0.0001, and a digit after the point
// wherever there is an exponent.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NAN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	case f == 0 && math.Signbit(f):
		return "-0"
	case f == 0:
		return "0"
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	n, _ := strconv.Atoi(exp)
	if n >= -4 && n < 17 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return fmt.Sprintf("%sE%+d", mantissa, n)
}
