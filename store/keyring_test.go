package store_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"enrolld"
	"enrolld/store"
	"enrolld/store/storetest"
)

func TestKeyringSeal(t *testing.T) {
	t.Parallel()
	keys := storetest.Keyring()
	for _, plain := range []string{"", "x", "whsec_äöü", strings.Repeat("long", 5000)} {
		sealed := keys.Seal("place", []byte(plain))
		got, err := keys.Open("place", sealed)
		if err != nil || string(got) != plain {
			t.Errorf("Open(Seal(%.10q)) = %.10q, %v", plain, got, err)
		}
		if plain != "" && len(plain) > 1 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%.10q can be read where it is sealed", plain)
		}
		if bytes.Equal(sealed, keys.Seal("place", []byte(plain))) {
			t.Errorf("sealing %.10q twice gives the same", plain)
		}
		if _, err := keys.Open("another place", sealed); enrolld.CodeOf(err) != enrolld.Unavailable {
			t.Errorf("moved elsewhere it opens: %v", err)
		}
		for i := range min(len(sealed), 60) {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			if _, err := keys.Open("place", bad); err == nil {
				t.Errorf("with byte %d changed it opens", i)
			}
			if _, err := keys.Open("place", sealed[:i]); err == nil {
				t.Errorf("cut after %d bytes it opens", i)
			}
		}
	}
	other, err := store.NewKeyring(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open("place", keys.Seal("place", nil)); enrolld.CodeOf(err) != enrolld.Unavailable {
		t.Errorf("another key opens it: %v", err)
	}
}

func FuzzKeyringOpen(f *testing.F) {
	keys := storetest.Keyring()
	f.Add("place", keys.Seal("place", []byte("secret")))
	f.Add("", []byte{1})
	f.Add("place", bytes.Repeat([]byte{1}, 13))
	f.Fuzz(func(t *testing.T, place string, sealed []byte) {
		plain, err := keys.Open(place, sealed)
		if err == nil { // then it was sealed with this key: only the seed is
			if place != "place" || string(plain) != "secret" {
				t.Errorf("Open(%q, %x) = %q, which nobody has sealed", place, sealed, plain)
			}
			return
		}
		if code := enrolld.CodeOf(err); code != enrolld.Internal && code != enrolld.Unavailable {
			t.Errorf("Open(%q, %x) failed with code %q", place, sealed, code)
		}
	})
}

func TestLinkKey(t *testing.T) {
	t.Parallel()
	keys := storetest.Keyring()
	seen := map[string]string{}
	letters := map[rune]bool{}
	for _, purpose := range names("message ", 500) {
		key := keys.LinkKey(purpose)
		if len(key) != 20 || key != keys.LinkKey(purpose) {
			t.Errorf("LinkKey(%q) = %q, want 20 characters, always the same", purpose, key)
		}
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q have the same key", purpose, other)
		}
		seen[key] = purpose
		for _, r := range key {
			if letters[r] = true; !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", r) {
				t.Errorf("LinkKey(%q) = %q has a character that WordPress would drop", purpose, key)
			}
		}
	}
	if len(letters) != 62 {
		t.Errorf("the keys use %d characters, want 62", len(letters))
	}
	// Links that were sent by an earlier version must keep working.
	if got, want := keys.LinkKey("message 1"), "vF9f3FnkkPh1s9zK4F4Y"; got != want {
		t.Errorf("LinkKey = %q, want %q as ever", got, want)
	}
}

// TestMessageMark: the mark is the same whenever a message is tried, on every replica
// and in every version, and no other message's or installation's.
func TestMessageMark(t *testing.T) {
	t.Parallel()
	mine, err := store.NewKeyring(make([]byte, 32))
	other, otherErr := store.NewKeyring([]byte(strings.Repeat("k", 32)))
	if err != nil || otherErr != nil {
		t.Fatal(err, otherErr)
	}
	m := enrolld.Message{ID: 1, AccountID: 11, Cause: "grant/1"}
	const want = "8df07e8db639b26a"
	again := m
	again.Attempts, again.Lease, again.To = 5, "other", "new@example.org"
	if a, b := mine.MessageMark(&m), mine.MessageMark(&again); a != want || b != want {
		t.Errorf("marks %s and %s, want %s as ever", a, b, want)
	}
	for _, x := range []enrolld.Message{{ID: 2, AccountID: 11, Cause: "grant/1"}, {ID: 1, AccountID: 12, Cause: "grant/1"},
		{ID: 11, AccountID: 1, Cause: "grant/1"}, {ID: 1, AccountID: 11, Cause: "grant/2"}} {
		if mine.MessageMark(&x) == want {
			t.Errorf("%+v has the mark of %+v", x, m)
		}
	}
	if other.MessageMark(&m) == want {
		t.Error("another installation has the same mark")
	}
}

func TestLoadKeyring(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "er", "secret.key")
	_, err := store.LoadKeyring(path, false)
	wantCode(t, "no file", err, enrolld.Invalid)
	first, err := store.LoadKeyring(path, true)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the file's mode is %o, want 600", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("beside the key there is %v (%v), want nothing", entries, err)
	}
	again, err := store.LoadKeyring(path, false)
	if err != nil || again.LinkKey("x") != first.LinkKey("x") {
		t.Errorf("read again it is another key, or none: %v", err)
	}
}

// Replicas that start together agree on one key.
func TestLoadKeyringTogether(t *testing.T) {
	t.Parallel()
	const rounds, replicas = 40, 16
	for range rounds {
		path := filepath.Join(t.TempDir(), "secret.key")
		keys, errs := make([]string, replicas), make([]error, replicas)
		var begun, ended sync.WaitGroup
		begun.Add(replicas)
		for i := range replicas {
			ended.Go(func() {
				begun.Done()
				begun.Wait()
				ring, err := store.LoadKeyring(path, true)
				if errs[i] = err; err == nil {
					keys[i] = ring.LinkKey("x")
				}
			})
		}
		ended.Wait()
		for i, err := range errs {
			if err != nil || keys[i] != keys[0] {
				t.Fatalf("replica %d has key %q (%v), the first has %q", i, keys[i], err, keys[0])
			}
		}
	}
}

func TestLoadKeyringBadFile(t *testing.T) {
	t.Parallel()
	key := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	tests := map[string]struct {
		text string
		ok   bool
	}{
		"empty":        {"", false},
		"no base64":    {"not a key!", false},
		"short":        {key(31), false},
		"long":         {key(33), false},
		"with spaces":  {"  " + key(32) + "\r\n\n", true},
		"without line": {key(32), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret.key")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.LoadKeyring(path, true)
			want := enrolld.Invalid
			if test.ok {
				want = ""
			}
			wantCode(t, "LoadKeyring", err, want)
			if text, _ := os.ReadFile(path); string(text) != test.text {
				t.Errorf("the file was changed to %q", text)
			}
			if err != nil && test.text != "" && strings.Contains(err.Error(), test.text) {
				t.Errorf("the message shows the file: %v", err)
			}
		})
	}
	_, err := store.LoadKeyring(t.TempDir(), true)
	wantCode(t, "a folder", err, enrolld.Invalid)
	_, err = store.NewKeyring(nil)
	wantCode(t, "no key", err, enrolld.Invalid)
}
