package enrolld_test

import (
	"strings"
	"testing"

	"enrolld"
)

func TestParsePhone(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"blank", " \t", ""},
		{"international", "+44 20 7946 0018", "+44 20 7946 0018"},
		{"brackets", "+1 (555) 123-4567", "+1 (555) 123-4567"},
		{"brackets first", "(+49) 30/1234.567", "(+49) 30/1234.567"},
		{"national", "030 1234567", "030 1234567"},
		{"trimmed, spaces and dashes made plain", " +44\u00a020  7946–0018\n", "+44 20 7946-0018"},
		{"marks of direction", "\u202a+44 20 7946 0018\u202c", "+44 20 7946 0018"},
		{"five digits", "12345", "12345"},
		{"twenty digits", strings.Repeat("1", 20), strings.Repeat("1", 20)},

		{"four digits", "1234", "!"},
		{"21 digits", strings.Repeat("1", 21), "!"},
		{"long", "1-2-3-4-5" + strings.Repeat("-", 32), "!"},
		{"letters", "1800 FLOWERS", "!"},
		{"extension", "030 1234567 ext. 4", "!"},
		{"plus within", "030+1234567", "!"},
		{"two pluses", "++49301234567", "!"},
		{"NUL", "030\x001234567", "!"},
		{"not UTF-8", "030 123456\xff", "!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := enrolld.ParsePhone(tt.in)
			if refused := tt.want == "!"; refused != (err != nil) || !refused && got != tt.want || refused && enrolld.CodeOf(err) != enrolld.Invalid {
				t.Errorf("ParsePhone(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
		})
	}
}
