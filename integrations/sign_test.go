package integrations

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

type standardVector struct {
	Secret    enrolld.Secret `json:"secret"`
	ID        string         `json:"id"`
	Timestamp int64          `json:"timestamp"`
	Body      string         `json:"body"`
	Header    string         `json:"header"`
}

func standardVectors(tb testing.TB) map[string]standardVector {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "standard.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var v map[string]standardVector
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestStandard(t *testing.T) {
	for name, v := range standardVectors(t) {
		for _, prefix := range []string{"webhook-", "svix-"} {
			timestamp := strconv.FormatInt(v.Timestamp, 10)
			r := Request{Header: http.Header{}, Body: []byte(v.Body), ReceivedAt: time.Unix(v.Timestamp, 0)}
			r.Header.Set(prefix+"id", v.ID)
			r.Header.Set(prefix+"timestamp", timestamp)
			r.Header.Set(prefix+"signature", "v1a,xyz "+v.Header)
			if err := VerifyStandard([]enrolld.Secret{"", "other", v.Secret}, r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := VerifyStandard([]enrolld.Secret{v.Secret[len("whsec_"):]}, r); err != nil {
				t.Errorf("%s, secret without whsec_: %v", name, err)
			}
			if got := SignStandard(v.Secret, v.ID, timestamp, r.Body); got != v.Header {
				t.Errorf("%s: signed %q, want %q", name, got, v.Header)
			}
		}
	}
}

func TestMACMatches(t *testing.T) {
	sum := MAC(sha256.New, []byte("key"), []byte("a"), []byte("b"))
	for name, tc := range map[string]struct {
		keys, claimed []string
		want          bool
	}{
		"right":           {[]string{"key"}, []string{string(sum)}, true},
		"one of several":  {[]string{"old", "key"}, []string{"x", string(sum)}, true},
		"both twice":      {[]string{"key", "key"}, []string{string(sum), string(sum)}, true},
		"wrong key":       {[]string{"other"}, []string{string(sum)}, false},
		"cut":             {[]string{"key"}, []string{string(sum[:31])}, false},
		"nothing claimed": {[]string{"key"}, nil, false},
		"empty claim":     {[]string{"key"}, []string{""}, false},
		"no key":          {nil, []string{string(sum)}, false},
		"empty key":       {[]string{""}, []string{string(MAC(sha256.New, nil, []byte("ab")))}, false},
	} {
		if got := MACMatches(sha256.New, raw(tc.keys), raw(tc.claimed), []byte("ab")); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func raw(texts []string) [][]byte {
	var out [][]byte
	for _, s := range texts {
		out = append(out, []byte(s))
	}
	return out
}

func TestSecretMatches(t *testing.T) {
	for name, tc := range map[string]struct {
		secrets []enrolld.Secret
		sent    string
		want    bool
	}{
		"right": {[]enrolld.Secret{"a", "b"}, "b", true}, "twice": {[]enrolld.Secret{"a", "a"}, "a", true},
		"wrong": {[]enrolld.Secret{"a"}, "b", false}, "prefix": {[]enrolld.Secret{"ab"}, "a", false},
		"none": {nil, "a", false}, "both empty": {[]enrolld.Secret{""}, "", false}, "empty": {[]enrolld.Secret{"a"}, "", false},
	} {
		if got := SecretMatches(tc.secrets, tc.sent); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestCheckTimestamp(t *testing.T) {
	now := time.Unix(1760000000, 0)
	for s, ok := range map[string]bool{
		"1760000000": true, "1759999700": true, "1759999699": false, "1760000300": true, "1760000301": false,
		"": false, "x": false, "-1": false, "0": false, "9223372036854775807": false, "99999999999999999999": false,
	} {
		if err := CheckTimestamp(s, now); (err == nil) != ok {
			t.Errorf("CheckTimestamp(%q): got %v, want accepted %v", s, err, ok)
		}
	}
}

func TestMask(t *testing.T) {
	for _, tc := range []struct{ contentType, body, want string }{
		{"", "a=1&secret=x&b=2", "a=1&secret=%5Bredacted%5D&b=2"},
		{"", "%73ecret=x&secret[]=y&secret", "%73ecret=%5Bredacted%5D&secret[]=%5Bredacted%5D&secret"},
		{"", `{"a":1, "secret" : "x" ,"b":2}`, `{"a":1, "secret" : "[redacted]" ,"b":2}`},
		{"", `{"secret":{"x":1},"b":{"secret":"y"},"\u0073ecret":3}`, `{"secret":"[redacted]","b":{"secret":"y"},"\u0073ecret":"[redacted]"}`},
		{"", `{"l":[{"x":[]},[]],"secret":1}`, `{"l":[{"x":[]},[]],"secret":"[redacted]"}`},
		{"", `{"secret":"cut`, `{"secret":"[redacted]"`},
		{"", `{"secret" : "odd" text","b":1}`, `{"secret" : "[redacted]"`},
		{"", `{"a":[1 2}],"b":nul,"secret":1e,"c"`, `{"a":[1 2}],"b":nul,"secret":"[redacted]","c"`},
		{"", `[{"secret":"x"}]`, `[{"secret":"x"}]`},
		{"multipart/form-data", "whatever", Mask},
	} {
		if got := string(MaskField([]byte(tc.body), tc.contentType, "secret")); got != tc.want {
			t.Errorf("MaskField(%s) = %s, want %s", tc.body, got, tc.want)
		}
	}
	if got := string(MaskText([]byte(`a=x%26y+z%2F1&b="x&y z/1"`), "x&y z/1 ")); got != `a=x%26y+z%2F1&b="x&y z/1"` {
		t.Errorf("MaskText hit another text: %s", got)
	}
	if got := string(MaskText([]byte(`a=x%26y+z%2F12&b="x&y z/12"`), "x&y z/12")); got != `a=redacted&b="redacted"` {
		t.Errorf("MaskText = %s", got)
	}
}

func TestBuyer(t *testing.T) {
	got, err := Buyer(" Ann@Example.org ", " ", "", "Ann van O&#039;Neil", "us")
	want := &enrolld.Buyer{Email: "Ann@Example.org", First: "Ann van", Last: "O'Neil", Country: "US"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got, %v):\n%s", err, diff)
	}
	if _, err := Buyer("not an address", "", "", "", ""); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("got %v, want code invalid", err)
	}
}

func TestKey(t *testing.T) {
	if a, b := Key("a|b", "c"), Key("a", "b|c"); a == b {
		t.Errorf("different parts have one key %q", a)
	}
}

func FuzzStandardSignatures(f *testing.F) {
	for _, v := range standardVectors(f) {
		f.Add("v1a,x " + v.Header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range standardSignatures(header) {
			if len(s) != sha256.Size {
				t.Errorf("a signature of %d bytes", len(s))
			}
		}
	})
}
