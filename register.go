package enrolld

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"time"
)

// Latest is a register that keeps the value known at the latest moment. Two
// registers merge to the later one, whichever came first. Values of one moment
// are ordered by rank, where their type has one, then by their encoding: any
// fixed order will do, as long as every replica agrees on it.
//
// The zero Latest knows nothing and yields to every other.
type Latest[T any] struct {
	At    time.Time `json:"at"`
	Value T         `json:"v"`
}

// Known says whether the register has a value.
func (l Latest[T]) Known() bool { return !l.At.IsZero() }

func (l Latest[T]) merge(o Latest[T]) Latest[T] {
	if c := l.At.Compare(o.At); c != 0 {
		return pick(c > 0, l, o)
	}
	// The same statement once more is the commonest case by far.
	if !l.Known() || reflect.DeepEqual(l.Value, o.Value) {
		return l
	}
	if a, b := rankOf(l.Value), rankOf(o.Value); a != b {
		return pick(a > b, l, o)
	}
	return pick(bytes.Compare(encode(l.Value), encode(o.Value)) >= 0, l, o)
}

// ranked is a value that wins or loses against another of the same moment by
// its meaning: 'active' beats 'incomplete', 'lost' beats 'open'.
type ranked interface{ rank() int }

func rankOf(v any) int {
	if r, ok := v.(ranked); ok {
		return r.rank()
	}
	return 0
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own plain structs always marshal
	}
	return b
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// mergeMaps joins two maps of registers key by key, leaving both untouched.
// Where one is empty the answer is the other itself: records are never changed.
func mergeMaps[T any](a, b map[string]Latest[T]) map[string]Latest[T] {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := make(map[string]Latest[T], len(a)+len(b))
	maps.Copy(out, a)
	for k, v := range b {
		out[k] = out[k].merge(v)
	}
	return out
}
