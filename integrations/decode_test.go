package integrations

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

// show writes a tree in one line: {a:[1 "x"]}.
func show(n Node) string {
	var parts []string
	switch n.kind() {
	case kindNone:
		return "<none>"
	case kindNull:
		return "null"
	case kindText:
		return fmt.Sprintf("%q", n.Raw())
	case kindList:
		for _, i := range n.List() {
			parts = append(parts, show(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case kindObject:
		for _, k := range n.Keys() {
			parts = append(parts, k+":"+show(n.Get(k)))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return n.Raw()
}

func TestDecodeForm(t *testing.T) {
	for _, tc := range []struct{ body, want string }{
		{"", `{}`},
		{"a=1&b=2", `{a:"1" b:"2"}`},
		{"a=1&a=2", `{a:"2"}`},
		{"&&a=1&", `{a:"1"}`},
		{"a", `{a:""}`},
		{"=1", `{:"1"}`},
		{"a=b=c", `{a:"b=c"}`},
		{"a=x+y%20z%2B", `{a:"x y z+"}`},
		{"a=50%&b=%zz&c=%4", `{a:"50%" b:"%zz" c:"%4"}`},
		{"a=%ff%c3%a9", "{a:\"\uFFFDé\"}"},
		{"a[b]=1&a[c]=2", `{a:{b:"1" c:"2"}}`},
		{"a%5Bb%5D%5B0%5D%5Bc%5D=1", `{a:{b:{0:{c:"1"}}}}`},
		{"a[]=1&a[]=2", `{a:{0:"1" 1:"2"}}`},
		{"a[3]=1&a[]=2", `{a:{3:"1" 4:"2"}}`},
		{"a[999999999]=1&a[]=2", `{a:{1000000000:"2" 999999999:"1"}}`},
		{"a[9999999999999999999]=1&a[]=2", `{a:{0:"2" 9999999999999999999:"1"}}`},
		{"a[][b]=1&a[][b]=2", `{a:{0:{b:"1"} 1:{b:"2"}}}`},
		{"a=1&a[b]=2", `{a:{b:"2"}}`},
		{"a[b]=2&a=1", `{a:"1"}`},
		{"a[b=1", `{a[b:"1"}`},
		{"a]b=1", `{a]b:"1"}`},
		{"a[b]c=1&a[d]e[f]=2", `{a:{b:"1" d:"2"}}`},
		{"[a]=1", `{[a]:"1"}`},
		{"customer.email=x", `{customer.email:"x"}`},
		{"a[-1]=x&a[01]=y&a[]=z", `{a:{-1:"x" 0:"z" 01:"y"}}`},
	} {
		n, err := DecodeForm([]byte(tc.body))
		if err != nil {
			t.Errorf("DecodeForm(%q): %v", tc.body, err)
		} else if got := show(n); got != tc.want {
			t.Errorf("DecodeForm(%q) = %s, want %s", tc.body, got, tc.want)
		}
	}
}

func TestDecodeMultipart(t *testing.T) {
	body := "--x\r\nContent-Disposition: form-data; name=\"a[b]\"\r\n\r\n1+1%\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nfile\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n2\r\n--x--\r\n"
	n, err := Decode([]byte(body), "multipart/form-data; boundary=x")
	if got, want := show(n), `{a:{b:"1+1%"} c:"2"}`; got != want || err != nil {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	masked := MaskField([]byte(body), "multipart/form-data; boundary=x", "a")
	n, err = Decode(masked, "multipart/form-data; boundary=x")
	if got, want := show(n), `{a:{b:"[redacted]"} c:"2"}`; got != want || err != nil {
		t.Errorf("masked: got %s (%v), want %s", got, err, want)
	}
}

func TestDecodeJSON(t *testing.T) {
	for _, tc := range []struct{ body, want string }{
		{`{"a":[1,2.50,1e3,"x",null,true]}`, `{a:[1 2.50 1e3 "x" null true]}`},
		{"\xef\xbb\xbf{}", `{}`},
		{`{"a":1,"a":2}`, `{a:2}`},
		{"{\"a\":\"\xff\"}", "{a:\"\uFFFD\"}"},
		{`12345678901234567890123`, `12345678901234567890123`},
		{" [ ] \n", `[]`},
	} {
		n, err := Decode([]byte(tc.body), "application/json; charset=utf-8")
		if err != nil {
			t.Errorf("Decode(%q): %v", tc.body, err)
		} else if got := show(n); got != tc.want {
			t.Errorf("Decode(%q) = %s, want %s", tc.body, got, tc.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ body, contentType string }{
		"empty JSON":         {"", "application/json"},
		"cut JSON":           {`{"a":`, "application/json"},
		"garbage after JSON": {`{} x`, "application/json"},
		"two values":         {`{}{}`, ""},
		"missing colon":      {`{"a" 1}`, "application/json"},
		"missing comma":      {`[1 2]`, "application/json"},
		"number as name":     {`{1:2}`, "application/json"},
		"deep JSON":          {strings.Repeat("[", MaxJSONDepth+1) + strings.Repeat("]", MaxJSONDepth+1), ""},
		"many values":        {"[" + strings.Repeat("1,", MaxJSONValues) + "1]", ""},
		"deep form":          {"a" + strings.Repeat("[b]", MaxFormDepth) + "=1", ""},
		"many fields":        {strings.Repeat("a=1&", MaxFormFields+1), ""},
		"no boundary":        {"--x--", "multipart/form-data"},
		"cut multipart":      {"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "multipart/form-data; boundary=x"},
	} {
		if _, err := Decode([]byte(tc.body), tc.contentType); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("%s: got error %v, want code invalid", name, err)
		}
	}
}

func TestNode(t *testing.T) {
	n, err := DecodeJSON([]byte(`{"s":" x ","null":"null","i":"12.00","f":1.5,"b":"TRUE","u":"1772360100","t":"2026-03-01 10:15:00",
		"l":["a","b"],"o":{"k":1},"e":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	i, ok := n.Get("i").Int()
	_, fractional := n.Get("f").Int()
	when := time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC)
	got := []any{
		n.Get("s").Text(), n.Get("s").Raw(), n.Get("null").Text(), n.Get("none", "x").Text(), i, ok, fractional,
		n.Get("b").Bool(), n.Get("s").Bool(), n.Get("u").Unix().Equal(when), n.Get("t").Time().Equal(when),
		n.Get("i").Time().IsZero(), n.Get("l", "1").Text(), n.Get("l", "2").Exists(), len(n.Get("s").List()), len(n.Get("o").List()),
		n.Get("e").Empty(), n.Get("null").Empty(), n.First("null", "e", "b").Text(), n.Get("null").Exists(),
	}
	want := []any{
		"x", " x ", "", "", int64(12), true, false,
		true, false, true, true,
		false, "b", false, 1, 1,
		true, true, "TRUE", true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	form, err := DecodeForm([]byte("a[10]=x&a[2]=y&a[0]=z"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, item := range form.Get("a").List() {
		texts = append(texts, item.Text())
	}
	if diff := cmp.Diff([]string{"z", "y", "x"}, texts); diff != "" {
		t.Errorf("list of a form (-want +got):\n%s", diff)
	}
}

func TestDecimal(t *testing.T) {
	for _, tc := range []struct {
		body, currency, want string
	}{
		{`"49.00"`, "usd", "49.00 USD"}, {`49`, "USD", "49.00 USD"}, {`49.5`, "USD", "49.50 USD"}, {`49.000`, "USD", "49.00 USD"},
		{`1.2e3`, "USD", "1200.00 USD"}, {`0.1`, "USD", "0.10 USD"}, {`4900`, "JPY", "4900 JPY"}, {`-3`, "EUR", "-3.00 EUR"},
		{`null`, "USD", "0.00 USD"}, {`1.005`, "USD", ""}, {`1e999999999`, "USD", ""}, {`[]`, "USD", "0.00 USD"}, {`[1]`, "USD", ""},
		{`"lots"`, "USD", ""}, {`99999999999999999999`, "USD", ""},
	} {
		n, err := DecodeJSON([]byte(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		m, err := n.Decimal(tc.currency)
		got := m.String()
		if err != nil {
			got = ""
		}
		if got != tc.want {
			t.Errorf("%s in %s: got %q (%v), want %q", tc.body, tc.currency, got, err, tc.want)
		}
	}
}

func FuzzDecodeForm(f *testing.F) {
	for _, s := range []string{"a[b][0][c]=1&a[]=2", "a%5B%5D=%zz&b=+", "a[999999999]=1&a=2&a[b", "[[]]=[]&&="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkForm(t, body)
		n, err := DecodeForm(body)
		if err != nil {
			if enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("got code %q, want invalid", enrolld.CodeOf(err))
			}
			return
		}
		for _, k := range n.Keys() {
			n.Get(k).List()
		}
		if masked := maskForm(body, []string{"a"}); bytes.Count(masked, []byte("&")) != bytes.Count(body, []byte("&")) {
			t.Errorf("masking changed the number of fields of %q to %q", body, masked)
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range oddJSON {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkJSON(t, body)
		masked := maskJSON(body, []string{"secret"})
		n, err := DecodeJSON(body)
		if err != nil {
			return
		}
		again, err := DecodeJSON(masked)
		if err != nil {
			t.Fatalf("masking broke %q: %q", body, masked)
		}
		if n.Get("secret").Exists() && again.Get("secret").Text() != Mask {
			t.Errorf("masking left %q in %q", again.Get("secret").Text(), masked)
		}
	})
}

// TestPlainEnd compares looking at eight bytes at a time with looking at each.
func TestPlainEnd(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			for _, length := range []int{at, at + 1, at + 7, at + 8, at + 9} {
				b := bytes.Repeat([]byte{'a'}, length)
				if at < length {
					b[at] = byte(c)
				}
				for _, more := range []int{at + 1, at + 2} { // something special behind it too
					if more < length {
						b[more] = '"'
					}
				}
				want := 0
				for want < length && plain[b[want]] {
					want++
				}
				if got := plainEnd(b, 0); got != want {
					t.Fatalf("%q: got %d, want %d", b, got, want)
				}
			}
		}
	}
}
