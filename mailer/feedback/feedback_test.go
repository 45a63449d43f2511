package feedback

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inSNS wraps what SES says as SNS delivers it, unsigned.
func inSNS(t testing.TB, message []byte) []byte {
	t.Helper()
	b, err := json.Marshal(envelope{Type: snsNotification, TopicARN: topic, Message: string(message), Timestamp: "2026-05-02T09:10:12Z"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	topic  = "arn:aws:sns:eu-west-1:123456789012:bounces"
	ourID  = "m42.0011223344556677@mail.acme.example"
	noUser = "550 5.1.1 [address]: no such user"
)

func TestParse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 2, 9, 10, 11, 0, time.UTC)
	ann := func(kind enrolld.ReportKind, id, text string, after time.Duration) enrolld.MailReport {
		return enrolld.MailReport{Kind: kind, MessageID: id, Recipient: "ann@example.org", At: at.Add(after), Text: text}
	}
	const hard, soft, complaint = enrolld.ReportBounced, enrolld.ReportSoft, enrolld.ReportComplained
	tests := []struct {
		provider, sample string
		want             []enrolld.MailReport
	}{
		{"ses", "ses-bounce.json", []enrolld.MailReport{
			ann(hard, ourID, "smtp; 550 5.1.1 <[address]>... User unknown", 237*time.Millisecond)}},
		{"ses", "ses-complaint.json", []enrolld.MailReport{ann(complaint, "", "complaint: abuse", 0)}},
		{"ses", "ses-transient.json", []enrolld.MailReport{ann(soft, "", "Transient bounce, MailboxFull", 0)}},
		{"postmark", "postmark-hard.json", []enrolld.MailReport{ann(hard, "",
			"smtp;550 5.1.1 The email account that you tried to reach ([address]) does not exist.", 123456700)}},
		{"postmark", "postmark-complaint.json", []enrolld.MailReport{ann(complaint, "", "called spam by the recipient", 0)}},
		{"postmark", "postmark-blocked.json", nil},
		{"sendgrid", "sendgrid.json", []enrolld.MailReport{
			ann(hard, ourID, "550 5.1.1 <[address]>: no such user", 0),
			{Kind: soft, MessageID: strings.Replace(ourID, "42", "43", 1), Recipient: "bob@example.org", At: at, Text: "421 4.7.0 try later"},
			{Kind: complaint, MessageID: strings.Replace(ourID, "42", "44", 1), Recipient: "cleo@example.org", At: at.Add(2 * time.Second),
				Text: "called spam by the recipient"},
			{Kind: hard, Recipient: "dora@example.org", At: at.Add(2 * time.Second), Text: "Bounced Address"},
		}},
		{"mailgun", "mailgun.json", []enrolld.MailReport{ann(hard, ourID, noUser, 500*time.Millisecond)}},
		{"brevo", "brevo.json", []enrolld.MailReport{ann(hard, ourID, "server is down", 0)}},
		{"mailbox", "dsn.eml", []enrolld.MailReport{ann(hard, ourID, "550 5.1.1 <[address]>: no such user", 0)}},
		{"mailbox", "dsn-policy.eml", []enrolld.MailReport{ann(soft, ourID, "550 5.7.1 refused by policy, no such user", 0)}},
		{"mailbox", "arf.eml", []enrolld.MailReport{ann(complaint, ourID, "complaint: abuse", 0)}},
		{"mailbox", "vacation.eml", nil},
	}
	for _, tt := range tests {
		body := sample(t, tt.sample)
		if tt.provider == "ses" {
			body = inSNS(t, body)
		}
		got, err := Providers(nil)[tt.provider].Parse(body)
		if err != nil {
			t.Errorf("%s: %v", tt.sample, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.sample, diff)
		}
	}
}

