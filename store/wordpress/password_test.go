package wordpress

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"enrolld"
)

func TestVerifyPassword(t *testing.T) {
	const horse, horses = "correct horse battery staple", "pässwörd-ünïcode"
	for _, tt := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"wp cost 10", "$wp$2y$10$NGCrTWVJU4IL5pLhkmw23uiMvnZDmNLto5VJjxu7lhl.cEOwEHn9u", horse, true},
		{"wp cost 12", "$wp$2y$12$so19gXijuszgxvV0l0WBReW16kDTqQKHWLnu8EyasYbFu/VZ4ejme", horse, true},
		{"wp other", "$wp$2y$10$NGCrTWVJU4IL5pLhkmw23uiMvnZDmNLto5VJjxu7lhl.cEOwEHn9u", horse + " ", false},
		{"phpass", "$P$Babcdefgh9JjESeAq5StfTylF1Rcb80", horse, true},
		{"phpass other", "$P$Babcdefgh9JjESeAq5StfTylF1Rcb80", horses, false},
		{"phpass reference", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345", true},
		{"plain bcrypt", "$2y$10$hOs5OhUZOeHf9gjOwZ6UBuiDb7u8P2KSs/3Fx7/gaqLOmPhVof.ty", horse, true},
		{"md5", "9cc2ae8a1ba7a93da39b46fc1019c481", horse, true},
		{"md5 other", "9cc2ae8a1ba7a93da39b46fc1019c481", "x", false},
		{"admin", "$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES", "admin", true},
		{"unicode", "$wp$2y$10$BeHxIZBVZNzOCubmJTLJJufZFqXaq6J7JBmtNPpfVPlcrHuR6S6Ve", horses, true},
		{"empty column", "", "", false},
		{"short column", "x", "x", false},
		{"malformed phpass", "$P$!abcdefgh9JjESeAq5StfTylF1Rcb80", horse, false},
		{"malformed wp", "$wp$2y$10$too-short-for-a-bcrypt-hash-------", horse, false},
		{"unknown", "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$xxxxxxxx", horse, false},
		{"too long", "$P$Babcdefgh9JjESeAq5StfTylF1Rcb80", strings.Repeat("x", 4097), false},
	} {
		if got := VerifyPassword(tt.hash, tt.password); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestPrehash(t *testing.T) {
	for password, want := range map[string]string{
		"correct horse battery staple": "ZdE8Fj+Jstdnfuy8gfBS5jYzA2ol4jygxc4hw2ZGfODU1BN7mOF8KA5pkAMhnf37",
		"pässwörd-ünïcode":             "0g8qzPrfYkb3fHfhKbMmLFB/6atT2NzLjxroSEVrtRJZaooP+hBahsfVx2uMG98V",
		strings.Repeat("a", 100):       "D6WdUoLoCGHYxGAJZijJZBZIxpZx6OLfxVgj1wKKLTv+h841QnhBawU2PpC4f2nX",
	} {
		if got := prehash(password); got != want {
			t.Errorf("prehash(%q) = %s, want %s", password, got, want)
		}
	}
}

func TestHashPassword(t *testing.T) {
	hash, err := HashPassword("  secret\n")
	if err != nil || len(hash) != 34 || !VerifyPassword(hash, "secret") || VerifyPassword(hash,
		"  secret\n") {
		t.Errorf("hash %q, %v: want 34 characters of the trimmed password", hash, err)
	}
	if again, _ := HashPassword("secret"); again == hash {
		t.Error("two hashes have one salt")
	}
	if _, err := HashPassword(strings.Repeat("x", 4097)); enrolld.CodeOf(err) != enrolld.Invalid {
		t.Errorf("a long password: %v", err)
	}
}

func TestUnusablePassword(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		hash := UnusablePassword()
		if !matches(`^\$P\$B[./0-9A-Za-z]{29}[./01]$`, hash) || seen[hash] {
			t.Fatalf("%q is malformed or not random", hash)
		}
		seen[hash] = true
	}
}

func TestNeverSet(t *testing.T) {
	made := UnusablePassword()
	chosen, err := HashPassword("secret")
	if err != nil {
		t.Fatal(err)
	}
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
	key := NewResetKey()
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
