package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store"
)

// revealed compares secrets by what they hide.
var revealed = cmp.Comparer(func(a, b enrolld.Secret) bool { return a.Reveal() == b.Reveal() })

func TestIntegrations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := store.Integration{
		AccountID: w.account.ID, Platform: "thrivecart", Name: "Zoë's shop", Secrets: []enrolld.Secret{"hush-1"},
		APIKey: "api-hush", Settings: json.RawMessage(`{"mode":"live"}`),
	}
	added, err := w.db.AddIntegration(t.Context(), in)
	w.check(err)
	want := in
	want.ID, want.Token, want.CreatedAt = 2, added.Token, w.clock.Now()
	if diff := cmp.Diff(want, added, revealed); diff != "" {
		t.Errorf("AddIntegration (-want +got):\n%s", diff)
	}
	token := added.Token.Reveal()
	if len(token) != 32 || token == w.source.Token.Reveal() {
		t.Errorf("the tokens are %q and %q, want two of 32 characters", token, w.source.Token.Reveal())
	}
	read := func(what string, got store.Integration, err error) {
		t.Helper()
		w.check(err)
		if diff := cmp.Diff(want, got, revealed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	got, err := w.db.Integration(t.Context(), 2)
	read("Integration", got, err)
	got, err = w.db.IntegrationByToken(t.Context(), "thrivecart", token)
	read("IntegrationByToken", got, err)
	list, err := w.db.Integrations(t.Context(), w.account.ID)
	w.check(err)
	if len(list) != 2 {
		t.Fatalf("Integrations = %d, want 2", len(list))
	}
	read("Integrations", list[1], nil)
	if string(list[0].Settings) != "{}" {
		t.Errorf("the settings of an integration without any are %q", list[0].Settings)
	}
	for _, wrong := range [][2]string{
		{"stripe", token}, {"thrivecart", token[1:]}, {"thrivecart", strings.ToLower(token)}, {"thrivecart", ""},
	} {
		_, err := w.db.IntegrationByToken(t.Context(), wrong[0], wrong[1])
		wantCode(t, fmt.Sprint("webhook ", wrong), err, enrolld.NotFound)
	}
	_, err = w.db.Integration(t.Context(), 99)
	wantCode(t, "unknown integration", err, enrolld.NotFound)
	foreign, err := w.db.Integrations(t.Context(), w.account.ID+1)
	w.check(err)
	if len(foreign) != 0 {
		t.Errorf("another account has %d integrations", len(foreign))
	}
}

// A new secret stands beside the old one until the platform uses it.
func TestUpdateIntegration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.source.Token.Reveal()
	change := w.source
	change.Name, change.Secrets, change.AcceptTest = "Renamed", []enrolld.Secret{"whsec_1", "whsec_2"}, false
	change.Settings = json.RawMessage(`{"a":1}`)
	w.check(w.db.UpdateIntegration(t.Context(), change))
	w.check(w.db.UpdateIntegration(t.Context(), change)) // nothing to change is no failure
	got, err := w.db.IntegrationByToken(t.Context(), "stripe", token)
	w.check(err)
	if diff := cmp.Diff(change, got, revealed); diff != "" {
		t.Errorf("after the change (-want +got):\n%s", diff)
	}
	now := w.clock.Now()
	change.DisabledAt = &now
	w.check(w.db.UpdateIntegration(t.Context(), change))
	_, err = w.db.IntegrationByToken(t.Context(), "stripe", token)
	wantCode(t, "a disabled webhook", err, enrolld.NotFound)
	got, err = w.db.Integration(t.Context(), change.ID) // its deliveries are worked on all the same
	w.check(err)
	if got.DisabledAt == nil || !got.DisabledAt.Equal(now) {
		t.Errorf("disabled at %v, want %v", got.DisabledAt, now)
	}
	change.AccountID++
	wantCode(t, "update another account's", w.db.UpdateIntegration(t.Context(), change), enrolld.NotFound)
}

// Who reads the table learns no secret, and who has another key file is told so.
func TestIntegrationSecretsAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := store.Integration{
		AccountID: w.account.ID, Platform: "stripe", Secrets: []enrolld.Secret{"whsec_hush"}, APIKey: "api-hush",
	}
	added, err := w.db.AddIntegration(t.Context(), in)
	w.check(err)
	w.check(w.db.UpdateIntegration(t.Context(), added))
	table := strings.Join(w.rows("SELECT * FROM enrolld_integrations"), "\n")
	for _, secret := range []string{"whsec", "hush", added.Token.Reveal(), w.source.Token.Reveal()} {
		if strings.Contains(table, secret) {
			t.Errorf("%q can be read in the table", secret)
		}
	}
	stranger := w.stranger()
	_, err = stranger.IntegrationByToken(t.Context(), "stripe", added.Token.Reveal())
	wantCode(t, "IntegrationByToken with another key", err, enrolld.Unavailable)
	if message := enrolld.MessageOf(err); !strings.Contains(message, "secret key file") {
		t.Errorf("the message is %q, want one that names the secret key file", message)
	}
	_, err = stranger.Integrations(t.Context(), w.account.ID)
	wantCode(t, "Integrations with another key", err, enrolld.Unavailable)
	w.exec("UPDATE enrolld_integrations SET sealed = 'rubbish'")
	_, err = w.db.Integration(t.Context(), added.ID)
	wantCode(t, "a secret of unknown form", err, enrolld.Internal)
}
