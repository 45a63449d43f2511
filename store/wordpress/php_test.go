package wordpress

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// wordPressDir is where Debian installs WordPress.
const wordPressDir = "/usr/share/wordpress"

// runPHP returns what WordPress's own functions make of each input.
func runPHP(t *testing.T, inputs []string) []map[string]string {
	t.Helper()
	php, err := exec.LookPath("php")
	if err == nil {
		_, err = os.Stat(wordPressDir + "/wp-includes/formatting.php")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the ports must be compared with PHP and WordPress here:", err)
		}
		t.Skip("no PHP or no WordPress:", err)
	}
	var in bytes.Buffer
	for _, s := range inputs {
		fmt.Fprintln(&in, base64.StdEncoding.EncodeToString([]byte(s)))
	}
	cmd := exec.Command(php, "-d", "display_errors=stderr", "testdata/php.php", wordPressDir)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("php: %v\n%s", err, stderr.String())
	}
	var results []map[string]string
	for line := range bytes.Lines(out) {
		m := map[string][]byte{} // []byte decodes base64
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("php printed %q: %v", line, err)
		}
		texts := map[string]string{}
		for k, v := range m {
			texts[k] = string(v)
		}
		results = append(results, texts)
	}
	if len(results) != len(inputs) {
		t.Fatalf("php answered %d of %d\n%s", len(results), len(inputs), stderr.String())
	}
	return results
}

// generate makes inputs of the given pieces; seeded, so a failure comes again.
func generate(n int, pieces []string) []string {
	r := rand.New(rand.NewPCG(1, 2))
	out := append([]string{}, pieces...)
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(7) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		out = append(out, b.String())
	}
	return out
}

var textPieces = []string{
	"a", "Jane", "DOE", "john.doe", "+tag", " ", "  ", "-", "--", "_", ".", "@", "/", "'", `"`, "&",
	";", "&amp;", "&lt;",
	"&bogus;", "&#39;", "&#60;", "&#x3c;", "&nbsp;", "&ndash;", "%41", "%", "%e", "%zz", "4", "1F",
	"\t", "\n", "ß", "é", "Å", "Ø", "æ", "Œ",
	"ł", "Đ", "þ", "€", "£", "ñ", "ầ", "Ș", "Ǖ", "ǚ", "Ж", "日本", "😀", "ḿ", "ŉ", "ſ", "<", ">", "<b>",
	"</b>", "< ", "<a href='x>y'>", "<script>", "</script>",
	"<style>x</style>", "<!--", "-->", "<?php ", "?>", "<br/>", "a<b", "x>y", "!", "?", "#", "(", ")",
	"=", "|", "\\",
}

var serialPieces = []string{
	"a", "s", "O", "E", "C", "b", "i", "d", "N", ":", ";", "{", "}", `"`, "0", "1", "12", ".", "E",
	"+", "-", "x", " ", "\n", "\x00",
	"s:1:", `"a";`, "a:0:{}", `O:8:"Evil":0:{}`, "b:1;", "i:5;", "d:0.5;", "N;", `E:3:"A:B";`, "i:1;x",
	"s:3:\"Zoë\";",
}

func TestPHP_sanitize(t *testing.T) {
	inputs := generate(6000, textPieces)
	for i, php := range runPHP(t, inputs) {
		s := inputs[i]
		for _, c := range []struct{ what, got, want string }{
			{"strip_tags", stripTags(s), php["tags"]},
			{"sanitize_user", SanitizeUser(s), php["user"]},
			{"sanitize_title", SanitizeNicename(SanitizeUser(s)), php["slug"]},
			{"sanitize_text_field", SanitizeText(s), php["text"]},
			{"_wp_specialchars", EscapeHTML(s), php["special"]},
		} {
			if c.got != c.want {
				t.Errorf("%s(%q)\n got %q\nwant %q", c.what, s, c.got, c.want)
			}
		}
	}
}

func TestPHP_names(t *testing.T) {
	var inputs []string
	for _, s := range generate(4000, textPieces) {
		// kses knows allowed tags and comments where we know none; and PHP empties
		// what has control characters in another way.
		if !strings.ContainsAny(s, "<>") {
			inputs = append(inputs, s)
		}
	}
	for i, php := range runPHP(t, inputs) {
		if got, want := CleanName(inputs[i]), php["name"]; got != want {
			t.Errorf("name %q\n got %q\nwant %q", inputs[i], got, want)
		}
	}
}

func TestPHP_everyLetter(t *testing.T) {
	var inputs []string
	for r := rune(0xA0); r < 0x2200; r++ {
		// PHP composes only with the intl extension, which may be missing here.
		if s := "x" + string(r) + "y"; norm.NFC.IsNormalString(s) {
			inputs = append(inputs, s)
		}
	}
	for i, php := range runPHP(t, inputs) {
		if got, want := SanitizeUser(inputs[i]), php["user"]; got != want {
			t.Errorf("sanitize_user(%q U+%04X) = %q, want %q", inputs[i], []rune(inputs[i])[1], got, want)
		}
	}
}

func TestPHP_serialized(t *testing.T) {
	inputs := generate(12000, serialPieces)
	for i, php := range runPHP(t, inputs) {
		s := inputs[i]
		if got, want := IsSerialized(s), php["serialized"] == "1"; got != want {
			t.Errorf("is_serialized(%q) = %t, want %t", s, got, want)
		}
		if got, want := MaybeSerialize(s), php["stored"]; got != want {
			t.Errorf("maybe_serialize(%q) = %q, want %q", s, got, want)
		}
		if got, _ := Serialize(s); got != php["encoded"] {
			t.Errorf("serialize(%q) = %q, want %q", s, got, php["encoded"])
		}
		if php["read"] != s {
			t.Errorf("WordPress stores %q and reads %q", s, php["read"])
		}
	}
}

func TestPHP_floats(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var floats []float64
	var inputs []string
	for range 3000 {
		f := math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			f = float64(r.Int64N(1e6)) * math.Pow(10, float64(r.IntN(40)-20))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		floats = append(floats, f)
		inputs = append(inputs, strconv.FormatFloat(f, 'e', -1, 64))
	}
	for i, php := range runPHP(t, inputs) {
		got, err := Serialize(floats[i])
		if got != php["float"] || err != nil {
			t.Errorf("serialize(%v) = %s, %v; want %s", floats[i], got, err, php["float"])
		}
		if v, err := Unserialize(php["float"]); err != nil || v.(Float).Float64() != floats[i] {
			t.Errorf("unserialize(%s) = %v, %v", php["float"], v, err)
		}
	}
}
