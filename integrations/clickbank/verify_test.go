package clickbank_test

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/integrations"
)

type vectors struct {
	V7 struct {
		Secret enrolld.Secret
		Body   string
		Plain  string
	}
	Legacy struct {
		Secret  enrolld.Secret
		Fields  map[string]string
		Cverify string
	}
}

func loadVectors(tb testing.TB) (v vectors) {
	tb.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

// keyless is a configuration without an API key.
func keyless(secrets ...enrolld.Secret) integrations.Config {
	return integrations.Config{Secrets: secrets, Settings: []byte(`{"vendor":"myvendor"}`)}
}

func load(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/samples/" + name + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func code(t *testing.T, what string, err error, want enrolld.Code) {
	t.Helper()
	if got := enrolld.CodeOf(err); got != want {
		t.Errorf("%s: got code %q (%v), want %q", what, got, err, want)
	}
}

func TestVectorV7(t *testing.T) {
	v, p := loadVectors(t), connect("")
	c := keyless(v.V7.Secret)
	r := request(v.V7.Body, "application/json")
	if err := p.Verify(c, r); err != nil {
		t.Fatal(err)
	}
	got, err := p.Parse(c, r)
	if err != nil || got.Incomplete || len(got.Events) != 1 {
		t.Fatalf("got %+v (%v), want one event that needs no question", got, err)
	}
	usd := enrolld.Money{Minor: 4700, Currency: "USD"}
	want := enrolld.Event{
		Kind: enrolld.EventPurchase, At: at(3, 1, 18, 15), Refs: []string{"receipt:CWOGBLFN"}, Number: "CWOGBLFN",
		Buyer: &enrolld.Buyer{Email: "ann@example.org", First: "Ann", Last: "O'Neil", Country: "US"},
		Lines: []enrolld.EventLine{{
			Key: "item-1", Product: enrolld.ProductRef{ID: "1", Name: "Course A"},
			Sale: &enrolld.Sale{Paid: true, SoldAt: at(3, 1, 18, 15), Quantity: 1, Amount: usd},
		}},
		Payment: &enrolld.EventPart[enrolld.Payment]{
			ID: "CWOGBLFN:item-1", Value: enrolld.Payment{Amount: usd, Lines: []string{"item-1"}},
		},
	}
	if diff := cmp.Diff(want, got.Events[0]); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestVectorLegacy(t *testing.T) {
	v := loadVectors(t).Legacy
	form := url.Values{"cverify": {v.Cverify}}
	for name, value := range v.Fields {
		form.Set(name, value)
	}
	r := request(form.Encode(), "application/x-www-form-urlencoded")
	c := keyless(v.Secret)
	code(t, "not asked for", connect("").Verify(c, r), enrolld.Unauthorized)
	c.Settings = []byte(settings)
	code(t, "asked for", connect("").Verify(c, r), "")
}

// What the hash does not cover of the old form: where a value ends, and what it
// is called.
func TestLegacyShiftedFields(t *testing.T) {
	c := config()
	form := url.Values{}
	for name, value := range loadVectors(t).Legacy.Fields {
		form.Set(name, value)
	}
	try := func(what string, want enrolld.Code) {
		t.Helper()
		form.Del("cverify")
		form.Set("cverify", cverify(form, c.Secrets[0].Reveal()))
		code(t, what, connect("").Verify(c, request(form.Encode(), "application/x-www-form-urlencoded")), want)
	}
	try("as it came", "")
	form.Set("cprodtitle", "1|Course A")
	try("a bar within a value", enrolld.Unauthorized)
	form.Set("cprodtitle", "Course A")
	form.Set("cproda", "x")
	try("a name that is none", enrolld.Unauthorized)
	form.Del("cproda")
	form.Set("ctransvendor", "other")
	try("another vendor", enrolld.Unauthorized)
}

// Every way of failing must look the same.
func TestNoOracle(t *testing.T) {
	p, c := connect(""), keyless("TESTSECRETKEY001")
	plain := string(load(t, "sale_upsell"))
	envelope := func(body []byte) (sealed, iv []byte) {
		var e struct{ Notification, IV []byte }
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		return e.Notification, e.IV
	}
	open := func(sealed, iv []byte) string {
		b64 := base64.StdEncoding.EncodeToString
		return `{"notification":"` + b64(sealed) + `","iv":"` + b64(iv) + `"}`
	}
	good := seal(c.Secrets[0], []byte(plain))
	sealed, iv := envelope(good)
	flip := func(b []byte, i int, bit byte) []byte {
		out := append([]byte(nil), b...)
		out[i] ^= bit
		return out
	}
	again := func(old, text string) string {
		return string(seal(c.Secrets[0], []byte(strings.Replace(plain, old, text, 1))))
	}
	refusals := map[string]bool{}
	for what, body := range map[string]string{
		"another secret":        string(seal("ANOTHERSECRET", []byte(plain))),
		"padding broken":        open(flip(sealed, len(sealed)-17, 1), iv),
		"a block of noise":      open(flip(sealed, len(sealed)/2, 1), iv),
		"not JSON":              open(sealed, flip(iv, 0, 1)),
		"another vendor":        again(`"myvendor"`, `"yourvendor"`),
		"no vendor":             again(`"vendor": "myvendor",`, ``),
		"a type that is none":   again(`"SALE"`, `"sale; x"`),
		"no time":               again(`"20260301T101700-0800"`, `"soon"`),
		"an old version":        again(`"version": 8.0`, `"version": 5.0`),
		"a receipt that's none": again(`"CWOGBLGQ"`, `"../CWOGBLGQ"`),
		"control characters":    again(`"Coaching"`, "\"Coach\x01ing\""),
		"half a block":          open(sealed[:len(sealed)-3], iv),
		"no block":              open(nil, iv),
		"a short IV":            open(sealed, iv[:8]),
		"no envelope":           `{"a":1}`,
		"a list":                `[` + string(good) + `]`,
		"not even that":         `{"notification`,
		"sent as stored":        `{"enrolld_decrypted":` + plain + `}`,
		"stored and sealed":     strings.Replace(string(good), "{", `{"enrolld_decrypted":`+plain+`,`, 1),
		"a form":                "ctransaction=SALE&cverify=00000000",
	} {
		err := p.Verify(c, request(body, "application/json"))
		if body == refusedForm {
			err = p.Verify(c, request(body, "application/x-www-form-urlencoded"))
		}
		code(t, what, err, enrolld.Unauthorized)
		if err != nil {
			refusals[err.Error()] = true
		}
	}
	if len(refusals) != 1 {
		t.Errorf("there are %d kinds of refusals, want one: %v", len(refusals), refusals)
	}
	code(t, "untouched", p.Verify(c, request(string(good), "application/json")), "")
}

const refusedForm = "ctransaction=SALE&cverify=00000000"

// A change to the ciphertext makes noise of a block: it must not get through, not
// even where the noise falls into a text that means nothing.
func TestMalleable(t *testing.T) {
	p, c := connect(""), keyless("TESTSECRETKEY001")
	good := string(seal(c.Secrets[0], load(t, "sub_sale")))
	const head = `","notification":"`
	start := strings.Index(good, head) + len(head)
	sealed, err := base64.StdEncoding.DecodeString(good[start : len(good)-2])
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6)) // repeatable on purpose
	for range 3000 {
		b := append([]byte(nil), sealed...)
		b[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
		r := request(good[:start]+base64.StdEncoding.EncodeToString(b)+`"}`, "application/json")
		if p.Verify(c, r) == nil {
			t.Fatal("a changed notification is accepted")
		}
	}
}

// The secret is changed between receipt and reading: what is stored can still be
// read, and completed, and is not accepted from outside.
func TestStoredAfterRotation(t *testing.T) {
	s := suite(t)
	before, after := config(), config()
	after.Secrets = []enrolld.Secret{"A0BRANDNEWSECRET"}
	p := connect(serve(t, s.API))
	for _, name := range []string{"sale_bump", "sub_bill", "refund_part", "trial_sale"} {
		sent := request(string(seal(before.Secrets[1], load(t, name))), "application/json")
		kept := p.Redact(before, sent)
		want, err := p.Parse(before, sent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Parse(after, kept)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: read with another secret (-want +got, %v):\n%s", name, err, diff)
		}
		if _, err := p.(integrations.Completer).Complete(t.Context(), after, kept, got); err != nil {
			t.Errorf("%s: completed with another secret: %v", name, err)
		}
		if diff := cmp.Diff(p.Identify(before, sent), p.Identify(after, kept)); diff != "" {
			t.Errorf("%s: another identity (-sent +stored):\n%s", name, diff)
		}
		code(t, name+", the stored form sent in", p.Verify(before, kept), enrolld.Unauthorized)
	}
	// What was not stored by us cannot be read any more: an error, not a guess.
	_, err := p.Parse(after, request(string(seal(before.Secrets[0], load(t, "sale_bump"))), "application/json"))
	code(t, "an envelope of an old secret", err, enrolld.Invalid)
}

func TestCheckConfig(t *testing.T) {
	for text, ok := range map[string]bool{
		settings: true, `{"vendor":"my"}`: true, ``: false, `{}`: false, `{"vendor":""}`: false, `{"vendor":"a b"}`: false,
		`{"vendor":"my","x":1}`: false, `{"vendor":"my","periods":{"1":"1 month"}}`: true,
		`{"vendor":"my","periods":{"1":"monthly"}}`: false, `{`: false,
	} {
		c := config()
		c.Settings = []byte(text)
		if err := connect("").CheckConfig(c); (err == nil) != ok || err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("settings %s: got %v, want ok %t", text, err, ok)
		}
	}
}

