package wordpress

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"enrolld"
)

func TestPhpass(t *testing.T) {
	for _, tt := range []struct{ setting, password, want string }{
		{"$P$Babcdefgh", "correct horse battery staple", "$P$Babcdefgh9JjESeAq5StfTylF1Rcb80"},
		{"$P$9IQRaTwmf", "test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}, // the reference's own
		{"$P$!abcdefgh", "x", ""},
		{"$P$B", "x", ""},
	} {
		if got := phpass(tt.setting, tt.password); got != tt.want {
			t.Errorf("phpass(%q, %q): got %q, want %q", tt.setting, tt.password, got, tt.want)
		}
	}
}

func TestUnusablePassword(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		hash := unusablePassword()
		if !matches(`^\$P\$B[./0-9A-Za-z]{29}[./01]$`, hash) || seen[hash] {
			t.Fatalf("%q is malformed or not random", hash)
		}
		seen[hash] = true
	}
}

func TestNeverSet(t *testing.T) {
	made := unusablePassword()
	chosen := phpass(made, "secret")
	for hash, want := range map[string]bool{
		made:                                true,
		chosen:                              false,
		made[:33] + "z":                     false,
		"$H$" + made[3:]:                    false,
		"$wp$2y$10$" + made:                 false,
		strings.Repeat("x", 24) + made[24:]: false,
		"":                                  false,
	} {
		if got := neverSet(hash); got != want {
			t.Errorf("neverSet(%q): got %t, want %t", hash, got, want)
		}
	}
}

func TestFastHash(t *testing.T) {
	for key, want := range map[string]string{
		"AbCdEfGhIjKlMnOpQrSt": "$generic$pvX-Yy2kSLSbshBCts2EtZc5VQvx2IKjWQP3hCMI",
		"":                     "$generic$XJQGK2eUryTa4vHbU0bDv1Ml3wGPwaC1ATczq0o_",
	} {
		if got := fastHash(key); got != want {
			t.Errorf("fastHash(%q) = %s, want %s", key, got, want)
		}
	}
}

func TestVerifyResetKey(t *testing.T) {
	const (
		key     = "AbCdEfGhIjKlMnOpQrSt"
		generic = "1767225600:$generic$pvX-Yy2kSLSbshBCts2EtZc5VQvx2IKjWQP3hCMI"
		phpass  = "1767225600:$P$BresetkeyWNV4WO/P5YKba/QZxx2c7/"
	)
	end := time.Unix(1767225600, 0).Add(24 * time.Hour)
	for _, tt := range []struct {
		column, key string
		now         time.Time
		want        error
	}{
		{generic, key, end.Add(-time.Second), nil},
		{phpass, key, end.Add(-time.Second), nil},
		{generic, key, end, ErrKeyExpired},
		{phpass, key, end, ErrKeyExpired},
		{generic, "x" + key[1:], end.Add(-time.Second), ErrKeyWrong},
		{phpass, "", end.Add(-time.Second), ErrKeyWrong},
		{"", key, end, ErrKeyWrong},
		{"$P$BresetkeyWNV4WO/P5YKba/QZxx2c7/", key, end, ErrKeyWrong},
		{"1767225600:9cc2ae8a1ba7a93da39b46fc1019c481", "correct horse battery staple", end, ErrKeyWrong},
	} {
		if got := VerifyResetKey(tt.column, tt.key, tt.now); !errors.Is(got, tt.want) {
			t.Errorf("%q with %q: got %v, want %v", tt.column, tt.key, got, tt.want)
		}
	}
}

func TestStoreResetKey(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	u := w.user(Person{Email: "a@example.com"})
	key := "AbCdEfGhIjKlMnOpQrSt"
	for range 2 { // the second changes no row and is no error
		if err := StoreResetKey(ctx, w.db, w.site, w.info, u.ID, key, testNow); err != nil {
			t.Error(err)
		}
	}
	if err := StoreResetKey(ctx, w.db, w.site, w.info, 999, key,
		testNow); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("no such user: %v", err)
	}
	for _, bad := range []string{"", "short", key[:19] + "-", key + "x"} {
		if err := StoreResetKey(ctx, w.db, w.site, w.info, u.ID, bad,
			testNow); enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}

func TestSetPasswordURL(t *testing.T) {
	got := SetPasswordURL("https://school.example/wp/", "jane doe+x@y.~_-", "AbC")
	want := "https://school.example/wp/wp-login.php?login=jane%20doe%2Bx%40y.~_-&key=AbC&action=rp"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
