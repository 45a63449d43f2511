package integrations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"enrolld"
)

// The decoders are told from slow ones that are easy to believe.

// showAny is show for what encoding/json makes, and for referenceForm.
func showAny(v any) string {
	var parts []string
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", v)
	case []any:
		for _, i := range v {
			parts = append(parts, showAny(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+":"+showAny(v[k]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v)
}

// referenceJSON is encoding/json with our limits.
func referenceJSON(body []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, bom)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	_, err := dec.Token()
	return v, errors.Is(err, io.EOF) && depth(v) <= MaxJSONDepth
}

func depth(v any) int {
	most := -1
	switch v := v.(type) {
	case []any:
		for _, i := range v {
			most = max(most, depth(i))
		}
	case map[string]any:
		for _, i := range v {
			most = max(most, depth(i))
		}
	default:
		return 0
	}
	return 1 + max(most, 0)
}

// checkJSON compares a body with its reference. Of a value that another one of
// its name replaced the reference does not tell how deep it was.
func checkJSON(t *testing.T, body []byte) {
	t.Helper()
	want, ok := referenceJSON(body)
	got, err := DecodeJSON(body)
	switch {
	case err != nil && ok && strings.Contains(err.Error(), "deep"):
	case (err == nil) != ok:
		t.Errorf("%q: got error %v, encoding/json takes it: %v", body, err, ok)
	case ok && show(got) != showAny(want):
		t.Errorf("%q: got %s, want %s", body, show(got), showAny(want))
	}
	if err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("%q: got code %q, want invalid", body, enrolld.CodeOf(err))
	}
}

// oddJSON is where parsers of JSON differ.
var oddJSON = []string{
	``, ` `, `nul`, `nulll`, `null`, `true false`, `-`, `-0`, `01`, `-01`, `1.`, `.1`, `1.e1`, `1e`, `1e+`, `1E-01`, `+1`, `1_0`, `0x1`,
	`"`, `"\"`, `"\u12"`, `"\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00\ud83d"`, `"\x"`, `"\u00G0"`,
	"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\t\"", "\"\xff\xfe\"", "\"a\xc3\"", "\"\xed\xa0\x80\"", "\"\u2028\"", "\xff", "{}\x00", "\x00{}",
	`[`, `]`, `[,]`, `[1,]`, `[1 2]`, `[1}`, `{`, `{]`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1]`,
	`{"a":1,"a":{"b":2},"a":[3]}`, `{"\u0061":1,"a":2}`, "{\"\xff\":1,\"\xfe\":2}", `{"":{"":""}}`, "\xef\xbb\xbf [] ", "\u00a0[]", "[]\f",
	`{"a":[1,2.5e1,"x",null,true],"a":{}}`, `{"secret":"x","b":[{"secret":1}]}`, `[[[[`, `"a\/\b\f\n\r\t\\\""`,
}

// manyFields is an object whose fields are looked up in a map.
func manyFields(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `"k%d":%d,`, i%(count*2/3), i)
	}
	return `{"o":{` + strings.TrimSuffix(b.String(), ",") + `}}`
}

func TestDecodeJSONAsEncodingJSON(t *testing.T) {
	for _, s := range append([]string{manyFields(manyKids - 1), manyFields(manyKids), manyFields(3 * manyKids)}, oddJSON...) {
		checkJSON(t, []byte(s))
	}
}

// referenceForm is what DecodeForm is to do, by maps.
func referenceForm(body string) (map[string]any, bool) {
	root, next := map[string]any{}, map[string]int{}
	fields := slices.DeleteFunc(strings.Split(body, "&"), func(f string) bool { return f == "" })
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		path := referenceKey(unescape([]byte(key)))
		if len(path) > MaxFormDepth {
			return nil, false
		}
		in, where := root, ""
		for i, name := range path {
			if i > 0 && name == "" {
				name = strconv.Itoa(next[where])
			}
			if n, err := strconv.Atoi(name); err == nil && n >= next[where] && n < 1<<62 && strconv.Itoa(n) == name {
				next[where] = n + 1
			}
			where += "\x00" + name
			child, ok := in[name].(map[string]any)
			if i == len(path)-1 || !ok {
				// What stood here is gone, and with it how it was numbered.
				maps.DeleteFunc(next, func(k string, _ int) bool { return k == where || strings.HasPrefix(k, where+"\x00") })
				child = map[string]any{}
				in[name] = child
			}
			if i == len(path)-1 {
				in[name] = unescape([]byte(value))
			}
			in = child
		}
	}
	return root, len(fields) <= MaxFormFields
}

func referenceKey(key string) []string {
	key = strings.TrimLeft(key, " ")
	name, rest, ok := strings.Cut(key, "[")
	if name == "" || !ok || !strings.Contains(rest, "]") {
		return []string{key}
	}
	path := []string{name}
	for rest = "[" + rest; strings.HasPrefix(rest, "["); {
		part, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			break
		}
		path, rest = append(path, part), after
	}
	return path
}

func checkForm(t *testing.T, body []byte) {
	t.Helper()
	want, ok := referenceForm(string(body))
	got, err := DecodeForm(body)
	if (err == nil) != ok {
		t.Errorf("%q: got error %v, want one: %v", body, err, !ok)
	} else if ok && show(got) != showAny(want) {
		t.Errorf("%q: got %s, want %s", body, show(got), showAny(want))
	}
}

func TestDecodeFormAsReference(t *testing.T) {
	var many strings.Builder
	for i := range 3 * manyKids {
		fmt.Fprintf(&many, "a[k%d]=%d&a[]=%d&b%d=1&", i%manyKids, i, i, i)
	}
	many.WriteString("a=1&a[k1]=2")
	for _, s := range []string{
		many.String(), "a[]=1&a=2&a[]=3", "a[b][]=1&a[b]=2&a[b][]=3&a[b][]=4", "%61%5b]=1&a=%c3&%a9=1", "a=%C3%A9&b=\xc3&\xa9=%E9",
		" a=1&  a[b]=2&+a[c]=3", "a[b]]=1&a[[b]]=2&a[b][c=3", "a[0]=1&a[00]=2&a[]=3&[]=4&[]=5", "=&==&a==b=&&", "a%00=1&a%=2&a%2=3&a%2g=4",
	} {
		checkForm(t, []byte(s))
	}
}