// A retry counts its attempts, and is encrypted anew; the test of the URL has no
// receipt.
func TestIdentify(t *testing.T) {
	p, c := connect(""), keyless("TESTSECRETKEY001")
	key := func(text string) string {
		return p.Identify(c, request(string(seal(c.Secrets[0], []byte(text))), "application/json")).Key
	}
	sale := string(load(t, "sale_bump"))
	if key(sale) != key(strings.Replace(sale, `"attemptCount": 1`, `"attemptCount": 4`, 1)) {
		t.Error("a retry has another key")
	}
	if a, b := key(string(load(t, "test_url"))), key(string(load(t, "test_sale"))); a == b || strings.Contains(a, "*") {
		t.Errorf("the test of the URL has the key %q", a)
	}
	if key(string(load(t, "refund_part"))) == key(string(load(t, "refund_rest"))) {
		t.Error("two refunds of one item have one key")
	}
}

func TestRoles(t *testing.T) {
	p, c := connect(""), keyless("TESTSECRETKEY001")
	for role, ignored := range map[string]bool{"AFFILIATE": true, "JV_UPSELL": true, "VENDOR": false} {
		text := strings.Replace(string(load(t, "sale_upsell")), `"VENDOR"`, `"`+role+`"`, 1)
		r := request(string(seal(c.Secrets[0], []byte(text))), "application/json")
		if err := p.Verify(c, r); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		got, err := p.Parse(c, r)
		if err != nil || (got.Ignored != "") != ignored {
			t.Errorf("%s: got %d events, ignored %q (%v)", role, len(got.Events), got.Ignored, err)
		}
	}
}

