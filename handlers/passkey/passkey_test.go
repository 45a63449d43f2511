package passkey_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/gate/gatetest"
	"enrolld/handlers/passkey"
	"enrolld/handlers/passkey/passkeytest"
	"enrolld/store/team"
)

// newRig has routes that do nothing but the ceremonies.
func newRig(t *testing.T) *gatetest.Rig {
	t.Helper()
	return gatetest.New(t, func(f *gate.Frame) []gate.Route {
		keys, err := passkey.New(f.Base(), f.Team)
		if err != nil {
			t.Fatal(err)
		}
		sign := func(p passkey.Purpose, begin bool) func(*gate.Request) error {
			return func(r *gate.Request) error {
				if begin {
					return keys.BeginSign(r, p, r.Viewer.Login)
				}
				return keys.FinishSign(r, p, r.Viewer.Login, func(l enrolld.Login) (string, error) { return "/proven/" + l.Email, nil })
			}
		}
		post := func(path string, access gate.Access, handle func(*gate.Request) error) gate.Route {
			return gate.Route{Name: path, Method: http.MethodPost, Path: path, Access: access, Handle: handle}
		}
		return []gate.Route{
			post("/make", gate.Partial, keys.BeginMake),
			post("/make/finish", gate.Partial, func(r *gate.Request) error {
				return keys.FinishMake(r, func(name string) (string, error) { return "/made/" + name, nil })
			}),
			post("/sign", gate.Anyone, sign(passkey.SignIn, true)),
			post("/sign/finish", gate.Anyone, sign(passkey.SignIn, false)),
			post("/again", gate.Partial, sign(passkey.Again, true)),
			post("/again/finish", gate.Partial, sign(passkey.Again, false)),
		}
	})
}

// made is a login with a passkey on a device.
func made(t *testing.T, rig *gatetest.Rig, email string) (enrolld.Login, *passkeytest.Device) {
	t.Helper()
	login := rig.AddLogin(email)
	d := passkeytest.New(t, gatetest.BaseURL)
	b := rig.As(login)
	if got := b.PostJSON("/make/finish", d.Make(b.PostJSON("/make", "{}").Body, "Phone")); got.Status != http.StatusOK {
		t.Fatalf("make a passkey: %d %s", got.Status, got.Body)
	}
	login.Passkeys = 1
	return login, d
}

func location(t *testing.T, a gatetest.Answer) string {
	t.Helper()
	var out struct{ Location, Error string }
	if err := json.Unmarshal([]byte(a.Body), &out); err != nil {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	return out.Location + out.Error
}

func TestMake(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	login, d := made(t, rig, "ann@ink.example")
	keys, err := rig.Team.Passkeys(t.Context(), login.ID)
	if err != nil || len(keys) != 1 || keys[0].Name != "Phone" {
		t.Fatalf("passkeys = %+v, %v", keys, err)
	}
	if strings.Contains(string(keys[0].Data), "clientDataJSON\":\"") {
		t.Errorf("the attestation was kept: %s", keys[0].Data)
	}
	b := rig.As(login)
	begun := b.PostJSON("/make", "{}").Body
	if !d.Knows(begun) {
		t.Error("a device that has a passkey is not left out")
	}
	second := passkeytest.New(t, gatetest.BaseURL)
	if got := location(t, b.PostJSON("/make/finish", second.Make(begun, ""))); got != "/made/Firefox on Linux" {
		t.Errorf("without a name: %s", got)
	}
}

func TestMake_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		device func(*passkeytest.Device)
		after  time.Duration
		body   func(string) string
		want   int
	}{
		"another origin":   {device: func(d *passkeytest.Device) { d.Origin = "https://admin.example.evil" }, want: http.StatusUnprocessableEntity},
		"the site of http": {device: func(d *passkeytest.Device) { d.Origin = "http://admin.example" }, want: http.StatusUnprocessableEntity},
		"no verification":  {device: func(d *passkeytest.Device) { d.Careless = true }, want: http.StatusUnprocessableEntity},
		"too late":         {after: 16 * time.Minute, want: http.StatusConflict},
		"no JSON":          {body: func(string) string { return "hello" }, want: http.StatusUnprocessableEntity},
		"nothing":          {body: func(string) string { return "{}" }, want: http.StatusUnprocessableEntity},
		"too much":         {body: func(s string) string { return s + strings.Repeat(" ", 65<<10) }, want: http.StatusUnprocessableEntity},
		"name of 61 letters": {body: func(s string) string {
			return strings.Replace(s, `"name":""`, `"name":"`+strings.Repeat("x", 61)+`"`, 1)
		}, want: http.StatusUnprocessableEntity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := newRig(t)
			login := rig.AddLogin("ann@ink.example")
			b, d := rig.As(login), passkeytest.New(t, gatetest.BaseURL)
			if tt.device != nil {
				tt.device(d)
			}
			body := d.Make(b.PostJSON("/make", "{}").Body, "")
			rig.Clock.Advance(tt.after)
			if tt.body != nil {
				body = tt.body(body)
			}
			if got := b.PostJSON("/make/finish", body); got.Status != tt.want {
				t.Errorf("status = %d, want %d: %s", got.Status, tt.want, got.Body)
			}
			if n := rig.Number(`SELECT COUNT(*) FROM enrolld_passkeys`); n != 0 {
				t.Errorf("%d passkeys were stored", n)
			}
		})
	}
}

