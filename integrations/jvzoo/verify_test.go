package jvzoo_test

import (
	"net/url"
	"strings"
	"testing"

	"enrolld"
	"enrolld/integrations"
)

// keyless is a configuration without an API key.
func keyless(secret enrolld.Secret) integrations.Config {
	return integrations.Config{Secrets: []enrolld.Secret{secret}, Settings: []byte(settings)}
}

func code(t *testing.T, what string, err error, want enrolld.Code) {
	t.Helper()
	if got := enrolld.CodeOf(err); got != want {
		t.Errorf("%s: got code %q (%v), want %q", what, got, err, want)
	}
}

// The last two were made by others than us: the facts' own, and niteoweb's, which
// says what JVZoo made of it.
func TestVectors(t *testing.T) {
	for what, tc := range map[string]struct{ secret, form string }{
		"v1, UTF-8 and an ampersand": {"jv-secret-1", "caffitid=&ccustcc=DE&ccustemail=ann%40example.org&ccustname=Ann+M%C3%BCller&ccuststate=BE&cproditem=401234&cprodtitle=Course+A+%26+B&cprodtype=STANDARD&ctransaction=SALE&ctransaffiliate=jv-partner%40example.net&ctransamount=4700&ctranspaymentmethod=STRP&ctransreceipt=9AB12345CD678901E&ctranstime=1760000000&ctransvendor=12345&cupsellreceipt=&cvendthru=course%3D7&cverify=E88EB01D"},
		"v1, empty values":           {"secret", "ccustname=JohnSmith&ccuststate=&ccustcc=&ccustemail=test@email.com&cproditem=1&cprodtitle=TestProduct&cprodtype=STANDARD&ctransaction=SALE&ctransaffiliate=affiliate@email.com&ctransamount=1000&ctranspaymentmethod=&ctransvendor=&ctransreceipt=1&cupsellreceipt=&caffitid=&cvendthru=&ctranstime=1350388651&cverify=AACDD10E"},
		"v2":                         {"jv-secret-2", "paykey=AP-0A1B2C3D4E5F67890&prekey=&transaction_id=0A1B2C3D4E5F67890&transaction_type=SALE&total=47.00&tax_total=0.00&status=Completed&date=2026-03-01+14%3A05%3A09&product_id=401234&product_name=Course+A+%26+B&product_type=STANDARD&payment_method=STRP&customer_first_name=Ann&customer_last_name=M%C3%BCller&customer_email=ann%40example.org&delivery_country=GERMANY&affiliate_id=0&cverify=E4EDB99D"},
	} {
		code(t, what, connect("").Verify(keyless(enrolld.Secret(tc.secret)), request(tc.form)), "")
		got, err := connect("").Parse(keyless(enrolld.Secret(tc.secret)), request(tc.form))
		if err != nil || len(got.Events) != 1 {
			t.Errorf("%s: got %+v (%v), want one event", what, got, err)
		}
		changed := strings.Replace(tc.form, "SALE", "BILL", 1)
		code(t, what+", changed", connect("").Verify(keyless(enrolld.Secret(tc.secret)), request(changed)), enrolld.Unauthorized)
	}
	// The public vector of a single field shows the formula, and why one field is
	// not enough: with no others its name is anybody's choice.
	if got := cverify(url.Values{"ccustname": {"fullname"}}, "secret"); got != "38CFCDED" {
		t.Errorf("one field: got %s", got)
	}
	code(t, "one field", connect("").Verify(keyless("secret"), request("ccustname=fullname&cverify=38CFCDED")), enrolld.Unauthorized)
}

