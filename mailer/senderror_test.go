package mailer

import "testing"

func TestScrub(t *testing.T) {
	env := &envelope{to: "jane.roe@example.com", messageID: "m1.ab@acme.example"}
	tests := []struct{ in, want string }{
		{"5.1.1 <Jane.Roe@Example.com>: unknown", "5.1.1 <[address]>: unknown"},
		{"mailbox JANE.ROE is full\nbye", "mailbox [recipient] is full bye"},
		{"2.6.0 <m1.ab@acme.example> queued", "2.6.0 <m1.ab@acme.example> queued"},
		{"2.0.0 Ok: queued as 4A1F", "2.0.0 Ok: queued as 4A1F"},
	}
	for _, tt := range tests {
		if got := scrub(tt.in, env); got != tt.want {
			t.Errorf("scrub(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