func TestSign_saysWhoItIs(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	made(t, rig, "ann@ink.example")
	_, d := made(t, rig, "bob@ink.example")
	d.Step = 1
	b := rig.Browser()
	begun := b.PostJSON("/sign", "{}").Body
	if d.Knows(begun) {
		t.Error("the options of a sign-in without a name tell of passkeys")
	}
	body := d.Sign(begun)
	if got := location(t, b.PostJSON("/sign/finish", body)); got != "/proven/bob@ink.example" {
		t.Fatalf("signed in: %s", got)
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_passkeys WHERE used_at IS NOT NULL`); n != 1 {
		t.Errorf("%d passkeys are noted as used, want 1", n)
	}
	if got := b.PostJSON("/sign/finish", body); got.Status != http.StatusConflict {
		t.Errorf("the same answer once more: %d %s", got.Status, got.Body)
	}
}

func TestSign_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		device func(*passkeytest.Device)
		after  time.Duration
		other  bool // in another browser
		want   int
		noted  int64 // failures in the audit log
	}{
		"another origin":  {device: func(d *passkeytest.Device) { d.Origin = "https://evil.example" }, want: http.StatusUnprocessableEntity, noted: 1},
		"no verification": {device: func(d *passkeytest.Device) { d.Careless = true }, want: http.StatusUnprocessableEntity, noted: 1},
		"nobody's handle": {device: func(d *passkeytest.Device) { d.Handle = make([]byte, 32) }, want: http.StatusUnprocessableEntity},
		"too late":        {after: 16 * time.Minute, want: http.StatusConflict},
		"another browser": {other: true, want: http.StatusConflict},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := newRig(t)
			_, d := made(t, rig, "ann@ink.example")
			if tt.device != nil {
				tt.device(d)
			}
			b := rig.Browser()
			body := d.Sign(b.PostJSON("/sign", "{}").Body)
			rig.Clock.Advance(tt.after)
			if tt.other {
				b = rig.Browser()
			}
			if got := b.PostJSON("/sign/finish", body); got.Status != tt.want {
				t.Errorf("status = %d, want %d: %s", got.Status, tt.want, got.Body)
			}
			if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.failed'`); n != tt.noted {
				t.Errorf("%d failures noted, want %d", n, tt.noted)
			}
		})
	}
}

func TestSign_copyIsRefusedAndNoted(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	_, d := made(t, rig, "ann@ink.example")
	d.Counter, d.Step = 10, 1
	b := rig.Browser()
	if got := b.PostJSON("/sign/finish", d.Sign(b.PostJSON("/sign", "{}").Body)); got.Status != http.StatusOK {
		t.Fatalf("the device itself: %d %s", got.Status, got.Body)
	}
	d.Counter = 5 // a copy that was made before
	if got := b.PostJSON("/sign/finish", d.Sign(b.PostJSON("/sign", "{}").Body)); got.Status != http.StatusForbidden {
		t.Errorf("the copy: %d %s, want 403", got.Status, got.Body)
	}
	if n := rig.Number(`SELECT COUNT(*) FROM enrolld_audit WHERE action = 'login.failed' AND detail LIKE '%copied%'`); n != 1 {
		t.Errorf("%d entries about a copy, want 1", n)
	}
	d.Counter = 11
	if got := b.PostJSON("/sign/finish", d.Sign(b.PostJSON("/sign", "{}").Body)); got.Status != http.StatusOK {
		t.Errorf("the device itself, afterwards: %d %s", got.Status, got.Body)
	}
}

func TestAgain_onlyWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	ann, annsKey := made(t, rig, "ann@ink.example")
	_, bobsKey := made(t, rig, "bob@ink.example")
	b := rig.As(ann)
	begun := b.PostJSON("/again", "{}").Body
	if !annsKey.Knows(begun) || bobsKey.Knows(begun) {
		t.Errorf("the options should name Ann's passkey and no other: %s", begun)
	}
	if got := b.PostJSON("/again/finish", bobsKey.Sign(begun)); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("another login's passkey: %d %s, want 422", got.Status, got.Body)
	}
	if got := location(t, b.PostJSON("/again/finish", annsKey.Sign(b.PostJSON("/again", "{}").Body))); got != "/proven/ann@ink.example" {
		t.Errorf("her own: %s", got)
	}
	// What was begun for one purpose proves nothing for another.
	signed := annsKey.Sign(b.PostJSON("/again", "{}").Body)
	if got := b.PostJSON("/sign/finish", signed); got.Status != http.StatusConflict {
		t.Errorf("for another purpose: %d %s, want 409", got.Status, got.Body)
	}
}

func TestAgain_withoutPasskey(t *testing.T) {
	t.Parallel()
	rig := newRig(t)
	b := rig.As(rig.AddLogin("ann@ink.example"))
	if got := b.PostJSON("/again", "{}"); got.Status != http.StatusConflict {
		t.Errorf("status = %d %s, want 409", got.Status, got.Body)
	}
}

func TestNew_atANumber(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://admin.example": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "http://[::1]:8080": false,
	} {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := passkey.New(base, team.New(nil))
		if err != nil || keys.Offered() != want {
			t.Errorf("%s: offered = %v, %v, want %v", address, keys.Offered(), err, want)
		}
	}
}
