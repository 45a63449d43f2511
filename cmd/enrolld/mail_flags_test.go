package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDKIMFindings: the doctor says which record to publish, and when it is there.
func TestDKIMFindings(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := dkimFlags{DKIMKeyFile: []string{file}}
	d, err := flags.dkim()
	if err != nil {
		t.Fatal(err)
	}
	record := d.Keys()[0].Record()
	for name, tt := range map[string]struct {
		records []string
		err     error
		want    string // level and a part of the text
	}{
		"there":    {[]string{record}, nil, "ok the key enrolld is in DNS"},
		"missing":  {nil, &net.DNSError{IsNotFound: true}, "error not in DNS"},
		"empty":    {nil, nil, "error not in DNS"},
		"another":  {[]string{"v=DKIM1; k=ed25519; p=AAAA"}, nil, "error holds another key"},
		"DNS away": {nil, errors.New("timeout"), "warning does not answer"},
	} {
		var asked []string
		e := &examination{app: &app{ctx: t.Context()}, lookup: func(_ context.Context, name string) ([]string, error) {
			asked = append(asked, name)
			return tt.records, tt.err
		}}
		e.dkim(flags, []string{"example.com"})
		level, part, _ := strings.Cut(tt.want, " ")
		if len(e.findings) != 1 || e.findings[0].Level != level || !strings.Contains(e.findings[0].What, part) ||
			level != "ok" && !strings.Contains(e.findings[0].Mend, "enrolld._domainkey.example.com "+record) {
			t.Errorf("%s: %+v, want %s", name, e.findings, tt.want)
		}
		if len(asked) != 1 || asked[0] != "enrolld._domainkey.example.com" {
			t.Errorf("%s: asked for %q", name, asked)
		}
	}
	for name, flags := range map[string]dkimFlags{
		"a selector alone": {DKIMSelector: []string{"a"}}, "two keys, one selector": {DKIMKeyFile: []string{file, file}},
		"no file": {DKIMKeyFile: []string{file + "x"}}, "one selector twice": {DKIMKeyFile: []string{file, file}, DKIMSelector: []string{"a", "a"}},
	} {
		if _, err := flags.dkim(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
