package importer

import (
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

func TestSniffEncoding(t *testing.T) {
	t.Parallel()
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String("Email;Naïve\nann@x.org;Ж\n")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tests := []struct {
		name, head string
		complete   bool
		want       Encoding
		mark       int
	}{
		{"ASCII", "Email\n", true, UTF8, 0},
		{"UTF-8", "Émail\n", true, UTF8, 0},
		{"UTF-8, marked", "\xef\xbb\xbf\xe9", true, UTF8, 3},
		{"UTF-8, cut in a character", "Email\nZo\xc3", false, UTF8, 0},
		{"not cut", "Email\nZo\xc3", true, Windows1252, 0},
		{"Windows-1252", "Jos\xe9", true, Windows1252, 0},
		{"one bad byte in much UTF-8", "éèê \xe9", true, UTF8, 0},
		{"little endian, marked", wide(unicode.LittleEndian, unicode.UseBOM), true, UTF16LE, 2},
		{"big endian, marked", wide(unicode.BigEndian, unicode.UseBOM), true, UTF16BE, 2},
		{"little endian", wide(unicode.LittleEndian, unicode.IgnoreBOM), true, UTF16LE, 0},
		{"big endian", wide(unicode.BigEndian, unicode.IgnoreBOM), true, UTF16BE, 0},
		{"a NUL is not UTF-16", "Email\nann\x00@x.org", true, UTF8, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, mark, err := sniffEncoding([]byte(tt.head), tt.complete)
			if got != tt.want || mark != tt.mark || err != nil {
				t.Errorf("sniffEncoding(%q) = %s, %d, %v; want %s, %d", tt.head, got, mark, err, tt.want, tt.mark)
			}
		})
	}
	if _, _, err := sniffEncoding([]byte("\xff\xfe\x00\x00E\x00\x00\x00"), true); err == nil {
		t.Error("UTF-32 is taken")
	}
}

// TestEncodings reads every encoding that is offered: what is ASCII is ASCII, and
// sizes are those of the file.
func TestEncodings(t *testing.T) {
	t.Parallel()
	all := Encodings()
	if len(all) != len(charmaps)+3 {
		t.Errorf("%d encodings are offered, want %d", len(all), len(charmaps)+3)
	}
	for _, e := range all {
		if text, ok := e.text([]byte("ann;\n")); text != "ann;\n" || !ok || !e.known() {
			t.Errorf("%s reads ASCII as %q, %t", e, text, ok)
		}
	}
	file := []byte("A\x00\x3d\xd8\x00\xde\x3d\xd8B\x00") // A, an emoji, half an emoji, B
	narrowed, err := io.ReadAll(UTF16LE.narrow(bytes.NewReader(file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("A😀\ufffdB", string(narrowed)); diff != "" || UTF16LE.size(narrowed) != int64(len(file)) {
		t.Errorf("%d of %d bytes: -want +got\n%s", UTF16LE.size(narrowed), len(file), diff)
	}
}
