package mailer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		in   string
		want Config
	}{
		{"smtp://mail.example.com", Config{Host: "mail.example.com", Port: 587, TLS: TLSRequired}},
		{"smtps://u%40x:p%23w@mail.example.com", Config{Host: "mail.example.com", Port: 465, User: "u@x",
			Password: "p#w", TLS: TLSImplicit}},
		{"smtps://mail.example.com:2465?tls=required", Config{Host: "mail.example.com", Port: 2465,
			TLS: TLSImplicit}},
		{"smtp://localhost:1025", Config{Host: "localhost", Port: 1025, TLS: TLSNone}},
		{"smtp://[::1]:25?tls=required", Config{Host: "::1", Port: 25, TLS: TLSRequired}},
		{"smtp://relay:25?tls=opportunistic&rate=0.5&connections=2&timeout=5s&idle=1m&hello=acme.example",
			Config{Host: "relay", Port: 25, TLS: TLSOpportunistic, Rate: 0.5, Connections: 2,
				Timeout: 5 * time.Second, Idle: time.Minute, Hello: "acme.example"}},
		{"smtp://relay:25?tls=none", Config{Host: "relay", Port: 25, TLS: TLSNone}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseURL(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want.withDefaults(), got); diff != "" {
				t.Errorf("ParseURL (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "must begin with smtp://"},
		{"mail.example.com:587", "must begin with smtp://"},
		{"http://mail.example.com", "must begin with smtp://"},
		{"smtp://", "host is missing"},
		{"smtp://u:hush/hush@mail.example.com", "special characters"},
		{"smtp://u:hush#hush@mail.example.com", "special characters"},
		{"smtp://u:hu%zzsh@mail.example.com", "special characters"},
		{"smtp://u@mail.example.com", "belong together"},
		{"smtp://u:@mail.example.com", "belong together"},
		{"smtp://mail.example.com/path", "only ?parameters"},
		{"smtp://mail.example.com:0", "1 to 65535"},
		{"smtp://mail.example.com:99999", "1 to 65535"},
		{"smtp://mail_$.example.com", "not a name"},
		{"smtp://u:hush@mail.example.com?tls=none", "travel readable"},
		{"smtp://mail.example.com?tls=yes", "tls must be"},
		{"smtps://mail.example.com?tls=none", "always encrypted"},
		{"smtp://mail.example.com?rate=fast", "messages per second"},
		{"smtp://mail.example.com?rate=NaN", "messages per second"},
		{"smtp://mail.example.com?connections=0", "from 1 to"},
		{"smtp://mail.example.com?timeout=5", "duration from 1s"},
		{"smtp://mail.example.com?tls=required&tls=none", "more than once"},
		{"smtp://mail.example.com?verify=no", "unknown parameter"},
		{"smtp://mail.example.com?hello=a%0d%0ab", "host name"},
		{"smtp://u:a%0d@mail.example.com", "control character"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			_, err := ParseURL(tt.in)
			if enrolld.CodeOf(err) != enrolld.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseURL(%q): %v, want invalid with %q", tt.in, err, tt.want)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%+v", err), "hush") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestConfigHidesThePassword(t *testing.T) {
	c, err := ParseURL("smtp://jane:hush@mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		if strings.Contains(s, "hush") {
			t.Errorf("printed: %s", s)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"smtp://a:b@c:587?tls=required&rate=10", "smtps://h", "smtp://[::1]:25",
		"smtp://%", "smtp:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseURL(s)
		if err != nil {
			if enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("ParseURL(%q): %v, want code invalid", s, err)
			}
			return
		}
		if c.Host == "" || c.Port < 1 || c.Port > 65535 || c.TLS == "" || c.Timeout <= 0 || c.Connections < 1 {
			t.Errorf("ParseURL(%q) = %+v", s, c)
		}
		if strings.ContainsAny(c.Host+c.Hello+c.User, "\r\n\x00") {
			t.Errorf("ParseURL(%q) lets control characters through: %+v", s, c)
		}
		if c.User != "" && c.TLS == TLSNone && !isLoopback(c.Host) {
			t.Errorf("ParseURL(%q) would show the password", s)
		}
	})
}
