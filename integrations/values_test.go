package integrations

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func text(tb testing.TB, s string) Node {
	tb.Helper()
	quoted, err := json.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	n, err := DecodeJSON(quoted)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestTime(t *testing.T) {
	want := time.Date(2026, 10, 3, 10, 15, 0, 0, time.UTC)
	for s, ok := range map[string]bool{
		"1791022500": true, "1791022500.0": true, "2026-10-03T10:15:00Z": true, "2026-10-03T12:15:00+02:00": true,
		"2026-10-03T12:15:00+0200": true, "2026-10-03T10:15:00": true, "2026-10-03T10:15:00.000": true,
		"2026-10-03 10:15:00": true, "2026-10-03 10:15": true, "2026-10-03 12:15:00+02:00": true,
		"2026-10-03 12:15:00 +0200": true, "2026-10-03 10:15:00Z": true, " 2026-10-03  10:15:00 ": true,
		"Sat, 03 Oct 2026 12:15:00 +0200": true, "Sat, 03 OCT 2026 10:15:00 GMT": true,
		"": false, "0": false, "-1": false, "2026-10-03X10:15:00": false, "2026-13-03T10:15:00Z": false, "03.10.2026 10:15": false,
		"20261003T101500Z": true, "20261003T121500+0200": true, "20261003": false, "2026-10-03": false, "Sat, 03 Oct 2026": false, "253402300800": false,
	} {
		if got := text(t, s).Time(); got.Equal(want) != ok {
			t.Errorf("%q: got %v, want %v: %v", s, got, want, ok)
		}
	}
	if got := text(t, "2026-10-03").Time(); !got.Equal(want.Truncate(24 * time.Hour)) {
		t.Errorf("a date alone: got %v", got)
	}
}

// TestNumbersAreMoney: amounts in JSON numbers, plain ones by a short way and
// odd ones by a long one, to the same.
func TestNumbersAreMoney(t *testing.T) {
	for _, tt := range []struct {
		text, currency string
		want           int64
		ok             bool
	}{
		{"49", "usd", 4900, true}, {"49.5", "USD", 4950, true}, {"49.00", "USD", 4900, true}, {"49.000", "USD", 4900, true},
		{"-49.05", "USD", -4905, true}, {"-0.5", "USD", -50, true}, {"0.01", "USD", 1, true}, {"0", "USD", 0, true},
		{"4.9e1", "USD", 4900, true}, {"49.005", "USD", 0, false}, {"1e99", "USD", 0, false},
		{"999999999999", "USD", 99999999999900, true}, {"9999999999999", "USD", 999999999999900, true},
		{"99999999999999999999", "USD", 0, false},
		{"4900", "JPY", 4900, true}, {"4900.0", "JPY", 4900, true}, {"4900.5", "JPY", 0, false},
		{"1.234", "KWD", 1234, true}, {"1.2", "KWD", 1200, true},
	} {
		n, err := DecodeJSON([]byte(`{"a":` + tt.text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.Get("a").Decimal(tt.currency)
		if (err == nil) != tt.ok || tt.ok && got != (enrolld.Money{Minor: tt.want, Currency: strings.ToUpper(tt.currency)}) {
			t.Errorf("%s %s: got %v, %v, want %d", tt.text, tt.currency, got, err, tt.want)
		}
	}
}

// TestTextIsMoney: the short way for amounts in text gives what the long one does.
func TestTextIsMoney(t *testing.T) {
	for _, s := range []string{
		"49.00", "0.01", "1234567.89", "-49.05", "1,234.56", "1.234,56", "12.345.67", " 49.00 ", "€49.00", "49.0x", ".50", "00.50", "+1.00", "- 1.00",
	} {
		want, wantErr := enrolld.ParseDecimal(strings.TrimSpace(s), "EUR")
		got, err := text(t, s).Decimal("eur")
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("%q: got %v, %v, want %v, %v", s, got, err, want, wantErr)
		}
	}
}

func TestFields(t *testing.T) {
	for form, want := range map[string]string{
		"b=2&a=1&b=3&c[x]=4": "a=1 b=3 c=", "": "", "z=1&z=2&z=3&y=": "y= z=3",
	} {
		n, err := DecodeForm([]byte(form))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range n.Fields() {
			got = append(got, f.Name+"="+f.Value.Raw())
			if f.Value != n.Get(f.Name) {
				t.Errorf("%s: the field %s is not the one that Get has", form, f.Name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}

func TestInt(t *testing.T) {
	for s, want := range map[string]int64{
		"12": 12, "12.00": 12, "12.": 12, "-3": -3, "+3": 3, "007": 7, "9223372036854775807": 1<<63 - 1,
	} {
		if got, ok := text(t, s).Int(); got != want || !ok {
			t.Errorf("%q: got %d %v, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "x", "12x", "x12", "1.5", "1e3", "2026-10-03", "9223372036854775808", "1 2", "--1"} {
		if got, ok := text(t, s).Int(); ok {
			t.Errorf("%q: got %d, want none", s, got)
		}
	}
}

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "Course A": "Course A", " Course  A ": "Course A", "A &amp; B": "A & B", "A\n\tB\x7f": "A B", "Zoë\u00a0M": "Zoë M",
		" ": "", "A ": "A", "&nbsp;A": "A",
	} {
		if got := Clean(s); got != want {
			t.Errorf("Clean(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestMaskHeaders(t *testing.T) {
	h := http.Header{"X-Key": {"a", "b"}, "X-Other": {"c", "Bearer a long secret"}, "Accept": {"*/*"}}
	before := h.Clone()
	got := MaskHeaders(h, []enrolld.Secret{"a long secret", "c"}, "x-key")
	want := http.Header{"X-Key": {Mask, Mask}, "X-Other": {"c", Mask}, "Accept": {"*/*"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, h); diff != "" {
		t.Errorf("the header itself was changed (-was +is):\n%s", diff)
	}
}

func TestSettingsAreReadOnce(t *testing.T) {
	var s Settings[string]
	count := 0
	read := func(text json.RawMessage) string {
		count++
		return string(text)
	}
	for range 3 {
		for _, text := range []string{"", "{}", `{"a":1}`} {
			if got := s.Get(json.RawMessage(text), read); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
	if count != 3 {
		t.Errorf("read %d times, want 3", count)
	}
	for i := range 2 * mostSettings {
		s.Get(json.RawMessage(time.Unix(int64(i), 0).String()), read)
	}
	if len(s.made) > mostSettings {
		t.Errorf("%d settings are kept, want at most %d", len(s.made), mostSettings)
	}
	if got := (*Settings[string])(nil).Get(json.RawMessage("x"), read); got != "x" {
		t.Errorf("no cache: got %q", got)
	}
}
