package stripe

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
)

type vector struct {
	Secret    enrolld.Secret `json:"secret"`
	Timestamp int64          `json:"timestamp"`
	Body      string         `json:"body"`
	Header    string         `json:"header"`
}

func vectors(tb testing.TB) map[string]vector {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var v map[string]vector
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestVectors(t *testing.T) {
	for name, v := range vectors(t) {
		r := integrations.Request{
			Header: http.Header{}, Body: []byte(v.Body), ReceivedAt: time.Unix(v.Timestamp, 0).Add(299 * time.Second),
		}
		r.Header.Set(signatureHeader, v.Header)
		c := integrations.Config{Secrets: []enrolld.Secret{v.Secret}}
		if err := New(Options{}).Verify(c, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseSignature(t *testing.T) {
	const sum = "6056fdb9f4bfea60c07fbf7e584d1950aeb9158be9c6b42556c66bdf478bd77a"
	for header, want := range map[string]struct {
		timestamp string
		count     int
	}{
		"":                                       {"", 0},
		"t=1,v1=" + sum:                          {"1", 1},
		" t=1 , v1=" + sum + ",v1=" + sum:        {"1", 2},
		"v0=" + sum + ",t=1":                     {"1", 0},
		"t=1,v1=" + sum[1:]:                      {"1", 0},
		"t=1,v1=zz,v2=" + sum + ",v1=" + sum[2:]: {"1", 0},
	} {
		timestamp, sigs := parseSignature(header)
		if len(sigs) != want.count || timestamp != want.timestamp {
			t.Errorf("parseSignature(%q) = %q and %d signatures, want %q and %d", header, timestamp, len(sigs), want.timestamp, want.count)
		}
	}
}

func FuzzParseSignature(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		_, sigs := parseSignature(header)
		for _, s := range sigs {
			if len(s) != 32 {
				t.Errorf("a signature of %d bytes", len(s))
			}
		}
	})
}