// TestMeanings: what else providers may say of a message.
func TestMeanings(t *testing.T) {
	t.Parallel()
	ses := func(s string) string { return string(inSNS(t, []byte(s))) }
	mg := func(event, severity, reason, status string) string {
		return fmt.Sprintf(`{"event-data":{"event":%q,"severity":%q,"reason":%q,"recipient":"a@b.example","delivery-status":{"enhanced-code":%q}}}`,
			event, severity, reason, status)
	}
	tests := []struct {
		provider, body string
		want           enrolld.ReportKind
	}{
		{"ses", ses(`{"notificationType":"Bounce","bounce":{"bounceType":"Undetermined","bouncedRecipients":[{}]}}`), enrolld.ReportSoft},
		{"ses", ses(`{"notificationType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"MessageTooLarge","bouncedRecipients":[{}]}}`), ""},
		{"ses", ses(`{"notificationType":"Complaint","complaint":{"complaintFeedbackType":"not-spam","complainedRecipients":[{}]}}`), ""},
		{"ses", ses(`{"notificationType":"Delivery"}`), ""},
		{"ses", ses(`Successfully validated SNS topic for Amazon SES event publishing.`), ""},
		{"ses", `{"Type":"SubscriptionConfirmation","Message":"You have chosen to subscribe"}`, ""},
		{"mailgun", mg("failed", "permanent", "suppress-bounce", ""), enrolld.ReportBounced},
		{"mailgun", mg("failed", "permanent", "bounce", "5.7.1"), enrolld.ReportSoft},
		{"mailgun", mg("failed", "permanent", "old", "4.4.1"), enrolld.ReportSoft},
		{"mailgun", mg("failed", "permanent", "suppress-complaint", ""), enrolld.ReportComplained},
		{"mailgun", mg("failed", "temporary", "generic", ""), ""},
		{"mailgun", mg("complained", "", "", ""), enrolld.ReportComplained},
		{"mailgun", mg("delivered", "", "", ""), ""},
		{"brevo", `{"event":"spam","email":"a@b.example"}`, enrolld.ReportComplained},
		{"brevo", `{"event":"soft_bounce","email":"a@b.example"}`, enrolld.ReportSoft},
		{"brevo", `{"event":"delivered","email":"a@b.example"}`, ""},
		{"postmark", `{"RecordType":"Delivery","Recipient":"a@b.example"}`, ""},
		{"postmark", `{"RecordType":"Bounce","Type":"SoftBounce"}`, enrolld.ReportSoft},
	}
	for _, tt := range tests {
		got, err := Providers(nil)[tt.provider].Parse([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
		}
		var kind enrolld.ReportKind
		if len(got) == 1 {
			kind = got[0].Kind
		}
		if kind != tt.want || len(got) > 1 {
			t.Errorf("%s %s: %+v, want %q", tt.provider, tt.body, got, tt.want)
		}
	}
}

// TestVerify: each provider's proof, and that of somebody else.
func TestVerify(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	body := sample(t, "sendgrid.json")
	sum := sha256.Sum256(append([]byte("1777713011"), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signed := http.Header{}
	signed.Set("X-Twilio-Email-Event-Webhook-Timestamp", "1777713011")
	signed.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	public := enrolld.Secret(base64.StdEncoding.EncodeToString(der))

	mac := hmac.New(sha256.New, []byte("signing-key"))
	mac.Write([]byte("1777713011" + "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"))
	gun := bytes.Replace(sample(t, "mailgun.json"), []byte("SIGNATURE"), []byte(hex.EncodeToString(mac.Sum(nil))), 1)

	basic := (&http.Request{Header: http.Header{}})
	basic.SetBasicAuth("enrolld", "word")
	bearer := http.Header{"Authorization": {"Bearer word"}}
	other := func(b []byte) []byte { return bytes.Replace(b, []byte("1777713011"), []byte("1777713012"), 1) }
	tests := []struct {
		name, provider string
		secrets        []enrolld.Secret
		header         http.Header
		body           []byte
		want           bool
	}{
		{"signed", "sendgrid", []enrolld.Secret{"bad", public}, signed, body, true},
		{"other body", "sendgrid", []enrolld.Secret{public}, signed, other(body), false},
		{"no signature", "sendgrid", []enrolld.Secret{public}, nil, body, false},
		{"no key", "sendgrid", nil, signed, body, false},
		{"signed", "mailgun", []enrolld.Secret{"old", "signing-key"}, nil, gun, true},
		{"other key", "mailgun", []enrolld.Secret{"guess"}, nil, gun, false},
		{"other time", "mailgun", []enrolld.Secret{"signing-key"}, nil, other(gun), false},
		{"unsigned", "mailgun", []enrolld.Secret{"signing-key"}, nil, []byte(`{}`), false},
		{"password", "postmark", []enrolld.Secret{"word"}, basic.Header, nil, true},
		{"other password", "postmark", []enrolld.Secret{"sword"}, basic.Header, nil, false},
		{"no password", "postmark", []enrolld.Secret{"word"}, nil, nil, false},
		{"nothing to prove", "postmark", nil, nil, nil, true},
		{"bearer", "brevo", []enrolld.Secret{"word"}, bearer, nil, true},
		{"other bearer", "brevo", []enrolld.Secret{"sword"}, bearer, nil, false},
		{"basic", "brevo", []enrolld.Secret{"word"}, basic.Header, nil, false},
	}
	for _, tt := range tests {
		if tt.header == nil {
			tt.header = http.Header{}
		}
		err := Providers(nil)[tt.provider].Verify(t.Context(), tt.secrets, Request{tt.header, tt.body})
		if got := err == nil; got != tt.want || !got && enrolld.CodeOf(err) != enrolld.Unauthorized {
			t.Errorf("%s of %s: %v, want proven %t", tt.name, tt.provider, err, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		provider string
		secret   enrolld.Secret
		want     bool
	}{
		{"ses", topic, true}, {"ses", "topic", false}, {"ses", "", false}, {"sendgrid", "MFkw", false}, {"sendgrid", "", false},
		{"mailgun", "key", true}, {"mailgun", "", false}, {"postmark", "", true}, {"brevo", "", true}, {"mailbox", "", true},
	}
	for _, tt := range tests {
		var secrets []enrolld.Secret
		if tt.secret != "" {
			secrets = append(secrets, tt.secret)
		}
		if err := Providers(nil)[tt.provider].Check(secrets); (err == nil) != tt.want {
			t.Errorf("%s with %q: %v", tt.provider, tt.secret, err)
		}
	}
}

// FuzzParse: whatever comes is an error or reports that are clean.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil || len(names) < 10 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		b := sample(f, filepath.Base(name))
		f.Add(b)
		if strings.Contains(name, "ses-") {
			f.Add(inSNS(f, b))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, p := range Providers(nil) {
			list, err := p.Parse(body)
			if err != nil && enrolld.CodeOf(err) != enrolld.Invalid && enrolld.CodeOf(err) != enrolld.TooLarge {
				t.Errorf("%s: %v", name, err)
			}
			if len(list) > maxReports {
				t.Errorf("%s: %d reports", name, len(list))
			}
			for _, r := range list {
				if r.Kind == "" || r.Text == "" || len([]rune(r.Text)) > 400 || strings.ContainsFunc(r.Text, unicode.IsControl) {
					t.Errorf("%s: %+v", name, r)
				}
			}
		}
	})
}