func TestPing(t *testing.T) {
	if r := request(" \n", "application/json"); !connect("").IsPing(r) {
		t.Error("a blank body is not taken for a ping")
	}
	if r := request(refusedForm, ""); connect("").IsPing(r) {
		t.Error("a form is taken for a ping")
	}
}

// The last envelope that was opened is kept. Many deliveries at once must each get
// their own, whichever is kept.
func TestOpenedAtOnce(t *testing.T) {
	p, c := connect(""), keyless("TESTSECRETKEY001")
	var group sync.WaitGroup
	for _, name := range []string{"sale_bump", "sub_sale", "sub_bill", "trial_sale"} {
		r := request(string(seal(c.Secrets[0], load(t, name))), "application/json")
		want, err := p.Parse(c, r)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			group.Go(func() {
				for range 50 {
					if got, err := p.Parse(c, r); err != nil || !cmp.Equal(want, got) {
						t.Errorf("%s: another delivery's events (%v)", name, err)
					}
				}
			})
		}
	}
	group.Wait()
	// Kept or not, a secret that was taken away opens nothing.
	r := request(string(seal(c.Secrets[0], load(t, "sale_bump"))), "application/json")
	code(t, "opened once", p.Verify(c, r), "")
	code(t, "by another secret", p.Verify(keyless("TESTSECRETKEY002"), r), enrolld.Unauthorized)
	other := c
	other.Settings = []byte(`{"vendor":"yourvendor"}`)
	code(t, "for another vendor", p.Verify(other, r), enrolld.Unauthorized)
}
