package service

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/storetest"
)

// TestEveryPlatformHasItsPage: half a screen or so in docs, and a row in its list.
func TestEveryPlatformHasItsPage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "docs", "platforms")
	list, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	platforms := Platforms(nil)
	const most = 60 // lines
	for _, name := range slices.Sorted(maps.Keys(platforms)) {
		page, err := os.ReadFile(filepath.Join(dir, name+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(page), "--platform "+name) {
			t.Errorf("%s.md does not say --platform %s", name, name)
		}
		if !strings.Contains(string(list), "]("+name+".md) | `"+name+"`") {
			t.Errorf("README.md has no row for %s", name)
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(pages) != len(platforms)+3 { // README, edd, podia
		t.Errorf("%d pages for %d platforms, %v", len(pages), len(platforms), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if n := strings.Count(string(text), "\n"); err != nil || n > most {
			t.Errorf("%s has %d lines (%v), want at most %d: it is a recipe", page, n, err, most)
		}
	}
}

// vague says of everything that it is not complete, and asks nobody.
type vague struct{ integrations.Platform }

func (vague) Parse(integrations.Config, integrations.Request) (integrations.Parsed, error) {
	return integrations.Parsed{Events: []enrolld.Event{{Kind: enrolld.EventPurchase}}, Incomplete: true}, nil
}

// careless completes nothing and says that it went well.
type careless struct{ vague }

func (careless) Complete(
	_ context.Context, _ integrations.Config, _ integrations.Request, p integrations.Parsed,
) (integrations.Parsed, error) {
	return p, nil
}

// TestIncompleteIsNotBelieved: what nobody vouches for waits, visibly.
func TestIncompleteIsNotBelieved(t *testing.T) {
	t.Parallel()
	stripe := Platforms(nil)["stripe"]
	for name, p := range map[string]integrations.Platform{"not asked": vague{stripe}, "asked in vain": careless{vague{stripe}}} {
		got, err := NewReader(integrations.Registry{"stripe": p}).Read(t.Context(), provision.Source{Platform: "stripe"})
		if enrolld.OutcomeOf(err) != enrolld.OutcomePark || len(got.Events) != 0 {
			t.Errorf("%s: got %d events, %v, want it parked", name, len(got.Events), err)
		}
	}
}

// site makes a database with WordPress's tables and an account, whose page 12 is
// a course.
func site(t *testing.T) (*store.DB, enrolld.Account) {
	t.Helper()
	db := storetest.New(t)
	schema, err := os.ReadFile(filepath.Join("..", "..", "store", "wordpress", "testdata", "schema-6.9.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for s := range strings.SplitSeq(string(schema)+`INSERT INTO wp_posts (ID, post_title, post_content, post_excerpt, to_ping, pinged,
		post_content_filtered, post_type) VALUES (12, 'Painting', '', '', '', '', '', 'page')`, ";\n") {
		if s = strings.TrimSpace(s); s == "" || strings.Contains(s, "enrolld_site_names") {
			continue
		}
		if _, err := db.Conn().ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
	account, err := db.AddAccount(t.Context(), enrolld.Account{Name: "Acme", BlogID: 1, LinkDays: 7}, store.Site{
		Schema: db.Name(), BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta",
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, account
}

// sampleOf reads a sample delivery of a platform; a form's fields are on lines.
func sampleOf(t *testing.T, platform, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "integrations", platform, "testdata", "samples", file))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(body))
	if strings.HasSuffix(file, ".form") {
		text = strings.ReplaceAll(text, "\n", "&")
	}
	return text
}

// checkout is a tool that sells page 12, with a delivery of its own.
type checkout struct {
	integration store.Integration
	product     string
	body        string
	header      http.Header
	want        string // the delivery's state in the end
}

func checkouts(t *testing.T) map[string]checkout {
	t.Helper()
	form, js := "application/x-www-form-urlencoded", "application/json"
	woo := sampleOf(t, "woocommerce", "real_order.updated_oncepaid.json")
	mac := hmac.New(sha256.New, []byte("wc secret"))
	_, _ = io.WriteString(mac, woo)
	ipn := sampleOf(t, "paypalipn", "web_accept.form")
	return map[string]checkout{
		"signed": {
			store.Integration{Platform: "woocommerce", Secrets: []enrolld.Secret{"wc secret"}}, "10", woo,
			http.Header{
				"Content-Type": {js}, "X-Wc-Webhook-Topic": {"order.updated"},
				"X-Wc-Webhook-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))},
			}, "parked", // its second product is not mapped
		},
		"asked about": {
			store.Integration{Platform: "gumroad", APIKey: "token"}, "32-nPainqpLj1B_WIwVlMw==",
			sampleOf(t, "gumroad", "sale_once.form"), http.Header{"Content-Type": {form}}, "done",
		},
		"sent back": {
			store.Integration{
				Platform: "paypal-ipn", Settings: []byte(`{"receiver":["shop@example.com","S8XGHLYDW9T3S"]}`), AcceptTest: true,
			}, "course-7", ipn, http.Header{"Content-Type": {form}}, "done",
		},
		"denied": {
			store.Integration{
				Platform: "paypal-ipn", Settings: []byte(`{"receiver":["shop@example.com","S8XGHLYDW9T3S"]}`), AcceptTest: true,
			}, "course-7", strings.Replace(ipn, "ann%40", "mallory%40", 1) + "&forged=1", http.Header{"Content-Type": {form}}, "dead",
		},
	}
}

// apis stand in for Gumroad, which knows one sale, and for PayPal, which knows
// one message.
func apis(t *testing.T) APIs {
	t.Helper()
	answer, err := os.ReadFile(filepath.Join("..", "..", "integrations", "gumroad", "testdata", "api", "sale.json"))
	if err != nil {
		t.Fatal(err)
	}
	serve := func(f http.HandlerFunc) string {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		return s.URL
	}
	return APIs{
		"gumroad": serve(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			if strings.HasSuffix(r.URL.Path, "/sales") { // which sales were made
				_, _ = fmt.Fprintf(w, `{"success":true,"sales":[%s]}`, answer)
				return
			}
			_, _ = fmt.Fprintf(w, `{"success":true,"sale":%s}`, answer)
		}),
		"paypal-ipn": serve(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			verdict := "VERIFIED"
			if strings.Contains(string(body), "forged") {
				verdict = "INVALID"
			}
			_, _ = io.WriteString(w, verdict)
		}),
	}
}

// TestCheckoutsToAccess: through the running service, from the webhook to the
// WordPress user's access: a signed delivery, one that the platform's API is asked
// about, one that is sent back to be proven, and one that is denied.
func TestCheckoutsToAccess(t *testing.T) {
	t.Parallel()
	for name, c := range checkouts(t) {
		t.Run(name, func(t *testing.T) {
			db, account := site(t)
			c.integration.AccountID = account.ID
			config := c.integration
			i, err := db.AddIntegration(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.MapProduct(t.Context(), enrolld.Product{
				AccountID: account.ID, Platform: i.Platform, Key: c.product,
				Rule: enrolld.Rule{Courses: []enrolld.CourseRef{{LMS: "page", ID: 12}}},
			}); err != nil {
				t.Fatal(err)
			}
			s := start(t, Config{DB: db, Workers: 1, APIs: apis(t)})
			address := fmt.Sprintf("http://%s/webhooks/%s/%s", s.Addr(), i.Platform, i.Token.Reveal())
			eventually(t, "the delivery is taken", func() bool {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header = c.header.Clone()
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					return false
				}
				_ = res.Body.Close()
				return res.StatusCode == http.StatusOK
			})
			one := func(query string) (out string) {
				_ = db.Conn().QueryRowContext(t.Context(), query).Scan(&out)
				return out
			}
			eventually(t, "the delivery is worked on", func() bool {
				return one("SELECT state FROM enrolld_deliveries") != "queued"
			})
			if got := one("SELECT state FROM enrolld_deliveries"); got != c.want {
				t.Errorf("the delivery is %s, want %s: %s", got, c.want, one("SELECT note FROM enrolld_deliveries"))
			}
			want := "ann@example.org"
			if c.want == "dead" {
				want = ""
			}
			if got := one("SELECT LOWER(user_email) FROM wp_users u JOIN enrolld_access a ON a.user_id = u.ID AND a.course_id = 12"); got != want {
				t.Errorf("access of %q, want %q", got, want)
			}
		})
	}
}
