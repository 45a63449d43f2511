package wordpress

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSerialize_roundTrip(t *testing.T) {
	for text, want := range map[string]any{
		`N;`: nil, `b:1;`: true, `b:0;`: false, `i:-42;`: int64(-42), `d:0.1;`: Float("0.1"),
		`d:0.10000000000000001;`: Float("0.10000000000000001"), `d:1.0E+25;`: Float("1.0E+25"),
		`d:-INF;`:    Float("-INF"),
		`s:4:"Zoë";`: "Zoë", `s:3:"a";";`: `a";`, `a:0:{}`: &Array{},
		`a:1:{s:10:"subscriber";b:1;}`: &Array{[]Entry{{"subscriber", true}}},
		`a:2:{i:5;a:1:{i:0;N;}s:1:"x";s:1:"y";}`: &Array{[]Entry{
			{int64(5), &Array{[]Entry{{int64(0), nil}}}}, {"x", "y"}}},
	} {
		got, err := Unserialize(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		if back, err := Serialize(got); back != text || err != nil {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
	}
}

func TestUnserialize_refuses(t *testing.T) {
	for _, text := range []string{
		``, `x`, `N`, `b:2;`, `i:;`, `i:01;`, `i:-0;`, `i:99999999999999999999;`, `d:;`, `d:0x1;`,
		`s:1:"ab";`,
		`s:999999999:"x"`, `s:-1:"";`, `s:1:"a"`, `s:2:"a";`, `a:1:{}`, `a:1:{i:0;}`, `a:999999999:{`,
		`a:0:{`,
		`a:1:{b:1;N;}`, `N;N;`, `O:8:"Evil":0:{}`, `C:1:"x":0:{}`, `E:3:"A:B";`, `R:1;`, `r:1;`,
		`a:1:{i:0;O:8:"Evil":0:{}}`, strings.Repeat(`a:1:{i:0;`, 200) + `N;` + strings.Repeat(`}`, 200),
		strings.Repeat("x", maxSerialized+1),
	} {
		if v, err := Unserialize(text); err == nil {
			t.Errorf("%.40q gives %v, want an error", text, v)
		}
	}
}

func TestSerialize_values(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{1.0, "d:1;"}, {0.1, "d:0.1;"}, {1e16, "d:10000000000000000;"}, {1e17, "d:1.0E+17;"}, {1.5e-5,
			"d:1.5E-5;"},
		{0.0001, "d:0.0001;"}, {math.Inf(1), "d:INF;"}, {math.NaN(), "d:NAN;"}, {math.Copysign(0, -1),
			"d:-0;"},
		{7, "i:7;"}, {&Array{[]Entry{{1, "a"}}}, `a:1:{i:1;s:1:"a";}`},
	} {
		if got, err := Serialize(tt.v); got != tt.want || err != nil {
			t.Errorf("%v: got %s, %v; want %s", tt.v, got, err, tt.want)
		}
	}
	deep := &Array{}
	for range 200 {
		deep = &Array{[]Entry{{0, deep}}}
	}
	for _, v := range []any{struct{}{}, []string{"x"}, (*Array)(nil), Float("x;"),
		&Array{[]Entry{{true, 1}}}, deep} {
		if s, err := Serialize(v); err == nil {
			t.Errorf("%T gives %.40s, want an error", v, s)
		}
	}
}

func TestArray(t *testing.T) {
	a := &Array{}
	a.Set("subscriber", true)
	a.Set(3, "three")
	a.Set("subscriber", false)
	if v, ok := a.Get(int64(3)); v != "three" || !ok {
		t.Errorf("Get(3) = %v, %t", v, ok)
	}
	if _, ok := a.Get("3"); ok {
		t.Error("a string key matches a number")
	}
	if got, _ := Serialize(a); got != `a:2:{s:10:"subscriber";b:0;i:3;s:5:"three";}` {
		t.Errorf("got %s", got)
	}
	if got := Float("1.5E+3").Float64(); got != 1500 {
		t.Errorf("Float64 = %v", got)
	}
	if _, err := UnserializeArray("i:1;"); err == nil {
		t.Error("an int is an array")
	}
}

func TestMaybeSerialize(t *testing.T) {
	for s, want := range map[string]string{
		"Jane": "Jane", "": "", "N;": `s:2:"N;";`, `O:8:"Evil":0:{}`: `s:15:"O:8:"Evil":0:{}";`,
		" b:1; ": `s:6:" b:1; ";`, //nolint:gocritic // blanks around are what is tried
		"b:1;x":  `s:5:"b:1;x";`, "a:b": "a:b", `s:1:"x";`: `s:8:"s:1:"x";";`,
	} {
		if got := MaybeSerialize(s); got != want {
			t.Errorf("MaybeSerialize(%q) = %q, want %q", s, got, want)
		}
	}
}

func FuzzUnserialize(f *testing.F) {
	for _, s := range []string{`a:1:{s:10:"subscriber";b:1;}`, `d:1.0E+25;`, `i:-1;`, `N;`, `O:1:"x":0:{}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Unserialize(s)
		if err != nil {
			return
		}
		if back, err := Serialize(v); back != s || err != nil {
			t.Errorf("%q comes back as %q, %v", s, back, err)
		}
		if !IsSerialized(s) {
			t.Errorf("%q is a value, yet not serialized", s)
		}
	})
}

// What MaybeSerialize returns either is not read with unserialize, or gives the
// string back when it is.
func FuzzMaybeSerialize(f *testing.F) {
	for _, s := range []string{"Jane", `O:8:"Evil":0:{}`, "N;", "i:1;\n", `E:1:"x";`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored := MaybeSerialize(s)
		if !IsSerialized(stored) {
			if stored != s {
				t.Errorf("%q stored as %q", s, stored)
			}
			return
		}
		if v, err := Unserialize(stored); v != s || err != nil {
			t.Errorf("%q stored as %q reads as %v, %v", s, stored, v, err)
		}
	})
}