// change signs a form and then changes what is in it.
func change(t *testing.T, name string, fields ...string) url.Values {
	t.Helper()
	form := load(t, name)
	form.Set("cverify", cverify(form, "jv-secret-1"))
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

func load(t *testing.T, name string) url.Values {
	t.Helper()
	for _, s := range samples(t) {
		if s.Name == name {
			form, err := url.ParseQuery(string(s.Body))
			if err != nil {
				t.Fatal(err)
			}
			return form
		}
	}
	t.Fatalf("no sample %s", name)
	return nil
}

// v1 signs values without their names. Who names his values otherwise must not
// get another product for it.
func TestV1Relabelled(t *testing.T) {
	c := keyless("jv-secret-1")
	form := load(t, "v1_sale")
	form.Set("ccustname", "402222") // what the buyer calls himself
	form.Set("cverify", cverify(form, "jv-secret-1"))
	code(t, "as it came", connect("").Verify(c, request(form.Encode())), "")
	// The same values in the same order, the name now being the product's number.
	moved := url.Values{}
	for from, to := range map[string]string{
		"caffitid": "caffitid", "ccustcc": "ccustcc", "ccustemail": "ccustemail", "ccustname": "cproditem", "ccuststate": "cprodj",
		"cproditem": "cprodk", "cprodtitle": "cprodtitle", "cprodtype": "cprodtype",
	} {
		moved.Set(to, form.Get(from))
	}
	for name := range form {
		if strings.HasPrefix(name, "ctrans") || name == "cupsellreceipt" || name == "cvendthru" || name == "cverify" {
			moved.Set(name, form.Get(name))
		}
	}
	if cverify(moved, "jv-secret-1") != form.Get("cverify") {
		t.Fatal("the test does not forge what it wants to")
	}
	code(t, "relabelled", connect("").Verify(c, request(moved.Encode())), enrolld.Unauthorized)
}

// A bar within a value may be the one between two.
func TestV1Bars(t *testing.T) {
	c, p := keyless("jv-secret-1"), connect("")
	form := load(t, "v1_sale")
	form.Set("ccustname", "Ann|BE|402222|Other")
	form.Set("cverify", cverify(form, "jv-secret-1"))
	forged := url.Values{}
	for name := range form {
		forged.Set(name, form.Get(name))
	}
	forged.Set("ccustname", "Ann")
	forged.Set("cproditem", "402222")
	forged.Set("cprodtitle", "Other|BE|401234|Course A & B")
	code(t, "shifted by bars", p.Verify(c, request(forged.Encode())), "")
	for what, f := range map[string]url.Values{"as it came": form, "shifted": forged} {
		if got, err := p.Parse(c, request(f.Encode())); enrolld.OutcomeOf(err) != enrolld.OutcomePark {
			t.Errorf("%s: got %+v (%v), want it to wait for a person", what, got, err)
		}
	}
	got, err := p.Parse(c, request(load(t, "v1_sub_sale").Encode())) // "Club | Monthly"
	if err != nil || len(got.Events) != 1 {
		t.Errorf("a bar between words: got %+v (%v)", got, err)
	}
}

// In v2 only the product's name may have a bar: in another field it could stand
// for two fields in one.
func TestV2Bars(t *testing.T) {
	c, p := keyless("jv-secret-1"), connect("")
	code(t, "in the name", p.Verify(c, request(change(t, "v2_sub_sale").Encode())), "")
	form := change(t, "v2_sub_sale")
	// "Club | Monthly|SALE" cut elsewhere: the hash is the same.
	form.Set("product_name", "Club ")
	form.Set("transaction_type", " Monthly|SALE")
	code(t, "in the type", p.Verify(c, request(form.Encode())), enrolld.Unauthorized)
}

func TestMissingFields(t *testing.T) {
	for _, name := range []string{"caffitid", "cvendthru", "ctransaction", "cproditem"} {
		form := load(t, "v1_sale")
		form.Del(name)
		form.Set("cverify", cverify(form, "jv-secret-1"))
		code(t, "without "+name, connect("").Verify(keyless("jv-secret-1"), request(form.Encode())), enrolld.Unauthorized)
	}
	for _, name := range []string{"customer_email", "product_name", "date"} {
		form := load(t, "v2_sale")
		form.Del(name)
		form.Set("cverify", cverify(form, "jv-secret-1"))
		code(t, "without "+name, connect("").Verify(keyless("jv-secret-1"), request(form.Encode())), enrolld.Unauthorized)
	}
}

func TestCheckConfig(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "{}": true, settings: true, `{"periods":{"1":"monthly"}}`: false, `{"x":1}`: false, `{`: false, `[]`: false,
	} {
		c := config()
		c.Settings = []byte(text)
		if err := connect("").CheckConfig(c); (err == nil) != ok || err != nil && enrolld.CodeOf(err) != enrolld.Invalid {
			t.Errorf("settings %s: got %v, want ok %t", text, err, ok)
		}
	}
}
